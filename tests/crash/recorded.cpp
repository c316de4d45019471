#include "tests/crash/recorded.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace xinwang::crash {
namespace {

// "verb number" → number, when the mark has that verb.
std::optional<std::uint64_t> number_of(std::string_view mark, std::string_view verb) {
    if (mark.substr(0, verb.size()) != verb) return std::nullopt;
    std::uint64_t number = 0;
    std::from_chars(mark.data() + verb.size(), mark.data() + mark.size(), number);
    return number;
}

std::vector<std::string> environment(const RunOptions& options, const Run& run) {
    std::vector<std::string> set{
        "LD_PRELOAD=" + options.shim.string(), "XINWANG_SHIM_DIR=" + run.store.string(),
        "XINWANG_SHIM_LOG=" + run.log.string(), "XINWANG_SHIM_MARKS=" + run.store.string() + ".marks",
        // The shim stands before the sanitizer on purpose.
        "ASAN_OPTIONS=verify_asan_link_order=0"};
    if (!options.fault.empty()) set.push_back("XINWANG_SHIM_FAULT=" + options.fault);
    for (char** given = environ; *given != nullptr; ++given)
        if (std::string_view(*given).substr(0, 13) != "ASAN_OPTIONS=") set.emplace_back(*given);
    return set;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

Run run_workload(const Script& script, const RunOptions& options, const std::filesystem::path& room) {
    Run run;
    run.store = room / "store";
    run.log = room / "operations";
    for (const auto& path : {run.store, run.log}) std::filesystem::remove_all(path);
    std::vector<std::string> arguments{options.workload.string(), std::string(script.name), run.store.string(),
                                       run.store.string() + ".marks", options.broken};
    std::vector<std::string> variables = environment(options, run);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (!options.fault.empty())  // what it says of the failure is expected
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int rc = ::posix_spawn(&child, options.workload.c_str(), &actions, nullptr,
                                 pointers(arguments).data(), pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (rc != 0 || ::waitpid(child, &status, 0) != child)
        throw std::runtime_error("the workload did not start");
    run.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return run;
}

void Allowed::read(std::string_view mark) {
    if (mark == "opened") return;
    if (const auto step = number_of(mark, "begin "))
        under_way = *step;
    else if (const auto done = number_of(mark, "done "))
        acknowledged = *done, under_way.reset();
    else if (number_of(mark, "full "))
        under_way.reset();
    else
        throw std::runtime_error("an unknown mark: " + std::string(mark));
}

Truths::Truths(const Script& script, const OperationLog& log) {
    Truth truth;
    after_.emplace(0, truth);
    std::vector<Write> writes;
    for (const Operation& operation : log.operations()) {
        if (operation.kind != Kind::mark) continue;
        if (const auto begun = number_of(operation.bytes, "begin ")) {
            writes = step_writes(script, *begun, truth);
            Truth next = truth;
            next.apply(writes);
            after_.insert_or_assign(*begun, std::move(next));
        } else if (const auto done = number_of(operation.bytes, "done ")) {
            truth = after_.at(*done);
        } else if (const auto full = number_of(operation.bytes, "full ")) {
            after_.erase(*full);
        }
    }
}

const Truth* Truths::after(std::uint64_t step) const {
    const auto found = after_.find(step);
    return found == after_.end() ? nullptr : &found->second;
}

}  // namespace xinwang::crash
