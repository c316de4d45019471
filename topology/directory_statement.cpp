#include "topology/directory_statement.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "protocol/merkle.h"

namespace xinwang {
namespace {

constexpr std::uint8_t statement_version = 1;
constexpr std::uint8_t statement_suite = 1;
constexpr std::string_view text_prefix = "xinwang-directory1:";
constexpr std::string_view operator_prefix = "xinwang-operator1:";
constexpr std::size_t check_bytes = 4;

void write_roots(Writer& out, const RootSet& roots) {
    out.u8(roots.threshold);
    out.u8(static_cast<std::uint8_t>(roots.keys.size()));
    for (const SignPublicKey& key : roots.keys) out.block(key);
}

void write_body(Writer& out, const DirectoryStatement& s) {
    out.u8(statement_version);
    out.u8(statement_suite);
    out.u64(s.number);
    out.block(s.previous);
    out.u64(s.code.number());
    write_roots(out, s.roots);
    out.bytes16(s.city);
    out.u8(static_cast<std::uint8_t>(s.operators.size()));
    for (const Operator& person : s.operators) {
        out.block(person.key);
        out.text16(person.name);
    }
    out.i64(s.issued_ms);
    out.i64(s.expires_ms);
    out.u16(s.grace_days);
    out.block(s.checkpoint.incarnation);
    out.u64(s.checkpoint.size);
    out.block(s.checkpoint.root);
}

// As mail programs and editors leave them.
std::string without_blanks(std::string_view text) {
    std::string line(text);
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return line;
}

Bytes body_of(const DirectoryStatement& s) {
    Writer out;
    write_body(out, s);
    return out.take();
}

Bytes to_sign_directory(View body) {
    return text_to_sign("XW-directory", body);
}

tl::unexpected<Refusal> bad_statement(std::string_view field, const std::string& value,
                                      std::string_view wanted) {
    return refuse(Code::directory_field, field, value, wanted);
}

template <class Range, class Key>
bool rises(const Range& range, Key key) {
    return std::adjacent_find(range.begin(), range.end(),
                              [&](const auto& a, const auto& b) { return !(key(a) < key(b)); }) == range.end();
}

Result<void> check_roots(const RootSet& roots) {
    if (roots.keys.empty() || roots.keys.size() > limits::root_keys_max)
        return bad_statement("root keys", std::to_string(roots.keys.size()), "1..9");
    if (roots.threshold == 0 || roots.threshold > roots.keys.size())
        return bad_statement("threshold", std::to_string(roots.threshold),
                             "1.." + std::to_string(roots.keys.size()));
    if (!rises(roots.keys, [](const SignPublicKey& k) { return k; }))
        return bad_statement("root keys", roots.keys.front().hex(), "rising");
    return {};
}

Result<void> check_operators(const std::vector<Operator>& operators) {
    if (operators.size() > limits::operators_max)
        return bad_statement("operators", std::to_string(operators.size()), "0..64");
    if (!rises(operators, [](const Operator& o) { return o.key; }))
        return bad_statement("operators", operators.front().name, "rising");
    for (std::size_t i = 0; i < operators.size(); ++i) {
        XW_TRY_VOID(check_name(operators[i].name, "operator"));
        // Two keys under one name would let one person be two.
        for (std::size_t j = 0; j < i; ++j)
            if (operators[i].name == operators[j].name)
                return bad_statement("operators", operators[i].name, "one key");
    }
    return {};
}

Result<void> check_city(const DirectoryStatement& s) {
    XW_TRY(city, parse_certificate(s.city));
    if (city.tier != Tier::city || city.code != s.code)
        return bad_statement("city", city.code.text(), s.code.text());
    return verify_certificate(city, s.city, city.sign_key);
}

void read_parts(Reader& in, DirectoryStatement& s) {
    s.roots.threshold = in.u8();
    const std::size_t keys = in.u8();
    for (std::size_t i = 0; i < keys && in.good(); ++i) s.roots.keys.push_back(in.block<SignPublicKey>());
    s.city = to_bytes(in.bytes16());
    const std::size_t operators = in.u8();
    for (std::size_t i = 0; i < operators && in.good(); ++i) {
        Operator person;
        person.key = in.block<SignPublicKey>();
        person.name = in.text16();
        s.operators.push_back(std::move(person));
    }
    s.issued_ms = in.i64();
    s.expires_ms = in.i64();
    s.grace_days = in.u16();
    s.checkpoint.incarnation = in.block<Incarnation>();
    s.checkpoint.size = in.u64();
    s.checkpoint.root = in.block<Hash256>();
    const std::size_t signatures = in.u8();
    for (std::size_t i = 0; i < signatures && in.good(); ++i) {
        DirectoryStatement::Signed one;
        one.key = in.block<SignPublicKey>();
        one.signature = in.block<Signature>();
        s.signatures.push_back(one);
    }
}

}  // namespace

bool RootSet::has(const SignPublicKey& key) const {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

RootId root_id_of(const RootSet& roots) {
    Writer out;
    write_roots(out, roots);
    return hash<RootId>("XW-root-set", {out.bytes()});
}

Result<void> check_fields(const DirectoryStatement& s) {
    XW_TRY_VOID(DivisionCode::from_number(s.code.number()).map([](DivisionCode) {}));
    if (s.number == 0) return bad_statement("number", "0", "1..");
    if (s.previous.is_zero() != (s.number == 1)) return bad_statement("previous", s.previous.hex(), "1: 0");
    XW_TRY_VOID(check_roots(s.roots));
    XW_TRY_VOID(check_city(s));
    XW_TRY_VOID(check_operators(s.operators));
    if (s.issued_ms < 0 || s.expires_ms <= s.issued_ms)
        return bad_statement("expires_ms", std::to_string(s.expires_ms), "> " + std::to_string(s.issued_ms));
    if (s.checkpoint.size >= (1ull << 63))
        return bad_statement("checkpoint", std::to_string(s.checkpoint.size), "< 2^63");
    if (s.signatures.size() > 2 * limits::root_keys_max)
        return bad_statement("signatures", std::to_string(s.signatures.size()), "0..18");
    if (!rises(s.signatures, [](const DirectoryStatement::Signed& x) { return x.key; }))
        return bad_statement("signatures", s.signatures.front().key.hex(), "rising");
    return {};
}

Result<void> check_persons(const std::vector<Operator>& operators) {
    if (operators.size() > limits::operators_max)
        return bad_statement("operators", std::to_string(operators.size()), "0..64");
    for (std::size_t i = 0; i < operators.size(); ++i) {
        XW_TRY_VOID(check_name(operators[i].name, "operator"));
        for (std::size_t j = 0; j < i; ++j)
            if (operators[i].name == operators[j].name || operators[i].key == operators[j].key)
                return refuse(Code::operator_twice, operators[i].name, operators[i].key.hex());
    }
    return {};
}

void sort_parts(DirectoryStatement& s) {
    std::sort(s.roots.keys.begin(), s.roots.keys.end());
    std::sort(s.operators.begin(), s.operators.end(),
              [](const Operator& a, const Operator& b) { return a.key < b.key; });
}

Result<DirectoryStatement> parse_statement(View bytes) {
    if (bytes.size() > limits::statement_bytes_max)
        return refuse(Code::too_large, "statement", std::to_string(bytes.size()),
                      std::to_string(limits::statement_bytes_max));
    Reader in(bytes, "directory statement");
    const std::uint8_t its_version = in.u8();
    const std::uint8_t its_suite = in.u8();
    XW_TRY_VOID(in.so_far());
    if (its_version != statement_version)
        return refuse(Code::directory_version, "version", std::to_string(its_version),
                      std::to_string(statement_version));
    if (its_suite != statement_suite)
        return refuse(Code::directory_version, "suite", std::to_string(its_suite),
                      std::to_string(statement_suite));
    DirectoryStatement s;
    s.number = in.u64();
    s.previous = in.block<StatementId>();
    const std::uint64_t code_number = in.u64();
    read_parts(in, s);
    XW_TRY_VOID(in.finish());
    XW_TRY(code, DivisionCode::from_number(code_number));
    s.code = code;
    XW_TRY_VOID(check_fields(s));
    return s;
}

Bytes encode(const DirectoryStatement& s) {
    Writer out;
    write_body(out, s);
    out.u8(static_cast<std::uint8_t>(s.signatures.size()));
    for (const auto& one : s.signatures) {
        out.block(one.key);
        out.block(one.signature);
    }
    return out.take();
}

StatementId id_of(const DirectoryStatement& s) {
    return hash<StatementId>("XW-statement-id", {body_of(s)});
}

Result<DirectoryStatement> first_statement(View city_certificate, const std::vector<SigningKey>& root_keys,
                                           std::uint8_t threshold, std::vector<Operator> operators,
                                           Instant now) {
    XW_TRY(city, parse_certificate(city_certificate));
    DirectoryStatement s;
    s.code = city.code;
    s.roots.threshold = threshold;
    for (const SigningKey& key : root_keys) s.roots.keys.push_back(key.public_key());
    s.city = to_bytes(city_certificate);
    s.operators = std::move(operators);
    s.issued_ms = now.ms;
    s.expires_ms = now.ms + limits::statement_days * day_ms;
    s.grace_days = limits::grace_days;
    s.checkpoint.root = Frontier().root();
    sort_parts(s);
    XW_TRY_VOID(check_fields(s));
    for (const SigningKey& key : root_keys) sign(s, key);
    return s;
}

void sign(DirectoryStatement& draft, const SigningKey& key) {
    const DirectoryStatement::Signed one{key.public_key(), key.sign(to_sign_directory(body_of(draft)))};
    auto& all = draft.signatures;
    const auto at = std::lower_bound(all.begin(), all.end(), one,
                                     [](const auto& a, const auto& b) { return a.key < b.key; });
    if (at != all.end() && at->key == one.key)
        *at = one;
    else
        all.insert(at, one);
}

std::size_t signed_by(const DirectoryStatement& s, const RootSet& by) {
    const Bytes message = to_sign_directory(body_of(s));
    return static_cast<std::size_t>(std::count_if(
        s.signatures.begin(), s.signatures.end(),
        [&](const auto& one) { return by.has(one.key) && verify(one.key, message, one.signature); }));
}

Result<void> check_signatures(const DirectoryStatement& s, const RootSet& by) {
    const Bytes message = to_sign_directory(body_of(s));
    for (const auto& one : s.signatures)
        if (!verify(one.key, message, one.signature))
            return refuse(Code::directory_signature_wrong, one.key.hex(), std::to_string(s.number));
    const std::size_t count = signed_by(s, by);
    if (count < by.threshold)
        return refuse(Code::directory_signatures, std::to_string(s.number), std::to_string(count),
                      std::to_string(by.threshold));
    return {};
}

Result<void> check_follows(const DirectoryStatement& held, const DirectoryStatement& next) {
    if (next.number != held.number + 1)
        return refuse(Code::directory_skips, "number", std::to_string(next.number),
                      std::to_string(held.number));
    if (next.previous != id_of(held))
        return refuse(Code::directory_mixed, "previous", next.previous.hex(), id_of(held).hex());
    if (next.code != held.code)
        return refuse(Code::directory_mixed, "code", next.code.text(), held.code.text());
    XW_TRY_VOID(check_signatures(next, held.roots));
    if (next.roots != held.roots) XW_TRY_VOID(check_signatures(next, next.roots));
    return {};
}

Result<void> merge(DirectoryStatement& into, const DirectoryStatement& other) {
    if (id_of(into) != id_of(other))
        return refuse(Code::directory_mixed, "draft", id_of(other).hex(), id_of(into).hex());
    for (const auto& one : other.signatures) {
        const auto at = std::lower_bound(into.signatures.begin(), into.signatures.end(), one,
                                         [](const auto& a, const auto& b) { return a.key < b.key; });
        if (at == into.signatures.end() || at->key != one.key) into.signatures.insert(at, one);
    }
    return {};
}

DirectoryTerm term(const DirectoryStatement& s, Instant now) {
    const std::int64_t left = s.expires_ms - now.ms;
    const std::int64_t days = left / day_ms - (left % day_ms < 0 ? 1 : 0);
    return {days, left <= 0, left <= -static_cast<std::int64_t>(s.grace_days) * day_ms};
}

std::string operator_text(const Operator& person) {
    Writer out;
    out.block(person.key);
    out.text16(person.name);
    out.raw(hash<Hash256>("XW-operator", {out.bytes()}).view().first(check_bytes));
    return std::string(operator_prefix) + base64url(out.bytes());
}

Result<Operator> parse_operator_text(std::string_view text) {
    const auto wrong = [] { return refuse(Code::not_an_operator, "operator", {}, operator_prefix); };
    const std::string line = without_blanks(text);
    if (!line.starts_with(operator_prefix)) return wrong();
    const auto bytes = from_base64url(std::string_view(line).substr(operator_prefix.size()));
    if (!bytes || bytes->size() <= check_bytes) return wrong();
    const View body = View(*bytes).first(bytes->size() - check_bytes);
    if (!equal(View(*bytes).last(check_bytes), hash<Hash256>("XW-operator", {body}).view().first(check_bytes)))
        return wrong();
    Reader in(body, "operator");
    Operator person;
    person.key = in.block<SignPublicKey>();
    person.name = in.text16();
    XW_TRY_VOID(in.finish());
    XW_TRY_VOID(check_name(person.name, "operator"));
    return person;
}

std::string statement_text(const DirectoryStatement& s) {
    return std::string(text_prefix) + base64url(encode(s)) + "\n";
}

Result<DirectoryStatement> parse_statement_text(std::string_view text) {
    const std::string line = without_blanks(text);
    const bool begins = line.starts_with(text_prefix);
    const auto bytes =
        begins ? from_base64url(std::string_view(line).substr(text_prefix.size())) : std::nullopt;
    if (!bytes) return refuse(Code::not_a_draft, "directory", {}, text_prefix);
    return parse_statement(*bytes);
}

}  // namespace xinwang
