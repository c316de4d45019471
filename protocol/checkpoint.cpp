#include "protocol/checkpoint.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/base/check.h"
#include "protocol/note.h"

namespace xinwang {
namespace {

constexpr std::size_t timestamp_bytes = 8;

std::optional<std::uint64_t> parse_size(std::string_view digits) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (size >> 63 != 0 || std::to_string(size) != digits) return std::nullopt;
    return size;
}

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
}

std::string cosigned_message(std::string_view body, std::int64_t seconds) {
    return fmt::format("cosignature/v1\ntime {}\n{}", seconds, body);
}

Bytes big_endian(std::uint64_t value) {
    Bytes out;
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
    return out;
}

// The origin's signature lines, one by each of its two names at most, so that a receipt cannot outgrow a note's
// limits.
std::string origin_lines(const Note& note, const LogId& log) {
    std::string lines;
    for (const std::string& name : {note_key_name(log.origin), log.origin_line()})
        for (const auto& signature : note.signatures)
            if (signature.name == name) {
                lines += std::string(signature.line) + "\n";
                break;
            }
    return lines;
}

NoteKey node_key(const NodeId& node, const SignPublicKey& key) {
    return {note_key_name(node), NoteKeyType::ed25519, key};
}

}  // namespace

NoteKey head_key(const LogId& log, const SignPublicKey& key) {
    return {log.origin_line(), NoteKeyType::ed25519, key};
}

NoteKey receipt_key(const NodeId& ancestor, const SignPublicKey& key) {
    return {note_key_name(ancestor), NoteKeyType::cosignature, key};
}

std::optional<LogId> parse_origin_line(std::string_view line) {
    std::string_view parts[5];
    std::string_view rest = line;
    for (auto& part : parts) {
        const auto slash = rest.find('/');
        part = rest.substr(0, slash);
        rest.remove_prefix(slash == rest.npos ? rest.size() : slash + 1);
    }
    const auto origin = NodeId::parse_hex(parts[1]);
    const auto incarnation = Incarnation::parse_hex(parts[2]);
    const auto toward = NodeId::parse_hex(parts[4]);
    if (!origin || !incarnation || !toward) return std::nullopt;
    for (const Lane lane : all_lanes) {
        const LogId id{*origin, *incarnation, lane, *toward};
        if (id.origin_line() == line) return id;  // the one form, lower case and nothing more
    }
    return std::nullopt;
}

std::string note_key_name(const NodeId& node) {
    return "xinwang/" + node.hex();
}

std::string checkpoint_text(const Head& head) {
    return fmt::format("{}\n{}\n{}\n", head.log.origin_line(), head.size, base64(head.root.view()));
}

Result<Head> parse_checkpoint(std::string_view body) {
    std::string_view rest = body;
    const std::string_view origin = take_line(rest), size_text = take_line(rest), root_text = take_line(rest);
    const auto log = parse_origin_line(origin);
    if (!log)
        return refuse(Code::bad_checkpoint, "origin", origin, "xinwang.log/origin/incarnation/lane/toward");
    const auto size = parse_size(size_text);
    if (!size) return refuse(Code::bad_checkpoint, "size", size_text, "a decimal number below 2^63");
    const auto digits = from_base64(root_text);
    const auto root = digits ? Hash256::from(*digits) : std::nullopt;
    if (!root) return refuse(Code::bad_checkpoint, "root", root_text, "32 bytes in base64");
    const Head head{*log, *size, *root};
    if (checkpoint_text(head) != body) return refuse(Code::bad_checkpoint, "lines", rest, "three lines");
    return head;
}

Result<Head> head_of_note(std::string_view note) {
    return parse_checkpoint(note.substr(0, note.find("\n\n") + 1));
}

std::string sign_head(const LogId& log, std::uint64_t size, const Hash256& root, const NodeId& node,
                      const SigningKey& key) {
    XW_CHECK(log.origin == node);
    const std::string body = checkpoint_text({log, size, root});
    const Signature signature = key.sign(view(body));
    return body + "\n" + signature_line(node_key(node, key.public_key()), signature.view()) +
           signature_line(head_key(log, key.public_key()), signature.view());
}

Result<Head> verify_head(std::string_view text, const NodeId& node, const SignPublicKey& key) {
    XW_TRY(note, parse_note(text));
    XW_TRY(head, parse_checkpoint(note.body));
    // By either name; what stands there by both must hold by both.
    const NoteKey by_log = head_key({node, head.log.incarnation, head.log.lane, head.log.toward}, key);
    const bool named_by_log = note.find(by_log) != nullptr;
    if (named_by_log) XW_TRY_VOID(verify_note(note, by_log));
    const NoteKey by_node = node_key(node, key);
    if (!named_by_log || note.find(by_node) != nullptr) XW_TRY_VOID(verify_note(note, by_node));
    if (head.log.origin != node)
        return refuse(Code::wrong_signer, "head", note_key_name(node), note_key_name(head.log.origin));
    return head;
}

std::string cosign(std::string_view head_note, std::int64_t seconds, const NodeId& ancestor,
                   const SigningKey& key) {
    XW_CHECK(seconds >= 0);
    const auto note = parse_note(head_note);
    const std::string_view body = note ? note->body : head_note;
    const auto head = parse_checkpoint(body);
    XW_CHECK(head.has_value());
    std::string receipt = std::string(body) + "\n";
    if (note) receipt += origin_lines(*note, head->log);
    Bytes signature = big_endian(static_cast<std::uint64_t>(seconds));
    append(signature, key.sign(view(cosigned_message(body, seconds))).view());
    return receipt + signature_line(receipt_key(ancestor, key.public_key()), signature);
}

std::optional<std::string> head_in_receipt(std::string_view text) {
    const auto note = parse_note(text);
    const auto head = note ? parse_checkpoint(note->body) : tl::unexpected(note.error());
    if (!head) return std::nullopt;
    const std::string lines = origin_lines(*note, head->log);
    return lines.empty() ? std::nullopt : std::optional(std::string(note->body) + "\n" + lines);
}

Result<Receipt> verify_receipt(std::string_view text, const NodeId& ancestor, const SignPublicKey& key) {
    XW_TRY(note, parse_note(text));
    const NoteKey cosigner = receipt_key(ancestor, key);
    const NoteSignature* line = note.find(cosigner);
    if (line == nullptr) return refuse(Code::note_not_signed, "receipt", cosigner.name);
    if (line->signature.size() != timestamp_bytes + Signature::size)
        return refuse(Code::bad_note, "cosignature", std::to_string(line->signature.size()), "72 bytes");
    std::uint64_t seconds = 0;
    for (std::size_t i = 0; i < timestamp_bytes; ++i) seconds = seconds << 8 | line->signature[i];
    if (seconds >> 63 != 0) return refuse(Code::bad_note, "time", std::to_string(seconds), "below 2^63");
    const auto signature = Signature::from(View(line->signature).subspan(timestamp_bytes));
    const auto signed_seconds = static_cast<std::int64_t>(seconds);
    if (!verify(key, view(cosigned_message(note.body, signed_seconds)), *signature))
        return refuse(Code::bad_note_signature, "receipt", cosigner.name);
    XW_TRY(head, parse_checkpoint(note.body));
    return Receipt{head, ancestor, signed_seconds};
}

}  // namespace xinwang
