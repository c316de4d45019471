// A transfer: an ancestor of two nodes hands records of the one over to the other, because bodies are merged
// and reformed every year (WIRE.md section 8.9). It is the body of an entry of kind `transfer`, in the
// ancestor's logs of lane `rights`: upward for the city, and toward either node.
//
//   body = u8 version (1) | node 16 by | node 16 from | node 16 to | i64 at_ms | text16 catalogue | text16
//   subject
//          | text16 reason
//
// The records of this catalogue and this subject that `from` owns when the city takes the entry in go to
// `to`; an empty text stands for all catalogues or subjects. Pure.
#pragma once

#include "protocol/base/refusal.h"
#include "protocol/entry.h"

namespace xinwang {

struct Transfer {
    NodeId by;
    NodeId from, to;
    std::int64_t at_ms = 0;  // the ancestor's clock; for people
    std::string catalogue;   // id; empty: all
    std::string subject;     // identifier; empty: all
    std::string reason;      // for people
    bool operator==(const Transfer&) const = default;

    bool concerns(std::string_view its_catalogue, std::string_view its_subject) const {
        return (catalogue.empty() || catalogue == its_catalogue) && (subject.empty() || subject == its_subject);
    }
};

Bytes encode(const Transfer& transfer);
// Refuses truncated, trailing_bytes, bad_number, too_large, bad_text.
Result<Transfer> parse_transfer(View body);
Entry transfer_entry(const Transfer& transfer);

}  // namespace xinwang
