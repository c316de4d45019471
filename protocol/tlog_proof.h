// C2SP tlog-proof: a text that carries a checkpoint and proves that one leaf lies in its tree; and C2SP
// tlog-policy: the signers that a checkpoint must have. Both are other people's formats, for other people's
// tools.
//
//     c2sp.org/tlog-proof@v1
//     index <decimal>
//     <base64 hash>            from the leaf upward, none or more
//
//     <checkpoint, with its signatures>
//
// The `extra` line, which nothing signs, is neither written nor read. Pure.
#pragma once

#include "protocol/merkle.h"
#include "protocol/note.h"

namespace xinwang {

struct TlogProof {
    std::uint64_t index = 0;
    std::vector<Hash256> hashes;
    std::string checkpoint;  // the whole note
    bool operator==(const TlogProof&) const = default;
};

std::string tlog_proof_text(const TlogProof& proof);
// Refuses bad_tlog_proof. The checkpoint's form is not checked: parse_note() does that.
Result<TlogProof> parse_tlog_proof(std::string_view text);

// A witness of one checkpoint, and the name that stands for it in the policy.
struct PolicyWitness {
    std::string name;  // without blanks
    NoteKey key;
};
// A policy of one log and a quorum of all the witnesses. Requires one witness at least.
std::string tlog_policy_text(const NoteKey& log, const std::vector<PolicyWitness>& witnesses);

}  // namespace xinwang
