// Reading a catalogue's TOML: the home of toml++ for catalogues.
#include <toml++/toml.h>
#include <algorithm>
#include <set>

#include "protocol/base/limits.h"
#include "protocol/catalogue.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

// One table of the text. The first thing wrong anywhere sticks in `first`; later reads go on with empty values,
// so that the code that reads says what a catalogue is and nothing else.
class Table {
  public:
    Table(const toml::table& table, std::string place, std::optional<Refusal>& first)
        : table_(table), place_(std::move(place)), first_(first) {}

    std::string text(const char* key, bool required) {
        const toml::node* node = get(key);
        if (node == nullptr) {
            if (required) wrong(key, "-", "text");
            return {};
        }
        return text_of(*node, key);
    }
    std::vector<std::string> texts(const char* key, std::size_t count_max) {
        std::vector<std::string> out;
        const toml::node* node = get(key);
        if (node == nullptr) return out;
        const toml::array* list = node->as_array();
        if (list == nullptr || list->size() > count_max) {
            wrong(key, list == nullptr ? "-" : std::to_string(list->size()),
                  "list <= " + std::to_string(count_max));
            return out;
        }
        for (const toml::node& item : *list) out.push_back(text_of(item, key));
        return out;
    }
    std::uint32_t number(const char* key, std::int64_t least, std::int64_t most, std::int64_t otherwise) {
        const toml::node* node = get(key);
        if (node == nullptr && otherwise >= 0) return static_cast<std::uint32_t>(otherwise);
        const auto value = node == nullptr ? std::optional<std::int64_t>() : node->value_exact<std::int64_t>();
        if (!value || *value < least || *value > most) {
            wrong(key, value ? std::to_string(*value) : "-",
                  std::to_string(least) + "-" + std::to_string(most));
            return 0;
        }
        return static_cast<std::uint32_t>(*value);
    }
    bool flag(const char* key) {
        const toml::node* node = get(key);
        if (node == nullptr) return false;
        const auto value = node->value_exact<bool>();
        if (!value) wrong(key, "-", "true, false");
        return value.value_or(false);
    }
    // nullptr when absent or not a table (then refused).
    const toml::table* table(const char* key) {
        const toml::node* node = get(key);
        if (node != nullptr && !node->is_table()) wrong(key, "-", "table");
        return node == nullptr ? nullptr : node->as_table();
    }
    const toml::array* tables(const char* key) {
        const toml::node* node = get(key);
        if (node == nullptr || !node->is_array_of_tables()) {
            wrong(key, "-", "[[" + std::string(key) + "]]");
            return nullptr;
        }
        return node->as_array();
    }
    // Call when everything known has been read.
    void nothing_else() {
        for (const auto& [key, node] : table_) {
            (void)node;
            if (!seen_.contains(std::string(key.str())))
                wrong(std::string(key.str()).c_str(), "?", "known key");
        }
    }
    void wrong(const char* key, std::string_view value, std::string_view expected) {
        if (!first_) first_ = Refusal(Code::catalogue_malformed, place_ + key, value, expected);
    }
    std::optional<Refusal>& first() { return first_; }
    const std::string& place() const { return place_; }

  private:
    const toml::node* get(const char* key) {
        seen_.insert(key);
        return table_.get(key);
    }
    std::string text_of(const toml::node& node, const char* key) {
        const auto value = node.value_exact<std::string>();
        if (!value || value->empty() || value->size() > limits::catalogue_text_bytes_max) {
            wrong(key, value ? *value : "-",
                  "text, 1-" + std::to_string(limits::catalogue_text_bytes_max) + " bytes");
            return {};
        }
        return *value;
    }
    const toml::table& table_;
    std::string place_;
    std::optional<Refusal>& first_;
    std::set<std::string> seen_;
};

bool made_of(std::string_view text, std::string_view allowed, std::size_t most) {
    return !text.empty() && text.size() <= most && text.find_first_not_of(allowed) == std::string_view::npos;
}

