// The parts of proofs of possession: the hash of all that was said, and a MAC over that hash.
#pragma once

#include "protocol/base/bytes.h"

namespace xinwang {

using Transcript = Block<64, struct TranscriptTag>;
using Proof = Block<32, struct ProofTag>;

}  // namespace xinwang
