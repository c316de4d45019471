// A refusal on the wire or in the store: u16 number and three short texts (field, value, limit). The sentence
// is made at the place that shows it, in the reader's language. A number that this program does not know,
// from a newer peer, becomes refused_by_newer_peer and keeps the number for the operator. Pure.
#pragma once

#include "protocol/base/codec.h"

namespace xinwang {

void write(Writer& out, const Refusal& refusal);
// Refuses truncated.
Result<Refusal> read_refusal(Reader& in);

}  // namespace xinwang
