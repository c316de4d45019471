#include "tests/crash/states.h"

#include <fstream>
#include <unordered_set>

#include "tests/crash/apart.h"

namespace xinwang::crash {
namespace {

constexpr int seconds_max = 20;  // for one state; a store that opens for ever is a finding

// What a child tells, also when it ends suddenly.
struct Progress {
    std::uint64_t at = 0;      // the state that is being checked
    std::uint64_t states = 0;  // found so far
    std::uint64_t checked = 0;
    std::uint64_t by_loss[std::size(losses)] = {};
    Findings findings;
};

// Makes the states in order and checks those from `from` on.
class Checker {
  public:
    Checker(const Script& script, const OperationLog& log, const Truths& truths, const StateOptions& options,
            const std::filesystem::path& directory, Progress& progress)
        : script_(script),
          log_(log),
          truths_(truths),
          options_(options),
          directory_(directory),
          progress_(progress) {}

    void run(std::uint64_t from) {
        from_ = from;
        for (const Operation& operation : log_.operations()) {
            disk_.apply(operation);
            if (operation.kind == Kind::mark) allowed_.read(operation.bytes);
            for (const Loss loss : losses) {
                const bool one = loss == Loss::nothing || loss == Loss::all;
                for (unsigned seed = 0; seed < (one ? 1 : options_.seeds); ++seed) check(loss, seed);
            }
            ++operation_;
            if (options_.until_found && progress_.findings.count > 0) return;
        }
    }

  private:
    void check(Loss loss, unsigned seed) {
        const std::uint64_t draw = seed * 1'000'003 + operation_;
        const auto found = disk_.after(loss, draw, Disk::Want::identity);
        if (!found) return;
        const std::string under_way = allowed_.under_way ? std::to_string(*allowed_.under_way) : "-";
        if (!known_.insert(found->identity + "|" + std::to_string(allowed_.acknowledged) + "|" + under_way)
                 .second)
            return;
        if (number_++ < from_) return;
        progress_.at = number_;
        ++progress_.states;
        if (!options_.part.takes(number_ - 1, fixed_states)) return;
        std::snprintf(progress_.findings.place, sizeof progress_.findings.place,
                      "%s, operation %llu, %s, seed %u", script_.name.data(),
                      static_cast<unsigned long long>(operation_), name_of(loss), seed);
        auto state = disk_.after(loss, draw, Disk::Want::files);
        if (options_.flip) flip(*state);
        materialise(*state, directory_, number_);
        limit_cpu(seconds_max);
        ++progress_.checked;
        ++progress_.by_loss[static_cast<std::size_t>(loss)];
        const std::string wrong =
            check_store(script_, directory_, truths_, allowed_, number_ % 4 == 0 ? Depth::whole : Depth::sizes);
        if (!wrong.empty()) progress_.findings.add(wrong);
    }
    // Of a page in the middle, which a store of some size uses.
    void flip(DiskState& state) const {
        auto& image = state.files["data.mdb"];
        if (!image.empty()) image[image.size() / 2 + 1'000 + number_ % 2'000] ^= 0x10;
    }

    const Script& script_;
    const OperationLog& log_;
    const Truths& truths_;
    const StateOptions& options_;
    const std::filesystem::path& directory_;
    Progress& progress_;
    Disk disk_;
    Allowed allowed_;
    std::unordered_set<std::string> known_;
    std::uint64_t operation_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t from_ = 0;
};

std::string check_next(const Script& script, Store& store, const Truth& truth, std::uint64_t step,
                       Depth depth) {
    const auto writes = step_writes(script, step, truth);
    Truth next = truth;
    if (const auto done = store.commit(for_store(writes, store)))
        next.apply(writes);
    else if (script.name != "full")
        return done.error().line(Language::english);
    if (last_step(store) > step) return "a later step";
    const std::string wrong = depth == Depth::whole ? next.difference(store) : next.size_difference(store);
    return wrong.empty() ? "" : "after the next step: " + wrong;
}

}  // namespace

void materialise(const DiskState& state, const std::filesystem::path& directory, std::uint64_t number) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    for (const auto& [name, content] : state.files) {
        std::filesystem::create_directories((directory / name).parent_path());
        std::ofstream(directory / name, std::ios::binary)
            .write(content.data(), static_cast<std::streamsize>(content.size()));
    }
    if (number % 2 == 0)
        std::ofstream(directory / "lock.mdb", std::ios::binary) << std::string(8192, static_cast<char>(number));
}

std::string check_store(const Script& script, const std::filesystem::path& directory, const Truths& truths,
                        const Allowed& allowed, Depth depth) {
    try {
        const auto store = open_store(script, directory);
        if (!store) return store.error().line(Language::english);
        const std::uint64_t step = last_step(**store);
        if (!allowed.includes(step))
            return "holds step " + std::to_string(step) + ", acknowledged " +
                   std::to_string(allowed.acknowledged);
        const Truth* truth = truths.after(step);
        if (truth == nullptr) return "holds step " + std::to_string(step) + ", which was refused";
        if (auto wrong = truth->difference(**store); !wrong.empty())
            return "step " + std::to_string(step) + ": " + wrong;
        return check_next(script, **store, *truth, step + 1, depth);
    } catch (const StoreFailure& failure) {
        return failure.what();
    }
}

StateReport check_states(const Script& script, const Run& run, const StateOptions& options,
                         const std::filesystem::path& room) {
    const OperationLog log(run.log);
    const Truths truths(script, log);
    const Shared<Progress> progress;
    run_apart([&] { Checker(script, log, truths, options, room / "state", *progress).run(progress->at); },
              [&](int status) {
                  progress->findings.add("the process that opened it ended, status " + std::to_string(status));
              });
    StateReport report;
    report.operations = log.operations().size();
    report.states = progress->states;
    report.checked = progress->checked;
    std::copy(std::begin(progress->by_loss), std::end(progress->by_loss), report.by_loss.begin());
    report.damaged = progress->findings.count;
    report.findings.assign(progress->findings.kept, progress->findings.kept + progress->findings.shown());
    return report;
}

}  // namespace xinwang::crash