// What §14 of the regulation forbids to collect of a person. The phrases taken out first name institutions and
// goods, not persons.
constexpr std::string_view denied_basis = "征信业管理条例 §14";
constexpr std::string_view harmless[] = {"疾病预防控制", "宗教活动场所", "宗教事务",
                                         "宗教院校",     "宗教团体",     "转基因"};
constexpr std::string_view denied[] = {"宗教",    "基因",     "指纹",    "血型",        "疾病",
                                       "病史",    "RELIGION", "GENETIC", "FINGERPRINT", "BLOOD",
                                       "DISEASE", "MEDICAL",  "ILLNESS", "GENES"};

std::string_view denied_word(std::string_view name) {
    std::string folded = column_name(name);
    for (const auto phrase : harmless)
        for (std::size_t at; (at = folded.find(phrase)) != std::string::npos;) folded.erase(at, phrase.size());
    for (const auto word : denied)
        if (folded.find(word) != std::string::npos) return word;
    return {};
}

void refuse_denied(const Field& field, std::optional<Refusal>& first) {
    const auto look = [&](const std::string& name) {
        if (const auto word = denied_word(name); !word.empty() && !first)
            first = Refusal(Code::catalogue_denied_field, field.code + " " + name, word, denied_basis);
    };
    look(field.code);
    look(field.label);
    for (const auto& alias : field.aliases) look(alias);
}

// References between fields are resolved when all fields are known.
struct PendingCondition {
    std::string field, place;
    Condition condition;
};

PendingCondition read_condition(const toml::table& source, std::string place, std::optional<Refusal>& first) {
    Table in(source, place, first);
    PendingCondition out{in.text("field", true), place, {}};
    const std::string equals = in.text("equals", false), contains = in.text("contains", false);
    if (equals.empty() == contains.empty()) in.wrong("equals", "-", "equals | contains");
    out.condition.test = equals.empty() ? Condition::Test::contains : Condition::Test::equals;
    out.condition.value = equals.empty() ? contains : equals;
    in.nothing_else();
    return out;
}

FieldType read_type(Table& in) {
    const std::string name = in.text("type", true);
    static const std::pair<const char*, FieldType> types[] = {
        {"text", FieldType::text},
        {"date", FieldType::date},
        {"number", FieldType::number},
        {"code-list", FieldType::code_list},
        {"uscc", FieldType::uscc},
        {"organisation-code", FieldType::organisation_code},
        {"citizen-number", FieldType::citizen_number},
    };
    for (const auto& [known, type] : types)
        if (name == known) return type;
    in.wrong("type", name, "text, date, number, code-list, uscc, organisation-code, citizen-number");
    return FieldType::text;
}

struct PendingField {
    Field field;
    std::optional<PendingCondition> need, type_when;
};

void read_need(Table& in, PendingField& out) {
    const bool always = in.flag("required");
    const toml::table* when = in.table("required_if");
    const toml::table* unless = in.table("required_unless");
    if (always + (when != nullptr) + (unless != nullptr) > 1)
        in.wrong("required", "+", "one of the three rules");
    if (always) out.field.need = Need::always;
    if (when != nullptr) {
        out.field.need = Need::when;
        out.need = read_condition(*when, in.place() + "required_if.", in.first());
    }
    if (unless != nullptr) {
        out.field.need = Need::unless;
        out.need = read_condition(*unless, in.place() + "required_unless.", in.first());
    }
}

