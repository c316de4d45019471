// A catalogue: the fields of one kind of record and the rules that its rows obey. A catalogue is data: a TOML
// text (format: deploy/catalogues/README.md), versioned and signed by the city, in force without a new
// binary.
//
// `parse_catalogue` is the only way in: bounded, strict (an unknown key is refused, so that a misspelt rule
// cannot silently be none), and it refuses every catalogue that collects data which may never be collected
// about a person (征信业管理条例 §14). After that every reference between fields is an index that holds. Pure;
// a Catalogue is a plain value and may be shared between threads once parsed.
#pragma once

#include <unordered_map>

#include "protocol/base/ids.h"
#include "protocol/identifiers.h"

namespace xinwang {

enum class FieldType : std::uint8_t {
    text,
    date,
    number,
    code_list,
    uscc,
    organisation_code,
    citizen_number,
};

// A statement about another field of the same row. `contains` on a code list of several items means that one of
// the items is the value (or, for the value of an open item, begins with it).
struct Condition {
    enum class Test : std::uint8_t { equals, contains };
    std::uint16_t field = 0;
    Test test = Test::equals;
    std::string value;
    bool operator==(const Condition&) const = default;
};

enum class Need : std::uint8_t { optional, always, when, unless };

struct Field {
    std::string code;   // XK_XDR_MC
    std::string label;  // 行政相对人名称
    std::vector<std::string> aliases;
    FieldType type = FieldType::text;
    std::uint32_t characters_max = 0;
    std::uint8_t digits_max = 0, decimals_max = 0;  // number: N18,6 is 18 digits in all, 6 after the point
    std::string unit;                               // number: 万元
    Need need = Need::optional;
    Condition need_condition;            // for when and unless
    std::optional<Condition> type_when;  // the type is checked only when this holds; else plain text
    std::vector<std::string> values;     // code_list
    std::vector<std::string> meanings;   // of the values, for display; empty or as many as the values
    std::string other;                   // code_list: an item that begins so (其他-) is allowed
    std::string separator;               // code_list: several items joined by it
    bool personal = false;               // personal information: never in a log line or a public view
    bool identity = false;               // takes part in recognising the record or its subject
    bool past = false;                   // a date that cannot be later than today
    bool placeholder = false;            // uscc: 00000000000000000X is accepted
    bool leave_empty = false;            // staff are told not to fill it: a warning when they do
    bool operator==(const Field&) const = default;
};

enum class SubjectKind : std::uint8_t { organisation, person };

struct SubjectRule {
    std::uint16_t kind_field = 0;
    std::vector<std::string> organisation_kinds, person_kinds;  // values of kind_field
    std::uint16_t organisation_identifier = 0, person_identifier = 0;
    bool operator==(const SubjectRule&) const = default;
};

// How long a record is kept (expiry.h). Without ends and years: for ever.
struct Retention {
    std::vector<std::uint16_t> publication_ends;  // date fields; the first filled one counts
    std::uint16_t persons_from = 0;               // date field
    std::uint32_t persons_years = 0;              // 0: persons' records follow publication_ends too
    bool operator==(const Retention&) const = default;
};

// The audience tiers that may read: bits of a batch's policy.
inline constexpr std::uint16_t audience_city = 1, audience_county = 2, audience_township = 4,
                               audience_village = 8;

struct Catalogue {
    std::string id;  // "xzxk"
    std::uint32_t version = 0;
    std::string title_zh, title_en;
    std::uint8_t openness = 0;  // 1 社会公开, 2 政务共享, 3 授权查询
    std::string legal_basis;
    std::uint32_t due_working_days = 0;
    std::vector<Field> fields;
    std::vector<std::uint16_t> key;  // natural key: fields that together name one record
    SubjectRule subject;
    std::uint16_t decision_date = 0;
    std::uint16_t organisations_policy = 0, persons_policy = 0;
    Retention retention;
    std::vector<std::string> dropped;  // columns of older layouts that have no field here
    UsccPrefixes prefixes;
    std::unordered_map<std::string, std::uint16_t> names;  // normalised code, label and alias -> field

    // The field that a code, label or alias (normalised by column_name) stands for.
    std::optional<std::uint16_t> find(std::string_view name) const;
    // "xzxk/1", the rule version of a verdict
    std::string rule_version() const;
    bool operator==(const Catalogue&) const = default;
};

// Parses and checks the whole text; refuses at the first fault and names its place in the text.
Result<Catalogue> parse_catalogue(std::string_view toml);

// A heading in the form in which headings are compared: half-width, without blanks, upper case, without the
// asterisk that templates put at required columns.
std::string column_name(std::string_view heading);

// Values stand in the catalogue's field order; a missing tail counts as empty.
using Values = std::vector<std::string>;
std::string_view value_of(const Values& values, std::uint16_t field);
bool holds(const Catalogue& catalogue, const Condition& condition, const Values& values);
bool is_required(const Catalogue& catalogue, const Field& field, const Values& values);
// The items of a code list's value, blanks trimmed; the half-width semicolon stands for the full-width one.
std::vector<std::string_view> items(const Field& field, std::string_view value);

// Person unless the row says organisation: a subject of unknown kind gets the narrower audience.
SubjectKind subject_kind(const Catalogue& catalogue, const Values& values);
std::string_view subject_identifier(const Catalogue& catalogue, const Values& values);
std::uint16_t policy_of(const Catalogue& catalogue, const Values& values);

// A key value in the form in which key values are compared: half-width, no blanks, every bracket a round one.
// So 保市监〔2026〕1号, 保市监[2026]1号 and 保市监（2026） 1号 are one document.
std::string normalise_key(std::string_view value);
// BLAKE2b-128 of "xw-record" | catalogue id | normalised key values, each behind its u32 length.
RecordId record_id(const Catalogue& catalogue, const Values& values);

}  // namespace xinwang
