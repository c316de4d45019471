// Signed notes as C2SP signed-note defines them: a text, an empty line, signature lines
//     — <key name> base64(u32 key id | signature)
// with Ed25519 keys (type 0x01) and timestamped cosignatures (type 0x04; tlog-cosignature). Parsing is strict
// and bounded: limits::note_bytes_max, limits::note_signatures_max; UTF-8 without controls. Pure. Texts
// returned look into the note given.
#pragma once

#include "protocol/base/ids.h"

namespace xinwang {

enum class NoteKeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

// A signer: the name in the line, and the key.
struct NoteKey {
    std::string name;
    NoteKeyType type = NoteKeyType::ed25519;
    SignPublicKey key;

    // First four bytes of SHA-256(name | 0x0a | type | key), big-endian.
    std::uint32_t id() const;
    // The key as public verification tools take it: "<name>+<hex id>+<base64(type | key)>".
    std::string verifier_key() const;
};

struct NoteSignature {
    std::string_view line;  // without its newline
    std::string_view name;
    std::uint32_t key_id = 0;
    Bytes signature;  // after the key id
};

struct Note {
    std::string_view body;  // with its final newline, without the empty line
    std::vector<NoteSignature> signatures;

    // The signature with the key's name and id; nullptr when there is none.
    const NoteSignature* find(const NoteKey& key) const;
};

// Parses a note with at least one signature. Refuses too_large, bad_text, bad_note.
Result<Note> parse_note(std::string_view note);

// One signature line with its newline. Requires a name without spaces and '+'.
std::string signature_line(const NoteKey& key, View signature);

// Verifies that the note carries a valid plain Ed25519 signature by `key`. Refuses note_not_signed,
// bad_note_signature.
Result<void> verify_note(const Note& note, const NoteKey& key);

}  // namespace xinwang
