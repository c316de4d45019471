// xinwang-sim: cities from seeds. One line for each; the exit code says what the first failure was.
#include <fmt/format.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>

#include "tools/part.h"
#include "tools/sim/city.h"

using namespace xinwang;
using namespace xinwang::sim;

namespace {

constexpr int crashed = 127, not_live = 128, not_safe = 129;
// Every so many seeds, one runs twice: the same seed must leave the same trace.
constexpr std::uint64_t twice_every = 10;
// Of --seeds and of --setbacks (for each tier and kind of memory): what every part has.
constexpr std::uint64_t fixed_seeds = 2, fixed_commits = 1;

struct Arguments {
    std::uint64_t first = 1, count = 1;
    double hours = 2;
    Part part;
    std::string broken = "none";
    bool verbose = false, twice = false, restores = false, calendar = false, whole = false, setbacks = false,
         clones = false, moves = false;
};

struct Outcome {
    int code = 0;
    std::string line;
};

// Every commit of every tier, with neighbours there and away, and whatever the machine may know of it.
Outcome run_setbacks(const Arguments& arguments, std::uint64_t seed) {
    struct Case {
        Memory memory;
        bool offline;
    };
    // Alone, a snapshot of the whole disk is known by the head file only: then it is set_back.
    constexpr Case cases[] = {{Memory::set_back, false},
                              {Memory::set_back, true},
                              {Memory::unproven, false},
                              {Memory::unproven, true},
                              {Memory::proven, false}};
    std::size_t runs = 0;
    for (std::size_t node = 0; node < 4; ++node)
        for (const Case& c : cases)
            for (std::size_t commit = 0, commits = 1; commit < commits; ++commit) {
                if (!arguments.part.takes(commit, fixed_commits)) continue;
                CityOptions options = CityOptions::small(seed);
                options.verbose = arguments.verbose;
                options.broken = parse_break(arguments.broken).value_or(Break::none);
                SetBack plan{node, commit, c.offline, c.memory};
                // A hand-made fault: it believes its disk.
                if (options.broken == Break::believe_the_disk) plan.memory = Memory::held;
                City city(options);
                const auto where = fmt::format("node {}, commit {}, memory {}, {}: ", node, commit,
                                               static_cast<int>(c.memory), c.offline ? "alone" : "in touch");
                try {
                    city.run_setback(plan);
                } catch (const SafetyBroken& broken) {
                    return {not_safe, where + broken.what()};
                } catch (const LivenessBroken& broken) {
                    return {not_live, where + broken.what()};
                }
                commits = city.commits();
                ++runs;
            }
    return {0, fmt::format("{} memories set back, in every tier", runs)};
}

Outcome run_here(const Arguments& arguments, std::uint64_t seed, int time) {
    if (arguments.setbacks) return run_setbacks(arguments, seed);
    const Duration fault_time(static_cast<std::int64_t>(arguments.hours * 3'600'000));
    CityOptions options = arguments.calendar ? CityOptions::calendar(seed)
                          : arguments.whole  ? CityOptions::whole(seed)
                          : arguments.clones ? CityOptions::small(seed)
                                             : CityOptions::from_seed(seed, fault_time);
    options.verbose = arguments.verbose;
    if (!arguments.restores) options.restores_per_hour = 0;
    if (!arguments.moves) options.moves_per_hour = 0;
    options.broken = parse_break(arguments.broken).value_or(Break::none);
    // What differs between two runs of a seed would be a clock or an address; here it is made.
    if (options.broken == Break::two_faced && time == 2) ++options.files;
    City city(options);
    try {
        arguments.calendar ? city.run_calendar()
        : arguments.whole  ? city.run_whole()
        : arguments.clones ? city.run_clones()
                           : city.run();
    } catch (const SafetyBroken& broken) {
        return {not_safe, fmt::format("{} ({} ms)", broken.what(), city.now().ms)};
    } catch (const LivenessBroken& broken) {
        return {not_live, fmt::format("{} ({} ms)", broken.what(), city.now().ms)};
    }
    return {0, city.summary()};
}

// In a process of its own: a failed XW_CHECK or a sanitizer's report is one seed's outcome, not the end of all.
Outcome run_apart(const Arguments& arguments, std::uint64_t seed, int time) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return {crashed, "no pipe"};
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        const Outcome outcome = run_here(arguments, seed, time);
        const bool told = ::write(ends[1], outcome.line.data(), outcome.line.size()) >= 0;
        std::fflush(nullptr);
        _exit(told ? outcome.code : crashed);
    }
    close(ends[1]);
    Outcome outcome;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
        outcome.line.append(buffer.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return {crashed, "no process"};
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : crashed;
    if (outcome.code != 0 && outcome.code != not_live && outcome.code != not_safe)
        outcome = {crashed, "the process crashed"};
    return outcome;
}

