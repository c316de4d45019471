// Hand-made faults that prove that the checkers see (node/DESIGN.md section 9). The simulator makes each
// fault between a node and its world, never in production code, and each fault must end a run with its exit
// code.
#pragma once

#include <optional>
#include <string_view>

namespace xinwang::sim {

enum class Break {
    none,
    ack_before_commit,     // S6: a turn speaks, and commits afterwards
    receipt_too_far,       // S5: an ancestor signs for more than it holds
    double_append,         // S1: intake takes a row in twice
    lose_record,           // S1: intake drops an accepted row
    alter_record,          // S2: a value changes between the file and the log
    forget_commit,         // S1: a restart finds an older disk
    flip_on_the_way_out,   // S11: a relay sends a piece with a flipped bit
    leak_plaintext,        // X1: a subject's name leaves in a frame
    leak_to_carrier_disk,  // X1: a subject's name lies on a carrier's disk
    wrong_audience,        // X1: a batch is sealed for a carrier too
    early_correction,      // S10: the city meets a record's entries in another order than its origin
    no_verdict,            // R1: the city judges, and tells nobody
    believe_the_disk,      // S8: a node whose disk was set back asks nobody (--setbacks)
    ask_nobody,            // S9: a parent never asks its children for a sign of life (--clones)
    forget_sent,           // P1: the city forgets what it has sent to the province
    stuck,                 // L1: one link loses every piece, also after the heal
    two_faced,             // S15: the second run of a seed differs from the first
    crash,                 // a failed XW_CHECK
};

std::optional<Break> parse_break(std::string_view name);

}  // namespace xinwang::sim
