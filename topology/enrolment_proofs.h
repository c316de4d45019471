// The proofs of an enrolment request, as both sides compute them (enrolment.h gives the formulas). Pure.
#pragma once

#include "topology/enrolment.h"

namespace xinwang {

Bytes sign_proof_text(const Transcript& transcript);
// The child passes its opening key and the ephemeral public key, the parent its ephemeral key and the child's
// public one: the secret is the same. Refuses weak_key.
Result<Proof> open_proof(const OpeningKey& own, const OpenPublicKey& other, const OpenPublicKey& ephemeral,
                         const OpenPublicKey& open_key, const Transcript& transcript);
Proof token_proof(const TokenMacKey& key, const Transcript& transcript);

}  // namespace xinwang
