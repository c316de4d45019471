// Heads and receipts of logs, in the public text formats of the transparency world, so that other people's
// tools can verify them.
//
// A head is a C2SP tlog-checkpoint: three lines (LogId::origin_line(), size, base64 root) signed by the log's
// origin: "my log stands here". A receipt is the same three lines cosigned (tlog-cosignature, cosignature/v1)
// by an ancestor: "I durably hold and serve this log up to here, and saw no other". A node's key name is
// "xinwang/<node id, hex>"; its one signing key signs heads and receipts, which the key id's type byte and
// the start of the signed message tell apart. A head carries the origin's signature a second time, under the
// origin line as key name, because public tools find a log's key by that name (C2SP tlog-policy). Extension
// lines are refused. Pure; seconds are since 1970-01-01 UTC.
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

// Parses the output of LogId::origin_line(): "xinwang.log/<origin>/<incarnation>/<lane>/<toward>". Empty for
// anything else.
std::optional<LogId> parse_origin_line(std::string_view line);

// "xinwang/<node id, hex>"
std::string note_key_name(const NodeId& node);

// The note keys that verify a log's heads, for everybody, and its ancestors' receipts.
NoteKey head_key(const LogId& log, const SignPublicKey& key);
NoteKey receipt_key(const NodeId& ancestor, const SignPublicKey& key);

// The three lines that the signatures of heads and receipts cover.
std::string checkpoint_text(const Head& head);
// Refuses bad_checkpoint.
Result<Head> parse_checkpoint(std::string_view body);
// The head that a head note or a receipt states; its signatures are not checked. Refuses bad_checkpoint.
Result<Head> head_of_note(std::string_view note);

std::string sign_head(const LogId& log, std::uint64_t size, const Hash256& root, const NodeId& node,
                      const SigningKey& key);
// Verifies a head signed under either key name or both. Refuses as parse_note and verify_note do,
// bad_checkpoint, and wrong_signer for a log of another origin.
Result<Head> verify_head(std::string_view note, const NodeId& node, const SignPublicKey& key);

// Makes a receipt. `head_note` is a head, whose origin's signature lines go into the receipt, or a bare
// checkpoint_text(). Requires a well-formed `head_note` (verified, or made here) and seconds >= 0.
std::string cosign(std::string_view head_note, std::int64_t seconds, const NodeId& ancestor,
                   const SigningKey& key);
// The origin's head, whose lines the receipt carries. Empty for a receipt made from a bare checkpoint.
std::optional<std::string> head_in_receipt(std::string_view note);
Result<Receipt> verify_receipt(std::string_view note, const NodeId& ancestor, const SignPublicKey& key);

}  // namespace xinwang
