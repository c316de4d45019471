#include "protocol/row.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/limits.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

bool ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string shown_values(const Field& field) {
    std::string out;
    for (std::size_t i = 0; i < field.values.size() && out.size() < limits::refusal_value_bytes_max; ++i) {
        if (i != 0) out += "；";
        out += field.values[i];
        if (i < field.meanings.size()) out += " " + field.meanings[i];
    }
    if (!field.other.empty()) out += "；" + field.other + "…";
    return out;
}

// One field's rules applied to one value.
class Check {
  public:
    Check(const Catalogue& catalogue, std::uint16_t at, const Values& values, std::uint32_t today,
          std::vector<RowFinding>& out)
        : catalogue_(catalogue),
          field_(catalogue.fields[at]),
          value_(value_of(values, at)),
          values_(values),
          today_(today),
          out_(out) {}

    void missing() { say(Severity::refusal, Code::field_missing, {}, need_text()); }
    void present() {
        if (field_.leave_empty) say(Severity::warning, Code::field_leave_empty, {}, catalogue_.legal_basis);
        const std::size_t length = ascii(value_) ? value_.size() : characters(value_);
        const bool typed = !field_.type_when || holds(catalogue_, *field_.type_when, values_);
        if (length > field_.characters_max && !(typed && fixed_length()))
            return say(Severity::refusal, Code::field_too_long, std::to_string(length),
                       std::to_string(field_.characters_max));
        if (!characters_allowed()) return;
        if (typed) type();
    }

  private:
    bool fixed_length() const {
        return field_.type == FieldType::uscc || field_.type == FieldType::organisation_code ||
               field_.type == FieldType::citizen_number || field_.type == FieldType::date;
    }
    std::string name() const { return field_.label + "(" + field_.code + ")"; }
    void say(Severity severity, Code code, std::string_view value, std::string_view limit) {
        out_.push_back({severity, field_.code, Refusal(code, name(), value, limit)});
    }
    void keep(Result<void> result) {
        if (!result) out_.push_back({Severity::refusal, field_.code, std::move(result.error())});
    }
    std::string need_text() const {
        if (field_.need == Need::always) return "必填";
        const Field& other = catalogue_.fields[field_.need_condition.field];
        const char* relation = field_.need_condition.test == Condition::Test::equals ? "=" : "∋";
        return fmt::format("{}{}{}{}", field_.need == Need::unless ? "≠ " : "", other.label, relation,
                           field_.need_condition.value);
    }

    // Looks at the characters; false when the field is refused for one of them.
    bool characters_allowed() {
        if (std::none_of(value_.begin(), value_.end(), suspicious)) return true;
        bool warned = false;
        for (std::string_view rest = value_; !rest.empty();) {
            const char32_t c = take_character(rest);
            const std::string point = fmt::format("U+{:04X}", static_cast<std::uint32_t>(c));
            if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
                say(Severity::refusal, Code::field_control_character, value_, point);
                return false;
            }
            if (!is_private(c) || warned) continue;
            warned = true;
            say(field_.identity ? Severity::refusal : Severity::warning, Code::field_private_character, value_,
                point);
            if (field_.identity) return false;
        }
        return true;
    }
    // Bytes that can begin a control character, U+E000..U+FFFF or a plane above the supplementary ones in use.
    static bool suspicious(char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || byte == 0xEE || byte == 0xEF || byte >= 0xF3;
    }

    void type() {
        switch (field_.type) {
            case FieldType::text:
                return;
            case FieldType::date:
                return date();
            case FieldType::number:
                return number();
            case FieldType::code_list:
                return code_list();
            case FieldType::uscc:
                return uscc();
            case FieldType::organisation_code:
                return keep(check_organisation_code(value_, name()));
            case FieldType::citizen_number:
                return keep(check_citizen_number(value_, name(), today_));
        }
    }
    void uscc() {
        auto result = check_uscc(value_, name(), catalogue_.prefixes,
                                 field_.placeholder ? Placeholder::allowed : Placeholder::refused);
        if (!result)
            out_.push_back({Severity::refusal, field_.code, std::move(result.error())});
        else if (*result)
            out_.push_back({Severity::warning, field_.code, std::move(**result)});
    }
    void date() {
        const auto parsed = parse_date(value_, name());
        if (!parsed) return keep(tl::unexpected(parsed.error()));
        if (field_.past && today_ != 0 && *parsed > today_)
            say(Severity::refusal, Code::date_in_future, value_, date_text(today_));
    }
    // [digits][.digits], no sign: amounts of money are never negative.
    void number() {
        const std::size_t point = std::min(value_.find('.'), value_.size());
        const std::string_view whole = value_.substr(0, point);
        const std::string_view decimals = point < value_.size() ? value_.substr(point + 1) : std::string_view();
        const auto digits = [](std::string_view t) {
            return std::all_of(t.begin(), t.end(), [](char c) { return c >= '0' && c <= '9'; });
        };
        const bool form = !whole.empty() && digits(whole) && digits(decimals) &&
                          (point == value_.size() || !decimals.empty());
        const std::size_t whole_max = static_cast<std::size_t>(field_.digits_max - field_.decimals_max);
        if (form && whole.size() <= whole_max && decimals.size() <= field_.decimals_max) return;
        say(Severity::refusal, Code::field_not_number, value_,
            fmt::format("N{},{}{}{}", field_.digits_max, field_.decimals_max, field_.unit.empty() ? "" : " ",
                        field_.unit));
    }
    void code_list() {
        for (const std::string_view item : items(field_, value_)) {
            const bool other =
                !field_.other.empty() && item.size() > field_.other.size() && item.starts_with(field_.other);
            if (other || std::find(field_.values.begin(), field_.values.end(), item) != field_.values.end())
                continue;
            return say(Severity::refusal, Code::field_not_in_list, item, shown_values(field_));
        }
    }

    const Catalogue& catalogue_;
    const Field& field_;
    const std::string_view value_;
    const Values& values_;
    const std::uint32_t today_;
    std::vector<RowFinding>& out_;
};