void read_type_rules(Table& in, PendingField& out) {
    Field& field = out.field;
    field.type = read_type(in);
    if (field.type == FieldType::number) {
        field.digits_max = static_cast<std::uint8_t>(in.number("digits", 1, 30, -1));
        field.decimals_max = static_cast<std::uint8_t>(in.number("decimals", 0, field.digits_max, 0));
        field.unit = in.text("unit", false);
    }
    if (field.type == FieldType::code_list) {
        field.values = in.texts("values", limits::catalogue_values_max);
        field.meanings = in.texts("meanings", limits::catalogue_values_max);
        field.other = in.text("other", false);
        field.separator = in.text("separator", false);
        if (field.values.empty()) in.wrong("values", "-", "1 or more");
        if (!field.meanings.empty() && field.meanings.size() != field.values.size())
            in.wrong("meanings", std::to_string(field.meanings.size()), std::to_string(field.values.size()));
    }
    if (field.type == FieldType::date) field.past = in.flag("past");
    if (field.type == FieldType::uscc) field.placeholder = in.flag("placeholder");
    if (const toml::table* when = in.table("type_when"))
        out.type_when = read_condition(*when, in.place() + "type_when.", in.first());
}

std::uint32_t natural_length(FieldType type) {
    switch (type) {
        case FieldType::date:
            return 10;
        case FieldType::uscc:
        case FieldType::citizen_number:
            return 18;
        case FieldType::organisation_code:
            return 9;
        case FieldType::text:
        case FieldType::number:
        case FieldType::code_list:
            return 0;
    }
    return 0;
}