Outcome run_seed(const Arguments& arguments, std::uint64_t seed) {
    const Outcome first = run_apart(arguments, seed, 1);
    if (first.code != 0 || !(arguments.twice || (arguments.count > 1 && seed % twice_every == 0))) return first;
    const Outcome second = run_apart(arguments, seed, 2);
    if (second.code != 0 || second.line == first.line) return second;
    return {not_safe, "S15: the same seed gave another trace: " + first.line + " and " + second.line};
}

int run(const Arguments& arguments) {
    int result = 0;
    std::uint64_t failed = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t ran = 0;
    for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.count; ++seed) {
        // One seed is one run, however many parts there are; --setbacks parts its commits.
        if (arguments.count > 1 && !arguments.part.takes(seed - arguments.first, fixed_seeds)) continue;
        ++ran;
        const Outcome outcome = run_seed(arguments, seed);
        fmt::print("seed {}: {}{}\n", seed, outcome.code == 0 ? "" : "FAILED ", outcome.line);
        if (outcome.code == 0) continue;
        ++failed;
        if (result == 0) result = outcome.code;
        fmt::print("  again: xinwang-sim --seed {} --hours {}{}{}{} --verbose\n", seed, arguments.hours,
                   arguments.calendar   ? " --calendar"
                   : arguments.whole    ? " --whole"
                   : arguments.setbacks ? " --setbacks"
                   : arguments.clones   ? " --clones"
                   : arguments.restores ? " --restores"
                                        : "",
                   arguments.moves ? " --moves" : "",
                   arguments.broken == "none" ? "" : " --break " + arguments.broken);
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    fmt::print("{} of {} seeds failed, part {}/{} of {}, {:.1f} s\n", failed, ran, arguments.part.number,
               arguments.part.parts, arguments.count, seconds);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    if (sodium_init() < 0) return crashed;
    Arguments arguments;
    CLI::App app{"Runs simulated cities of production nodes on virtual time, one for each seed."};
    app.add_option("--seed,--first", arguments.first, "the seed, or the first of --seeds");
    app.add_option("--seeds", arguments.count, "how many seeds");
    app.add_option("--part", arguments.part, "K/N: the first few, and every N-th of the rest from K on")
        ->envname("XINWANG_PART");
    app.add_option("--hours", arguments.hours, "virtual hours with faults, before the heal")
        ->check(CLI::PositiveNumber);
    app.add_flag("--restores", arguments.restores, "disks are lost, and nodes restored from backups, too");
    app.add_flag("--moves", arguments.moves, "villages and townships are moved to other parents, too");
    app.add_flag(
        "--calendar", arguments.calendar,
        "instead: most of a year of renewals, with a dead centre, wrong clocks, a cut-off and a revocation");
    app.add_flag("--whole", arguments.whole,
                 "instead: 7,207 nodes, a file from each village, and the city's node away for a minute");
    app.add_flag(
        "--setbacks", arguments.setbacks,
        "instead: a snapshot of one node's disk is put back, from every commit of a short life, in every tier");
    app.add_flag("--clones", arguments.clones,
                 "instead: a copy of one node's machine runs beside it until it is found out and let in again");
    app.add_flag("--twice", arguments.twice, "run each seed twice and compare the traces");
    app.add_flag("--verbose", arguments.verbose, "tell what happens, on standard error");
    app.add_option("--break", arguments.broken)->group("")->check([](const std::string& name) {
        return parse_break(name) ? std::string() : "no such break: " + name;
    });
    app.footer(
        "Exit: 0 all seeds hold, 127 a process crashed, 128 something never arrived, 129 a promise was "
        "broken.");
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}
