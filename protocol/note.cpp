#include "protocol/note.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/keys.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // em dash, space

Result<void> check_text(std::string_view note) {
    if (note.size() > limits::note_bytes_max)
        return refuse(Code::too_large, "note", std::to_string(note.size()),
                      std::to_string(limits::note_bytes_max));
    if (!valid_utf8(note)) return refuse(Code::bad_text, "note", note, "UTF-8");
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
    if (std::any_of(note.begin(), note.end(), control)) return refuse(Code::bad_text, "note", note, "plain");
    return {};
}

// Unicode's White_Space characters outside ASCII; ASCII's only one in a note is U+0020.
bool is_space(char32_t c) {
    return c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool name_has_form(std::string_view name) {
    if (name.empty()) return false;
    while (!name.empty()) {
        const char32_t c = take_character(name);
        if (c == '+' || is_space(c)) return false;
    }
    return true;
}

Result<NoteSignature> parse_line(std::string_view line) {
    const auto refused = [&] { return refuse(Code::bad_note, "signature line", line, "— <name> <base64>"); };
    if (!line.starts_with(dash)) return refused();
    const std::string_view rest = line.substr(dash.size());
    const auto space = rest.find(' ');
    if (space == rest.npos || !name_has_form(rest.substr(0, space))) return refused();
    const auto bytes = from_base64(rest.substr(space + 1));
    if (!bytes || bytes->size() <= 4) return refused();
    const auto& b = *bytes;
    const std::uint32_t id =
        std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
    return NoteSignature{line, rest.substr(0, space), id, Bytes(b.begin() + 4, b.end())};
}

}  // namespace

std::uint32_t NoteKey::id() const {
    Bytes message = to_bytes(view(name));
    message.push_back('\n');
    message.push_back(static_cast<std::uint8_t>(type));
    append(message, key.view());
    std::uint8_t h[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(h, message.data(), message.size());
    return std::uint32_t{h[0]} << 24 | std::uint32_t{h[1]} << 16 | std::uint32_t{h[2]} << 8 | h[3];
}

std::string NoteKey::verifier_key() const {
    Bytes material{static_cast<std::uint8_t>(type)};
    append(material, key.view());
    return fmt::format("{}+{:08x}+{}", name, id(), base64(material));
}

const NoteSignature* Note::find(const NoteKey& key) const {
    for (const auto& s : signatures)
        if (s.name == key.name && s.key_id == key.id()) return &s;
    return nullptr;
}

Result<Note> parse_note(std::string_view text) {
    XW_TRY_VOID(check_text(text));
    const auto blank = text.rfind("\n\n");
    if (blank == text.npos || blank == 0 || !text.ends_with('\n'))
        return refuse(Code::bad_note, "text", text.substr(0, 40), "text, empty line, signature lines");
    Note note{text.substr(0, blank + 1), {}};
    std::string_view lines = text.substr(blank + 2);
    while (!lines.empty()) {
        if (note.signatures.size() == limits::note_signatures_max)
            return refuse(Code::bad_note, "signatures", "more", std::to_string(limits::note_signatures_max));
        const auto end = lines.find('\n');
        XW_TRY(signature, parse_line(lines.substr(0, end)));
        note.signatures.push_back(std::move(signature));
        lines.remove_prefix(end + 1);
    }
    if (note.signatures.empty()) return refuse(Code::bad_note, "signatures", "0", "at least one");
    return note;
}

std::string signature_line(const NoteKey& key, View signature) {
    XW_CHECK(name_has_form(key.name));
    const std::uint32_t id = key.id();
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(id >> shift));
    append(bytes, signature);
    return fmt::format("{}{} {}\n", dash, key.name, base64(bytes));
}

Result<void> verify_note(const Note& note, const NoteKey& key) {
    const NoteSignature* line = note.find(key);
    if (line == nullptr) return refuse(Code::note_not_signed, "note", key.name);
    const auto signature = Signature::from(line->signature);
    if (!signature || !verify(key.key, view(note.body), *signature))
        return refuse(Code::bad_note_signature, "note", key.name);
    return {};
}

}  // namespace xinwang
