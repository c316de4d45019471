// Shows that a rotten disk yields the right bytes, a refusal or a stop, and never wrong bytes: in a store of
// some thousand records single bits are flipped, pages zeroed, swapped and duplicated, the file cut; after
// each, everything is read by its name and compared with what was put there, and the store is walked.
//
//     crash_rot [--flips N] [--pages N] [--part K/N] [--blind]
//
// A stop is the end of the process by LMDB's assertion or a signal: the node is started again and its operator
// told. One that works longer than 20 s counts as a loop. `--blind` compares with another store's truth, as
// proof that the comparison sees. Exits 0 when no wrong byte was given and nothing looped.
#include <fcntl.h>
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "storage/verify.h"
#include "tests/crash/apart.h"
#include "tests/crash/room.h"
#include "tests/crash/script.h"
#include "tools/part.h"

using namespace xinwang;
using namespace xinwang::crash;

namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr int seconds_max = 20;
constexpr std::uint64_t fixed_flips = 200, fixed_pages = 20;  // of each kind: in every part

enum class Rot { flip, zero, swap, duplicate, cut };
constexpr const char* rot_names[] = {"flipped bits", "zeroed pages", "swapped pages", "duplicated pages",
                                     "cut files"};

// What came of one kind of damage.
struct Count {
    std::uint64_t tried = 0;
    std::uint64_t untouched = 0;  // all was right: what was hit is not in use
    std::uint64_t refused = 0;    // something was, and all else was right
    std::uint64_t closed = 0;     // the store did not open
    std::uint64_t stopped = 0;
    std::uint64_t unnoticed = 0;  // something was missing, and the walk found nothing
    std::uint64_t stale = 0;      // an earlier value of a row came back
    std::uint64_t looped = 0;
    std::uint64_t wrong = 0;
};

struct Progress {
    std::uint64_t at = 0;
    Rot rot = Rot::flip;
    Count counts[std::size(rot_names)];
    Findings findings;
};

struct Damage {
    Rot rot;
    std::uint64_t number;  // of its kind
};

class Rotting {
  public:
    Rotting(const Script& script, const std::filesystem::path& directory, bool blind)
        : script_(script), directory_(directory) {
        {
            const auto store = open_store(script, directory);
            if (!store) throw std::runtime_error(store.error().line(Language::english));
            for (std::uint64_t step = 1; step <= script.steps; ++step) {
                const auto writes = step_writes(script, step, truth_);
                if (!(*store)->commit(for_store(writes, **store))) throw std::runtime_error("full");
                earlier_.push_back(truth_);
                truth_.apply(writes);
            }
        }
        if (blind) truth_.apply({Put{Table::meta, to_bytes(view("step")), Bytes(8, 1)}});
        std::ifstream in(directory / "data.mdb", std::ios::binary);
        healthy_.assign(std::istreambuf_iterator<char>(in), {});
    }

    std::uint64_t pages() const { return healthy_.size() / page_bytes; }
    void check(const Damage& damage, Progress& progress) {
        progress.rot = damage.rot;
        ++progress.counts[static_cast<int>(damage.rot)].tried;
        std::snprintf(progress.findings.place, sizeof progress.findings.place, "%s %llu",
                      rot_names[static_cast<int>(damage.rot)], static_cast<unsigned long long>(damage.number));
        image_ = healthy_;
        spoil(image_, damage);
        write_image();
        limit_cpu(seconds_max);
        read(progress, progress.counts[static_cast<int>(damage.rot)]);
        limit_cpu(0);
    }

  private:
    void spoil(std::string& image, const Damage& damage) {
        state_ = damage.number * 5 + static_cast<std::uint64_t>(damage.rot) + 1;
        char* const page = image.data() + below(pages()) * page_bytes;
        char* const other = image.data() + below(pages()) * page_bytes;
        switch (damage.rot) {
            case Rot::flip:
                // A page's first bytes are its number, kind and pointers: hit as often as all the rest
                // together.
                page[below(damage.number % 2 == 0 ? page_bytes : 128)] ^= static_cast<char>(1 << below(8));
                break;
            case Rot::zero:
                std::fill_n(image.data() + damage.number % pages() * page_bytes, page_bytes, '\0');
                break;
            case Rot::swap:
                std::swap_ranges(page, page + page_bytes, other);
                break;
            case Rot::duplicate:
                std::copy_n(page, page_bytes, other);
                break;
            case Rot::cut:
                image.resize(damage.number % 2 == 0 ? damage.number / 2 % pages() * page_bytes
                                                    : below(image.size()));
                break;
        }
    }