// What an entry of these values takes when encoded, from above.
std::size_t entry_bytes(const Values& values) {
    std::size_t bytes = 256;
    for (const auto& value : values) bytes += value.size() + 5;
    return bytes;
}

void refuse_size(const Values& values, RowVerdict& verdict) {
    if (const std::size_t bytes = entry_bytes(values); bytes > limits::entry_bytes_max)
        verdict.findings.push_back(
            {Severity::refusal, "",
             Refusal(Code::row_too_large, {}, std::to_string(bytes), std::to_string(limits::entry_bytes_max))});
}

// Documents other than the citizen number have no form of their own, but an index must hold them.
void refuse_subject(const Catalogue& catalogue, const Values& values, RowVerdict& verdict) {
    const std::string_view subject = subject_identifier(catalogue, values);
    if (subject.size() <= limits::subject_bytes_max || !verdict.accepted()) return;
    const bool person = subject_kind(catalogue, values) == SubjectKind::person;
    const Field& field =
        catalogue
            .fields[person ? catalogue.subject.person_identifier : catalogue.subject.organisation_identifier];
    verdict.findings.push_back({Severity::refusal, field.code,
                                Refusal(Code::identifier_length, field.label + "(" + field.code + ")", subject,
                                        fmt::format("1-{} bytes", limits::subject_bytes_max))});
}

}  // namespace

bool RowVerdict::accepted() const {
    return std::none_of(findings.begin(), findings.end(),
                        [](const RowFinding& f) { return f.severity == Severity::refusal; });
}

void normalise_row(const Catalogue& catalogue, Values& values) {
    values.resize(catalogue.fields.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::string& value = values[i];
        if (value.empty()) continue;
        if (const auto core = trimmed(value); core.size() != value.size()) value = std::string(core);
        switch (catalogue.fields[i].type) {
            case FieldType::text:
            case FieldType::code_list:
                break;
            case FieldType::number:
                if (!ascii(value)) value = half_width(value);
                break;
            case FieldType::date:
                if (!ascii(value)) value = half_width(value);
                if (const auto date = parse_date(value, {})) value = date_text(*date);
                break;
            case FieldType::uscc:
            case FieldType::organisation_code:
            case FieldType::citizen_number:
                value = normalise_identifier(value);
                break;
        }
    }
}

RowVerdict validate(const Catalogue& catalogue, const Values& values, std::uint32_t today) {
    RowVerdict verdict;
    if (values.size() != catalogue.fields.size()) {
        verdict.findings.push_back({Severity::refusal, "",
                                    Refusal(Code::row_wrong_width, {}, std::to_string(values.size()),
                                            std::to_string(catalogue.fields.size()))});
        return verdict;
    }
    for (std::uint16_t i = 0; i < catalogue.fields.size(); ++i) {
        Check check(catalogue, i, values, today, verdict.findings);
        if (!values[i].empty())
            check.present();
        else if (is_required(catalogue, catalogue.fields[i], values))
            check.missing();
    }
    refuse_subject(catalogue, values, verdict);
    refuse_size(values, verdict);
    return verdict;
}

RowVerdict validate_only(const Catalogue& catalogue, std::span<const std::uint16_t> fields,
                         const Values& values, std::uint32_t today) {
    RowVerdict verdict;
    for (const std::uint16_t i : fields) {
        Check check(catalogue, i, values, today, verdict.findings);
        if (value_of(values, i).empty())
            check.missing();
        else
            check.present();
    }
    refuse_size(values, verdict);
    return verdict;
}

}  // namespace xinwang
