// Expiry: a record's last day, by its catalogue, and the signed statement that stands in the place of a batch
// whose records have all passed their last days (WIRE.md section 8.7). Pure.
//
// The term is data (`[retention]` in a catalogue, deploy/catalogues/README.md): the end of publication that the
// record itself names, or for natural persons a number of years from one of its dates (征信业管理条例 §16: five
// at most). No rule, no date, or 2099/12/31: the record is kept.
//
// A statement is a C2SP signed note of its holder, whose body is
//     xinwang.expired/1 | origin line | seq | batch id, hex | seconds | one line for each reason
// It does not prove that the records were old: nobody without the key could see that. It proves who removed
// them, when, and by which rule, so that a gap in a log is never silent.
#pragma once

#include "protocol/catalogue.h"
#include "protocol/keys.h"

namespace xinwang {

// The last day on which the record is kept, yyyymmdd; empty: the record is kept for ever.
std::optional<std::uint32_t> kept_until(const Catalogue& catalogue, const Values& values);

struct ExpiryReason {
    std::string rule;  // "xzcf/1", or "carried" for entries that the holder cannot read
    std::uint32_t entries = 0;
    std::uint32_t until = 0;  // the latest of their last days, yyyymmdd
    bool operator==(const ExpiryReason&) const = default;
};

struct ExpiryStatement {
    static constexpr std::size_t reasons_max = 16;
    LogId log;
    Seq seq = 0;
    BatchId batch;
    std::int64_t seconds = 0;
    std::vector<ExpiryReason> reasons;  // 1 to reasons_max
    bool operator==(const ExpiryStatement&) const = default;
};

// Requires 1 to reasons_max reasons, each of a catalogue's rule version or "carried".
std::string sign_expiry(const ExpiryStatement& statement, const NodeId& holder, const SigningKey& key);
// Refuses as parse_note and verify_note do, and bad_expiry.
Result<ExpiryStatement> verify_expiry(std::string_view note, const NodeId& holder, const SignPublicKey& key);
// The holder that the note names as its signer; not verified. Refuses as parse_note does, and bad_expiry.
Result<NodeId> expiry_holder(std::string_view note);
// The statement of a note that was verified before it was kept.
Result<ExpiryStatement> parse_expiry(std::string_view note);

}  // namespace xinwang
