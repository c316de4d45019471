// Runs a script against a store on disk, and says before and after every commit what it is about to do and what
// came of it, by writing a line to the file of marks: "opened", "begin N", "done N" (the acknowledgement),
// "full N".
//
// Ends as a node does: 7 when the machine failed and the outcome of a commit is unknown. `--break` makes it do
// wrong, so that the checker can be seen to notice.
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "tests/crash/script.h"

using namespace xinwang;
using namespace xinwang::crash;

namespace {

class Marks {
  public:
    explicit Marks(const char* file) : file_(::open(file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600)) {
        if (file_ < 0) throw std::runtime_error("no file for marks");
    }
    ~Marks() { ::close(file_); }
    Marks(const Marks&) = delete;
    Marks& operator=(const Marks&) = delete;
    void say(const std::string& what) const {
        if (::write(file_, what.data(), what.size()) != static_cast<ssize_t>(what.size()))
            throw std::runtime_error("marks cannot be written");
    }

  private:
    int file_;
};

// False when the store was full.
bool commit(Store& store, const std::vector<Write>& writes, std::string_view broken) {
    if (broken == "two-commits" && writes.size() > 1) {
        const auto half = static_cast<std::ptrdiff_t>(writes.size() / 2);
        if (!store.commit({writes.begin(), writes.begin() + half})) return false;
        return store.commit({writes.begin() + half, writes.end()}).has_value();
    }
    try {
        return store.commit(writes).has_value();
    } catch (const StoreFailure&) {
        if (broken != "go-on") throw;
        return true;
    }
}

void run(const Script& script, const char* directory, const Marks& marks, std::string_view broken) {
    std::unique_ptr<Store> store;
    Truth truth;
    for (std::uint64_t step = 1; step <= script.steps; ++step) {
        if (!store || step % script.reopen_every == 0) {
            store.reset();
            auto opened = open_store(script, directory);
            if (!opened) throw std::runtime_error(opened.error().line(Language::english));
            store = std::move(*opened);
            marks.say("opened");
        }
        const auto writes = step_writes(script, step, truth);
        const std::string number = std::to_string(step);
        marks.say("begin " + number);
        if (broken == "ack-first") marks.say("done " + number);
        const bool done = commit(*store, for_store(writes, *store), broken);
        if (broken != "ack-first") marks.say((done ? "done " : "full ") + number);
        if (done) truth.apply(writes);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "crash_workload SCRIPT DIRECTORY MARKS [ack-first|two-commits|go-on]\n");
        return 2;
    }
    try {
        if (sodium_init() < 0) return 2;
        const Marks marks(argv[3]);
        run(find_script(argv[1]), argv[2], marks, argc > 4 ? argv[4] : "");
        return 0;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "crash_workload: %s\n", failure.what());
        return 7;
    }
}
