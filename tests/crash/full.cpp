// Shows that a disk that fills up and empties again, hundreds of times, stops intake and nothing else: batches
// are refused `store_full`, control and clearing out go on in the ballast, what is held is read, the store
// opens on the full disk; with the first free space batches are taken again and the ballast is there again.
// Nothing acknowledged is ever missing.
//
//     crash_full [--cycles N]
//
// The disk is a small tmpfs in a mount namespace of this process's own. Exits 77 where that is not permitted,
// which ctest calls skipped.
#include <fcntl.h>
#include <sched.h>
#include <sodium.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/crash/room.h"
#include "tests/crash/script.h"

using namespace xinwang;
using namespace xinwang::crash;

namespace {

constexpr int skipped = 77;
constexpr std::uint64_t kib = 1 << 10, mib = 1 << 20;
constexpr std::uint64_t ballast_bytes = 2 * mib;
constexpr std::uint64_t store_bytes_max = 20 * mib;  // of 48: what batches took in the cycles stays taken

// Of a cycle: what is still free when the disk is "full". The last ones leave nothing of a page but the first
// few.
constexpr std::uint64_t left_bytes[] = {0, 4 * kib, 40 * kib, 200 * kib, 900 * kib, 0, 12 * kib, 1'500 * kib};

class SmallDisk {
  public:
    explicit SmallDisk(std::filesystem::path path) : path_(std::move(path)) {
        std::filesystem::create_directories(path_);
    }
    // False where it may not be mounted. It goes with this process.
    bool mount() const {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return false;
        return ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=48m") == 0;
    }
    std::uint64_t free_bytes() const {
        struct statvfs disk {};
        if (::statvfs(path_.c_str(), &disk) != 0) throw std::runtime_error("statvfs");
        return disk.f_bavail * disk.f_frsize;
    }
    // Another program's file takes what is free but for so much.
    void leave(std::uint64_t left) const {
        const std::uint64_t free = free_bytes();
        const int file = ::open(filler().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        const auto has = ::lseek(file, 0, SEEK_END);
        const bool taken = free <= left || ::posix_fallocate(file, has, static_cast<off_t>(free - left)) == 0;
        ::close(file);
        if (!taken) throw std::runtime_error("the disk cannot be filled");
    }
    void empty() const { std::filesystem::remove(filler()); }
    std::filesystem::path store() const { return path_ / "store"; }
    bool ballast_held() const {
        std::error_code none;
        return std::filesystem::file_size(store() / "ballast", none) == ballast_bytes && !none;
    }

  private:
    std::filesystem::path filler() const { return path_ / "filler"; }
    std::filesystem::path path_;
};

struct Counts {
    std::uint64_t batches = 0, refused = 0, control = 0, control_refused = 0, reopened = 0, restarts = 0,
                  released = 0;
};

class Cycles {
  public:
    Cycles(const SmallDisk& disk, const Script& script) : disk_(disk), script_(script) { open(); }

    // What is wrong, or nothing.
    std::string run(std::uint64_t number) {
        if (std::filesystem::file_size(disk_.store() / "data.mdb") > store_bytes_max)
            if (auto wrong = begin_anew(); !wrong.empty()) return wrong;
        disk_.leave(left_bytes[number % std::size(left_bytes)]);
        if (auto wrong = fill_up(); !wrong.empty()) return wrong;
        // The refusal gave up the ballast, or the reserve is still there: control has room either way.
        if (auto wrong = keep_control(true); !wrong.empty()) return wrong;
        if (number % 5 == 0) {
            disk_.leave(0);  // now there is nothing at all
            if (auto wrong = keep_control(false); !wrong.empty()) return wrong;
        }
        if (number % 7 == 0) open();  // on the full disk
        if (auto wrong = number % 10 == 0 ? truth_.difference(*store_) : truth_.size_difference(*store_);
            !wrong.empty())
            return "on the full disk: " + wrong;
        counts_.released += !disk_.ballast_held();
        disk_.empty();
        if (!store_->has_room()) return "no room with " + std::to_string(disk_.free_bytes()) + " bytes free";
        if (!disk_.ballast_held()) return "the ballast was not taken again";
        if (!attempt(Sort::batch)) return "a batch was refused with the disk free";
        return {};
    }
    const Counts& counts() const { return counts_; }
    std::string difference() const { return truth_.difference(*store_); }

  private:
    enum class Sort { batch, control };

    void open() {
        store_.reset();
        auto opened = open_store(script_, disk_.store());
        if (!opened) throw std::runtime_error("not opened: " + opened.error().line(Language::english));
        store_ = std::move(*opened);
        ++counts_.reopened;
    }
    std::string begin_anew() {
        if (auto wrong = truth_.difference(*store_); !wrong.empty()) return wrong;
        store_.reset();
        std::filesystem::remove_all(disk_.store());
        truth_ = {};
        step_ = 0;
        open();
        return {};
    }
    // One commit of that sort; false when it was refused as full. A commit whose outcome is unknown is a
    // restart, as a node would do it.
    bool attempt(Sort sort) {
        do ++step_;
        while ((step_ % 2 == 0) != (sort == Sort::batch));
        const auto writes = step_writes(script_, step_, truth_);
        try {
            const auto done = store_->commit(for_store(writes, *store_));
            if (done) truth_.apply(writes);
            if (!done && done.error().code != Code::store_full)
                throw std::runtime_error(done.error().line(Language::english));
            ++(sort == Sort::batch ? (done ? counts_.batches : counts_.refused)
                                   : (done ? counts_.control : counts_.control_refused));
            return done.has_value();
        } catch (const StoreFailure&) {
            ++counts_.restarts;
            open();
            if (last_step(*store_) == step_) truth_.apply(writes);
            return false;
        }
    }
    std::string fill_up() {
        for (int tries = 0; tries < 400; ++tries)
            if (!attempt(Sort::batch)) return {};
        return "batches are taken on a full disk";
    }
    // Rows put, written over and erased. The first commit that finds no room gives up the ballast; the next has
    // it.
    std::string keep_control(bool must) {
        for (int i = 0; i < 4; ++i)
            if (!attempt(Sort::control) && !attempt(Sort::control) && must) return "control was refused";
        return {};
    }

    const SmallDisk& disk_;
    const Script& script_;
    std::unique_ptr<Store> store_;
    Truth truth_;
    std::uint64_t step_ = 0;
    Counts counts_;
};

int run(std::uint64_t cycles) {
    const Room room;
    const SmallDisk disk(room.path() / "disk");
    if (!disk.mount()) {
        std::printf("skipped: a small tmpfs cannot be mounted here\n");
        return skipped;
    }
    // A disk that is full for its reserve, and one that is full for real in the middle of a commit.
    for (const char* name : {"disk-reserve", "disk-brim"}) {
        const Script& script = find_script(name);
        std::filesystem::remove_all(disk.store());
        Cycles run(disk, script);
        std::string wrong;
        std::uint64_t done = 0;
        for (; done < cycles / 2 && wrong.empty(); ++done) wrong = run.run(done);
        if (wrong.empty()) wrong = run.difference();
        const Counts& c = run.counts();
        const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
        std::printf(
            "%s: %llu cycles: batches %llu taken, %llu refused; control %llu done, %llu refused; ballast given "
            "up in "
            "%llu cycles; opened %llu times, %llu of them after a commit of unknown outcome\n",
            name, n(done), n(c.batches), n(c.refused), n(c.control), n(c.control_refused), n(c.released),
            n(c.reopened), n(c.restarts));
        if (!wrong.empty()) {
            std::printf("  cycle %llu: %s\n", n(done - 1), wrong.c_str());
            return 1;
        }
    }
    std::printf("%.1f s of CPU\n", cpu_seconds());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t cycles = 500;
    CLI::App app{"A disk that is full now and then"};
    app.add_option("--cycles", cycles, "fill and free so often");
    CLI11_PARSE(app, argc, argv);
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
        if (sodium_init() < 0) return 3;
        return run(cycles);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "crash_full: %s\n", failure.what());
        return 3;
    }
}
