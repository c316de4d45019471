// Heads and receipts of logs, as the public text formats of the transparency world have them, so that tools
// which no one here wrote can verify them.
//
// A head is a C2SP tlog-checkpoint: three lines (LogId::origin_line(), size, base64 root) signed by the log's
// origin: "my log stands here". A receipt is the same three lines cosigned (tlog-cosignature, cosignature/v1)
// by an ancestor: "I durably hold and serve this log up to here, and saw no other". A node's key name is
// "xinwang/<node id, hex>"; its one signing key serves both, told apart by the key id's type byte and by what
// the signed message begins with. A head carries the origin's signature a second time, under the origin line as
// key name, which is how public tools find a log's key (C2SP tlog-policy). Extension lines are refused. Pure;
// seconds are since 1970-01-01 UTC.
#pragma once

#include "protocol/keys.h"
#include "protocol/note.h"

namespace xinwang {

struct Head {
    LogId log;
    std::uint64_t size = 0;
    Hash256 root;
    bool operator==(const Head&) const = default;
};

struct Receipt {
    Head head;
    NodeId ancestor;
    std::int64_t seconds = 0;
    bool operator==(const Receipt&) const = default;
};

// What LogId::origin_line() writes: "xinwang.log/<origin>/<incarnation>/<lane>/<toward>". Empty for anything
// else.
std::optional<LogId> parse_origin_line(std::string_view line);

// "xinwang/<node id, hex>"
std::string note_key_name(const NodeId& node);

// By which a log's heads are signed for everybody, and its ancestors' receipts.
NoteKey head_key(const LogId& log, const SignPublicKey& key);
NoteKey receipt_key(const NodeId& ancestor, const SignPublicKey& key);

// The three lines that heads and receipts sign.
std::string checkpoint_text(const Head& head);
// Refuses bad_checkpoint.
Result<Head> parse_checkpoint(std::string_view body);
// What a head or a receipt signs; its signatures are not looked at. Refuses bad_checkpoint.
Result<Head> head_of_note(std::string_view note);

std::string sign_head(const LogId& log, std::uint64_t size, const Hash256& root, const NodeId& node,
                      const SigningKey& key);
// Signed under either name or both. Refuses what parse_note and verify_note do, bad_checkpoint, and
// wrong_signer for a log of another origin.
Result<Head> verify_head(std::string_view note, const NodeId& node, const SignPublicKey& key);

// `head_note` is a head, whose origin's signature lines go into the receipt, or a bare checkpoint_text().
// Requires a well-formed one (verified, or made here) and seconds >= 0.
std::string cosign(std::string_view head_note, std::int64_t seconds, const NodeId& ancestor,
                   const SigningKey& key);
// The origin's head that a receipt was made from, whose lines it carries. Empty when it was made from a bare
// checkpoint.
std::optional<std::string> head_in_receipt(std::string_view note);
Result<Receipt> verify_receipt(std::string_view note, const NodeId& ancestor, const SignPublicKey& key);

}  // namespace xinwang