    // Over what lies there, whose pages the kernel then need not give back and clear again.
    void write_image() const {
        const auto path = directory_ / "data.mdb";
        std::fstream(path, std::ios::binary | std::ios::in | std::ios::out)
            .write(image_.data(), static_cast<std::streamsize>(image_.size()));
        std::filesystem::resize_file(path, image_.size());
    }

    void read(Progress& progress, Count& count) const {
        try {
            const auto store = open_store(script_, directory_);
            if (!store) return void(++count.closed);
            std::vector<const Truth*> earlier;
            for (const Truth& truth : earlier_) earlier.push_back(&truth);
            const Reading reading = truth_.read(**store, earlier);
            const bool clean = verify_store(**store).clean();
            if (!reading.wrong.empty()) {
                ++count.wrong;
                return progress.findings.add(reading.wrong);
            }
            if (reading.stale > 0) return void(++count.stale);
            if (reading.missing > 0 && clean) return void(++count.unnoticed);
            ++(reading.refused > 0 || !clean ? count.refused : count.untouched);
        } catch (const StoreFailure&) {
            ++count.closed;
        }
    }

    std::uint64_t below(std::uint64_t n) {
        state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
        return (state_ >> 33) % n;
    }

    const Script& script_;
    std::filesystem::path directory_;
    Truth truth_;
    std::vector<Truth> earlier_;
    std::string healthy_, image_;
    std::uint64_t state_ = 0;
};

void print(const Progress& progress) {
    for (std::size_t i = 0; i < std::size(rot_names); ++i) {
        const Count& c = progress.counts[i];
        const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
        std::printf(
            "%llu %s: %llu untouched, %llu refused, %llu not opened, %llu stopped, %llu unnoticed, %llu stale, "
            "%llu looped, %llu wrong\n",
            n(c.tried), rot_names[i], n(c.untouched), n(c.refused), n(c.closed), n(c.stopped), n(c.unnoticed),
            n(c.stale), n(c.looped), n(c.wrong));
    }
    for (std::size_t i = 0; i < progress.findings.shown(); ++i)
        std::printf("  %s\n", progress.findings.kept[i]);
}

std::vector<Damage> plan(std::uint64_t flips, std::uint64_t pages, const Part& part) {
    std::vector<Damage> all;
    for (std::uint64_t i = 0; i < flips; ++i)
        if (part.takes(i, fixed_flips)) all.push_back({Rot::flip, i});
    for (const Rot rot : {Rot::zero, Rot::swap, Rot::duplicate, Rot::cut})
        for (std::uint64_t i = 0; i < pages; ++i)
            if (part.takes(i, fixed_pages)) all.push_back({rot, i});
    return all;
}

int run(const std::vector<Damage>& damages, bool blind) {
    const Room room;
    Rotting rotting(find_script("archive"), room.path() / "store", blind);
    std::printf("a store of %llu pages\n", static_cast<unsigned long long>(rotting.pages()));
    const Shared<Progress> progress;
    run_apart(
        [&] {
            while (progress->at < damages.size()) rotting.check(damages[progress->at++], *progress);
        },
        [&](int status) {
            Count& count = progress->counts[static_cast<int>(progress->rot)];
            const bool looped = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
            ++(looped ? count.looped : count.stopped);
            if (looped) progress->findings.add("does not end");
        });
    print(*progress);
    std::printf("%.1f s of CPU\n", cpu_seconds());
    return progress->findings.count > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t flips = 10'000, pages = 500;
    Part part;
    bool blind = false;
    CLI::App app{"Rot in the store"};
    app.add_option("--flips", flips, "single bits, one after the other");
    app.add_option("--pages", pages, "of each of the other kinds");
    app.add_option("--part", part, "K/N: the first few of each kind, and every N-th of the rest from K on")
        ->envname("XINWANG_PART");
    app.add_flag("--blind", blind, "compare with a truth that does not hold");
    CLI11_PARSE(app, argc, argv);
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
        if (sodium_init() < 0) return 3;
        return run(plan(flips, pages, part), blind);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "crash_rot: %s\n", failure.what());
        return 3;
    }
}
