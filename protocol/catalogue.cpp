#include "protocol/catalogue.h"

#include <algorithm>
#include <array>

#include "protocol/base/hash.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_bracket_open(char32_t c) {
    return c == U'〔' || c == U'[' || c == U'【' || c == U'{' || c == U'〖' || c == U'「' || c == U'『' ||
           c == U'〈' || c == U'<' || c == U'《';
}
bool is_bracket_close(char32_t c) {
    return c == U'〕' || c == U']' || c == U'】' || c == U'}' || c == U'〗' || c == U'」' || c == U'』' ||
           c == U'〉' || c == U'>' || c == U'》';
}
bool is_blank(char32_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xA0 || c == 0x3000 || c == 0xFEFF;
}

// Bytes of a character that keys keep as it is, by its first; 0: look at it. Most of a key are digits and
// Chinese characters, which need no decoding.
constexpr std::array<std::uint8_t, 256> kept_width = [] {
    std::array<std::uint8_t, 256> width{};
    for (const char c : std::string_view("()-/.")) width[static_cast<unsigned char>(c)] = 1;
    for (int c = '0'; c <= '9'; ++c) width[c] = 1;
    for (int c = 'A'; c <= 'Z'; ++c) width[c] = width[c - 'A' + 'a'] = 1;
    for (int lead = 0xE4; lead <= 0xE9; ++lead) width[lead] = 3;  // U+4000 to U+9FFF
    return width;
}();

// Length of what normalise_key() keeps at the front.
std::size_t kept_run(std::string_view value) {
    std::size_t run = 0;
    while (run < value.size()) {
        const std::size_t width = kept_width[static_cast<unsigned char>(value[run])];
        if (width == 0 || run + width > value.size()) break;
        run += width;
    }
    return run;
}

}  // namespace

std::optional<std::uint16_t> Catalogue::find(std::string_view name) const {
    const auto found = names.find(column_name(name));
    if (found == names.end()) return std::nullopt;
    return found->second;
}

std::string Catalogue::rule_version() const {
    return id + "/" + std::to_string(version);
}

std::string column_name(std::string_view heading) {
    std::string out;
    while (!heading.empty()) {
        char32_t c = take_character(heading);
        if (c >= 0xFF01 && c <= 0xFF5E) c = c - 0xFF01 + 0x21;
        if (c >= 'a' && c <= 'z') c = c - 'a' + 'A';
        if (!is_blank(c)) append_character(out, c);
    }
    while (out.starts_with('*')) out.erase(0, 1);
    while (out.ends_with('*')) out.pop_back();
    return out;
}

std::string_view value_of(const Values& values, std::uint16_t field) {
    return field < values.size() ? std::string_view(values[field]) : std::string_view();
}

std::vector<std::string_view> items(const Field& field, std::string_view value) {
    std::vector<std::string_view> out;
    if (field.separator.empty()) {
        if (!trimmed(value).empty()) out.push_back(trimmed(value));
        return out;
    }
    while (!value.empty()) {
        std::size_t end = value.find(field.separator), width = field.separator.size();
        if (const std::size_t half = value.find(';'); field.separator == "；" && half < end)
            end = half, width = 1;
        if (const auto item = trimmed(value.substr(0, end)); !item.empty()) out.push_back(item);
        if (end == std::string_view::npos) break;
        value.remove_prefix(end + width);
    }
    return out;
}

bool holds(const Catalogue& catalogue, const Condition& condition, const Values& values) {
    const std::string_view value = trimmed(value_of(values, condition.field));
    if (condition.test == Condition::Test::equals) return value == condition.value;
    const Field& field = catalogue.fields[condition.field];
    if (field.type != FieldType::code_list) return value.find(condition.value) != std::string_view::npos;
    const auto all = items(field, value);
    return std::any_of(all.begin(), all.end(), [&](std::string_view item) {
        return item == condition.value || (condition.value == field.other && item.starts_with(field.other));
    });
}

bool is_required(const Catalogue& catalogue, const Field& field, const Values& values) {
    switch (field.need) {
        case Need::optional:
            return false;
        case Need::always:
            return true;
        case Need::when:
            return holds(catalogue, field.need_condition, values);
        case Need::unless:
            return !holds(catalogue, field.need_condition, values);
    }
    return false;
}

SubjectKind subject_kind(const Catalogue& catalogue, const Values& values) {
    const auto kind = trimmed(value_of(values, catalogue.subject.kind_field));
    return contains(catalogue.subject.organisation_kinds, kind) ? SubjectKind::organisation
                                                                : SubjectKind::person;
}

std::string_view subject_identifier(const Catalogue& catalogue, const Values& values) {
    const bool person = subject_kind(catalogue, values) == SubjectKind::person;
    return value_of(values,
                    person ? catalogue.subject.person_identifier : catalogue.subject.organisation_identifier);
}

std::uint16_t policy_of(const Catalogue& catalogue, const Values& values) {
    return subject_kind(catalogue, values) == SubjectKind::person ? catalogue.persons_policy
                                                                  : catalogue.organisations_policy;
}

std::string normalise_key(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (;;) {
        const std::size_t run = kept_run(value);
        out += value.substr(0, run);
        value.remove_prefix(run);
        if (value.empty()) break;
        char32_t c = take_character(value);
        if (c >= 0xFF01 && c <= 0xFF5E) c = c - 0xFF01 + 0x21;
        if (is_blank(c)) continue;
        if (is_bracket_open(c))
            c = '(';
        else if (is_bracket_close(c))
            c = ')';
        append_character(out, c);
    }
    return out;
}

RecordId record_id(const Catalogue& catalogue, const Values& values) {
    Writer framed;
    framed.bytes32(view(catalogue.id));
    for (const std::uint16_t field : catalogue.key)
        framed.bytes32(view(std::string_view(normalise_key(value_of(values, field)))));
    return hash<RecordId>("xw-record", {View(framed.bytes())});
}

}  // namespace xinwang
