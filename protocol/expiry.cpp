#include "protocol/expiry.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/base/check.h"
#include "protocol/checkpoint.h"
#include "protocol/note.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

constexpr std::string_view title = "xinwang.expired/1";

std::optional<std::uint32_t> date_of(const Values& values, std::uint16_t field) {
    const std::string_view text = trimmed(value_of(values, field));
    if (text.empty()) return std::nullopt;
    const auto date = parse_date(text, {});
    return date ? std::optional(*date) : std::nullopt;
}

// 29 February counts as the 28th in a year that has none.
std::uint32_t years_later(std::uint32_t date, std::uint32_t years) {
    const std::uint32_t later = date + years * 10'000;
    return date_exists(later) ? later : later - 1;
}

NoteKey key_of(const NodeId& holder, const SignPublicKey& key) {
    return {note_key_name(holder), NoteKeyType::ed25519, key};
}

std::string body_of(const ExpiryStatement& s) {
    std::string body =
        fmt::format("{}\n{}\n{}\n{}\n{}\n", title, s.log.origin_line(), s.seq, s.batch.hex(), s.seconds);
    for (const ExpiryReason& reason : s.reasons)
        body += fmt::format("{} {} {}\n", reason.rule, reason.entries, reason.until);
    return body;
}

std::string_view take(std::string_view& text, char end) {
    const auto at = text.find(end);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at + 1);
    return part;
}

template <class Number>
bool read_number(std::string_view digits, Number& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc{} && end == digits.data() + digits.size();
}

tl::unexpected<Refusal> bad(std::string_view part, std::string_view value) {
    return refuse(Code::bad_expiry, part, value);
}

Result<ExpiryStatement> parse_body(std::string_view body) {
    std::string_view rest = body;
    if (take(rest, '\n') != title) return bad("title", body.substr(0, title.size()));
    ExpiryStatement s;
    const auto log = parse_origin_line(take(rest, '\n'));
    if (!log) return bad("log", "");
    s.log = *log;
    if (const auto seq = take(rest, '\n'); !read_number(seq, s.seq)) return bad("seq", seq);
    const auto batch = BatchId::parse_hex(take(rest, '\n'));
    if (!batch) return bad("batch", "");
    s.batch = *batch;
    if (const auto seconds = take(rest, '\n'); !read_number(seconds, s.seconds) || s.seconds < 0)
        return bad("time", seconds);
    while (!rest.empty() && s.reasons.size() <= ExpiryStatement::reasons_max) {
        std::string_view line = take(rest, '\n');
        ExpiryReason reason;
        reason.rule = take(line, ' ');
        if (reason.rule.empty() || !read_number(take(line, ' '), reason.entries) ||
            !read_number(line, reason.until))
            return bad("reason", reason.rule);
        s.reasons.push_back(std::move(reason));
    }
    if (s.reasons.empty() || s.reasons.size() > ExpiryStatement::reasons_max)
        return bad("reasons", std::to_string(s.reasons.size()));
    if (body_of(s) != body) return bad("lines", rest);  // one form, or a signature would be of something else
    return s;
}

}  // namespace

std::optional<std::uint32_t> kept_until(const Catalogue& catalogue, const Values& values) {
    const Retention& rule = catalogue.retention;
    const bool person = subject_kind(catalogue, values) == SubjectKind::person;
    std::optional<std::uint32_t> until;
    if (person && rule.persons_years != 0) {
        if (const auto from = date_of(values, rule.persons_from); from && *from != long_term)
            until = years_later(*from, rule.persons_years);
    } else {
        for (const std::uint16_t field : rule.publication_ends)
            if ((until = date_of(values, field))) break;
    }
    return until && *until < long_term ? until : std::nullopt;
}

std::string sign_expiry(const ExpiryStatement& statement, const NodeId& holder, const SigningKey& key) {
    XW_CHECK(!statement.reasons.empty() && statement.reasons.size() <= ExpiryStatement::reasons_max);
    const std::string body = body_of(statement);
    return body + "\n" + signature_line(key_of(holder, key.public_key()), key.sign(view(body)).view());
}

Result<ExpiryStatement> verify_expiry(std::string_view text, const NodeId& holder, const SignPublicKey& key) {
    XW_TRY(note, parse_note(text));
    XW_TRY_VOID(verify_note(note, key_of(holder, key)));
    return parse_body(note.body);
}

Result<NodeId> expiry_holder(std::string_view text) {
    XW_TRY(note, parse_note(text));
    std::string_view name = note.signatures.front().name;
    take(name, '/');
    const auto holder = NodeId::parse_hex(name);
    if (!holder || note_key_name(*holder) != note.signatures.front().name)
        return bad("holder", note.signatures.front().name);
    return *holder;
}

Result<ExpiryStatement> parse_expiry(std::string_view text) {
    XW_TRY(note, parse_note(text));
    return parse_body(note.body);
}

}  // namespace xinwang