PendingField read_field(const toml::table& source, std::size_t at, std::optional<Refusal>& first) {
    PendingField out;
    Field& field = out.field;
    Table in(source, "field[" + std::to_string(at + 1) + "].", first);
    field.code = in.text("code", true);
    if (!made_of(field.code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", 32))
        in.wrong("code", field.code, "A-Z 0-9 _, 1-32");
    field.label = in.text("label", true);
    field.aliases = in.texts("aliases", limits::catalogue_names_max);
    read_type_rules(in, out);
    const std::uint32_t natural = natural_length(field.type);
    const std::int64_t otherwise = natural != 0 ? natural : field.type == FieldType::number ? 64 : -1;
    field.characters_max = in.number("length", 1, 20'000, otherwise);
    read_need(in, out);
    field.personal = in.flag("personal");
    field.identity = in.flag("identity");
    field.leave_empty = in.flag("leave_empty");
    in.nothing_else();
    refuse_denied(field, first);
    return out;
}

// The catalogue under construction, with the names that fields may be referred to by.
class Builder {
  public:
    Builder(Catalogue& catalogue, std::optional<Refusal>& first) : catalogue_(catalogue), first_(first) {}

    void name(const std::string& given, std::uint16_t field) {
        const std::string folded = column_name(given);
        const auto [at, fresh] = catalogue_.names.emplace(folded, field);
        if (!fresh && at->second != field && !first_)
            first_ = Refusal(Code::catalogue_duplicate, catalogue_.fields[field].code, given,
                             catalogue_.fields[at->second].code);
    }
    std::uint16_t by_code(const std::string& code, const std::string& place) {
        for (std::size_t i = 0; i < catalogue_.fields.size(); ++i)
            if (catalogue_.fields[i].code == code) return static_cast<std::uint16_t>(i);
        if (!first_) first_ = Refusal(Code::catalogue_unknown_field, place, code, "field.code");
        return 0;
    }
    Condition resolve(const PendingCondition& pending) {
        Condition out = pending.condition;
        out.field = by_code(pending.field, pending.place + "field");
        return out;
    }

  private:
    Catalogue& catalogue_;
    std::optional<Refusal>& first_;
};

void read_fields(Table& top, Catalogue& catalogue, std::optional<Refusal>& first) {
    const toml::array* list = top.tables("field");
    if (list == nullptr) return;
    if (list->size() > limits::catalogue_fields_max) {
        top.wrong("field", std::to_string(list->size()), std::to_string(limits::catalogue_fields_max));
        return;
    }
    std::vector<PendingField> pending;
    for (const toml::node& node : *list) {
        pending.push_back(read_field(*node.as_table(), pending.size(), first));
        catalogue.fields.push_back(pending.back().field);
    }
    Builder builder(catalogue, first);
    std::set<std::string> codes;
    for (std::uint16_t i = 0; i < pending.size(); ++i) {
        Field& field = catalogue.fields[i];
        if (!codes.insert(field.code).second && !first)
            first = Refusal(Code::catalogue_duplicate, field.code, field.code, field.code);
        builder.name(field.code, i);
        builder.name(field.label, i);
        for (const auto& alias : field.aliases) builder.name(alias, i);
        if (pending[i].need) field.need_condition = builder.resolve(*pending[i].need);
        if (pending[i].type_when) field.type_when = builder.resolve(*pending[i].type_when);
    }
}

void read_subject(Table& top, Catalogue& catalogue, std::optional<Refusal>& first) {
    const toml::table* source = top.table("subject");
    if (source == nullptr) return top.wrong("subject", "-", "table");
    Builder builder(catalogue, first);
    Table in(*source, "subject.", first);
    SubjectRule& rule = catalogue.subject;
    rule.kind_field = builder.by_code(in.text("kind", true), "subject.kind");
    rule.organisation_kinds = in.texts("organisations", limits::catalogue_names_max);
    rule.person_kinds = in.texts("persons", limits::catalogue_names_max);
    rule.organisation_identifier =
        builder.by_code(in.text("organisation_identifier", true), "subject.organisation_identifier");
    rule.person_identifier = builder.by_code(in.text("person_identifier", true), "subject.person_identifier");
    in.nothing_else();
    if (!first && catalogue.fields[rule.kind_field].need != Need::always)
        in.wrong("kind", catalogue.fields[rule.kind_field].code, "required = true");
    for (const auto& kind : rule.person_kinds)
        if (std::count(rule.organisation_kinds.begin(), rule.organisation_kinds.end(), kind) != 0)
            in.wrong("persons", kind, "either organisation or person");
}

std::uint16_t read_tiers(Table& in, const char* key) {
    std::uint16_t mask = 0;
    for (const auto& tier : in.texts(key, 4)) {
        const char* names[] = {"city", "county", "township", "village"};
        const auto at = std::find(std::begin(names), std::end(names), tier) - std::begin(names);
        if (at == 4) in.wrong(key, tier, "city, county, township, village");
        mask = static_cast<std::uint16_t>(mask | (1u << (at & 3)));
    }
    if ((mask & audience_city) == 0) in.wrong(key, "-", "city, ...");
    return mask;
}

void read_audience(Table& top, Catalogue& catalogue, std::optional<Refusal>& first) {
    const toml::table* source = top.table("audience");
    if (source == nullptr) return top.wrong("audience", "-", "table");
    Table in(*source, "audience.", first);
    catalogue.organisations_policy = read_tiers(in, "organisations");
    catalogue.persons_policy = read_tiers(in, "persons");
    // Persons' records are for nobody who may not read organisations' records of the same catalogue.
    if ((catalogue.persons_policy & ~catalogue.organisations_policy) != 0)
        in.wrong("persons", "-", "part of audience.organisations");
    in.nothing_else();
}

void read_retention(Table& top, Catalogue& catalogue, std::optional<Refusal>& first) {
    const toml::table* source = top.table("retention");
    if (source == nullptr) return;
    Builder builder(catalogue, first);
    Table in(*source, "retention.", first);
    Retention& rule = catalogue.retention;
    const auto date_field = [&](const std::string& code, const char* key) {
        const std::uint16_t field = builder.by_code(code, std::string("retention.") + key);
        if (!first && catalogue.fields[field].type != FieldType::date) in.wrong(key, code, "type = \"date\"");
        return field;
    };
    for (const auto& code : in.texts("publication_ends", 8))
        rule.publication_ends.push_back(date_field(code, "publication_ends"));
    const std::string from = in.text("persons_from", false);
    if (!from.empty()) rule.persons_from = date_field(from, "persons_from");
    rule.persons_years = in.number("persons_years", 1, 100, 0);
    if (from.empty() != (rule.persons_years == 0))
        in.wrong("persons_from", from, "together with persons_years");
    in.nothing_else();
}

void read_references(Table& top, Catalogue& catalogue, std::optional<Refusal>& first) {
    Builder builder(catalogue, first);
    for (const auto& code : top.texts("key", 8)) catalogue.key.push_back(builder.by_code(code, "key"));
    if (catalogue.key.empty()) top.wrong("key", "-", "1-8");
    catalogue.decision_date = builder.by_code(top.text("decision_date", true), "decision_date");
    if (first) return;
    if (catalogue.fields[catalogue.decision_date].type != FieldType::date)
        top.wrong("decision_date", catalogue.fields[catalogue.decision_date].code, "type = \"date\"");
    for (const std::uint16_t i : catalogue.key) {
        if (catalogue.fields[i].need != Need::always)
            top.wrong("key", catalogue.fields[i].code, "required = true");
        catalogue.fields[i].identity = true;
    }
}

void read_names(Table& top, Catalogue& catalogue, std::optional<Refusal>& first) {
    for (const auto& name : top.texts("dropped", limits::catalogue_names_max)) {
        const std::string folded = column_name(name);
        if (const auto used = catalogue.names.find(folded); used != catalogue.names.end() && !first)
            first = Refusal(Code::catalogue_duplicate, "dropped", name, catalogue.fields[used->second].code);
        catalogue.dropped.push_back(folded);
    }
    for (const auto& prefix : top.texts("uscc_prefixes", 961))
        if (!catalogue.prefixes.add(prefix)) top.wrong("uscc_prefixes", prefix, "2 characters of GB 32100");
    if (catalogue.prefixes.empty()) catalogue.prefixes = UsccPrefixes::documented();
}

Result<Catalogue> read_catalogue(const toml::table& source) {
    std::optional<Refusal> first;
    Catalogue out;
    Table top(source, "", first);
    out.id = top.text("id", true);
    if (!made_of(out.id, "abcdefghijklmnopqrstuvwxyz0123456789-", 16))
        top.wrong("id", out.id, "a-z 0-9 -, 1-16");
    out.version = top.number("version", 1, 1'000'000'000, -1);
    out.title_zh = top.text("title_zh", true);
    out.title_en = top.text("title_en", true);
    out.openness = static_cast<std::uint8_t>(top.number("openness", 1, 3, -1));
    out.legal_basis = top.text("legal_basis", true);
    out.due_working_days = top.number("due_working_days", 1, 366, -1);
    read_fields(top, out, first);
    if (out.fields.empty()) return tl::unexpected(*first);
    read_references(top, out, first);
    read_subject(top, out, first);
    read_audience(top, out, first);
    read_retention(top, out, first);
    read_names(top, out, first);
    top.nothing_else();
    if (first) return tl::unexpected(*first);
    out.fields[out.subject.organisation_identifier].identity = true;
    out.fields[out.subject.person_identifier].identity = true;
    return out;
}

}  // namespace

Result<Catalogue> parse_catalogue(std::string_view source) {
    if (source.size() > limits::catalogue_bytes_max)
        return refuse(Code::too_large, "catalogue", std::to_string(source.size()),
                      std::to_string(limits::catalogue_bytes_max));
    if (!valid_utf8(source)) return refuse(Code::bad_text, "catalogue", {}, "UTF-8");
    // The library's one way to refuse is to throw; it goes no further than this.
    try {
        return read_catalogue(toml::parse(source));
    } catch (const toml::parse_error& error) {
        return refuse(Code::catalogue_malformed, "line " + std::to_string(error.source().begin.line),
                      error.description(), "TOML 1.0");
    }
}

}  // namespace xinwang
