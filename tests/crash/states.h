// Every state that a recorded run could leave on the disk, checked one after the other.
//
// *What holds in a state* (node/DESIGN.md, S1, S6, S14): the store opens; it holds exactly the steps
// up to the last acknowledged one, or up to the one under way, each whole; the walk over it is clean; the next
// step commits, and then all of that holds for it.
//
// *How*: a child process makes the states in a directory and checks them there, because LMDB may end the
// process that opens a broken store; that is a finding, and another child goes on behind it. Equal states are
// checked once.
#pragma once

#include <array>

#include "tests/crash/disk.h"
#include "tests/crash/recorded.h"
#include "tools/part.h"

namespace xinwang::crash {

struct StateOptions {
    unsigned seeds = 1;  // random states for each operation and loss
    Part part;           // of the states of a script, the first `fixed_states` beside it
    bool until_found = false;
    bool flip = false;  // a bit of each image is turned over, as proof that the checks see what a store holds
};

constexpr std::uint64_t fixed_states = 100;

struct StateReport {
    std::uint64_t operations = 0;
    std::uint64_t states = 0;   // all there are
    std::uint64_t checked = 0;  // those of the part
    std::array<std::uint64_t, std::size(losses)> by_loss{};
    std::uint64_t damaged = 0;
    std::vector<std::string> findings;  // the first few
};

// `room`: a directory to work in.
StateReport check_states(const Script& script, const Run& run, const StateOptions& options,
                         const std::filesystem::path& room);
// Makes a state's files; every other time with a lock.mdb as a crash may leave it.
void materialise(const DiskState& state, const std::filesystem::path& directory, std::uint64_t number);
// How much is looked at behind the next step: reading all once more for each state would be half the work.
enum class Depth { sizes, whole };
// The store where it lies: what is wrong with it, or nothing.
std::string check_store(const Script& script, const std::filesystem::path& store, const Truths& truths,
                        const Allowed& allowed, Depth depth);

}  // namespace xinwang::crash
