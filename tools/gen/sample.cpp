#include "tools/gen/sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/identifiers.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

// splitmix64: small, seedable at any index, the same everywhere.
class Dice {
  public:
    Dice(std::uint64_t seed, std::uint64_t index)
        : state_(seed * 0x9E3779B97F4A7C15ull ^ (index + 1) * 0xD1B54A32D192ED03ull) {}
    std::uint64_t roll() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    std::uint32_t below(std::uint64_t n) { return static_cast<std::uint32_t>(roll() % n); }
    bool percent(std::uint32_t p) { return below(100) < p; }
    template <std::size_t N>
    const char* pick(const char* const (&list)[N]) {
        return list[below(N)];
    }

  private:
    std::uint64_t state_;
};

constexpr const char* surnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "郞", "镕"};
constexpr const char* given[] = {"伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "建国", "玉兰", "洋", "喆"};
constexpr const char* places[] = {"莲池", "竞秀", "满城", "清苑", "徐水", "涞水", "阜平", "定兴",
                                  "唐县", "高阳", "涞源", "望都", "易县", "曲阳", "蠡县", "顺平"};
constexpr const char* trades[] = {"机械制造", "食品",     "建筑工程", "物流",
                                  "药业",     "农业科技", "餐饮服务", "纺织"};
constexpr const char* words[] = {"依法",   "经审查",   "符合", "规定的", "条件",     "准予",
                                 "从事",   "经营活动", "有关", "材料",   "现场核查", "申请人",
                                 "提交的", "有效期内", "按照", "要求",   "执行",     "备案"};
// 54, 55 and N2 stand for the village tier, which vendor patterns refuse.
constexpr const char* prefixes[] = {"91", "91", "91", "91", "92", "92", "93", "12", "51", "54", "55", "N2"};

std::string division6(const SampleOptions& options) {
    std::string six = options.division.substr(0, 6);
    six.resize(6, '0');
    return six;
}

std::string organisation_code(Dice& dice) {
    constexpr std::string_view letters = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    std::string code = dice.percent(80) ? "MA" : "ME";
    while (code.size() < 8) code.push_back(letters[dice.below(letters.size())]);
    return code + *organisation_check_digit(code);
}
std::string uscc(Dice& dice, const char* prefix, const SampleOptions& options) {
    std::string code = prefix + division6(options) + organisation_code(dice);
    return code + *uscc_check_digit(code);
}
std::uint32_t day_before(Dice& dice, std::uint32_t today, std::uint32_t years) {
    const std::uint32_t year = today / 10000 - 1 - dice.below(years);
    return year * 10000 + (1 + dice.below(12)) * 100 + 1 + dice.below(28);
}
// Sequences from 990 on are given to no one.
std::string citizen(Dice& dice, const SampleOptions& options) {
    std::string number =
        fmt::format("{}{}99{}", division6(options), day_before(dice, 20000101, 40), dice.below(10));
    return number + *citizen_check_digit(number);
}

std::string person_name(Dice& dice) {
    return std::string(dice.pick(surnames)) + dice.pick(given);
}
std::string organisation_name(Dice& dice, std::uint64_t index) {
    return fmt::format("保定市{}区{}{}有限公司第{}分公司", dice.pick(places), person_name(dice),
                       dice.pick(trades), index + 1);
}
std::string prose(Dice& dice, std::size_t length, std::size_t most) {
    std::string out;
    std::size_t count = 0;
    while (count < std::min(length, most)) {
        const std::string_view word = dice.pick(words);
        if (count + characters(word) > most) break;
        out += word;
        count += characters(word);
    }
    return out;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Draws the values of one row, field by field in the catalogue's order.
class Draw {
    static constexpr std::uint32_t long_text = 1000;
    static constexpr std::size_t prose_characters = 68;

  public:
    Draw(const Catalogue& catalogue, const SampleOptions& options, std::uint64_t index)
        : catalogue_(catalogue),
          options_(options),
          index_(index),
          dice_(options.seed, index),
          values_(catalogue.fields.size()) {}

    Values values() {
        person_ = dice_.percent(options_.persons_percent) && !catalogue_.subject.person_kinds.empty();
        decided_ = day_before(dice_, options_.today, 2);
        body_ = dice_.below(std::size(places));
        const auto& kinds = person_ ? catalogue_.subject.person_kinds : catalogue_.subject.organisation_kinds;
        values_[catalogue_.subject.kind_field] = kinds[dice_.percent(80) ? 0 : dice_.below(kinds.size())];
        for (std::uint16_t i = 0; i < values_.size(); ++i)
            if (i != catalogue_.subject.kind_field && catalogue_.fields[i].type == FieldType::code_list)
                values_[i] = value(catalogue_.fields[i], i);
        for (std::uint16_t i = 0; i < values_.size(); ++i)
            if (values_[i].empty() && is_required(catalogue_, catalogue_.fields[i], values_))
                values_[i] = value(catalogue_.fields[i], i);
        return std::move(values_);
    }
    Dice& dice() { return dice_; }

  private:
    std::string value(const Field& field, std::uint16_t at) {
        switch (field.type) {
            case FieldType::text:
                return text(field, at);
            case FieldType::date:
                return date_text(date(field, at));
            case FieldType::number:
                return fmt::format("{}.{}", dice_.below(90) + 1,
                                   field.decimals_max == 0 ? 0u : dice_.below(9) + 1);
            case FieldType::code_list:
                return field.values[dice_.below(field.values.size())];
            case FieldType::uscc: {
                const bool own = at == catalogue_.subject.organisation_identifier;
                if (own && options_.subjects > 0) {
                    Dice subject(options_.seed ^ 0x5B1EC7, index_ % options_.subjects);
                    return uscc(subject, subject.pick(prefixes), options_);
                }
                if (own) return uscc(dice_, dice_.pick(prefixes), options_);
                Dice body(0xB0D1E5, body_);  // a deciding body has one code
                return uscc(body, "11", options_);
            }
            case FieldType::organisation_code:
                return organisation_code(dice_);
            case FieldType::citizen_number:
                return citizen(dice_, options_);
        }
        return {};
    }
    std::uint32_t date(const Field& field, std::uint16_t at) {
        if (at == catalogue_.decision_date || field.past || has(field.label, "自")) return decided_;
        return dice_.percent(30) ? long_term : decided_ + (1 + dice_.below(5)) * 10000;
    }
    // Required fields that hold prose share what makes a record about 540 bytes.
    std::size_t long_fields() const {
        return static_cast<std::size_t>(
            1 + std::count_if(catalogue_.fields.begin(), catalogue_.fields.end(), [](const Field& f) {
                return f.type == FieldType::text && f.need == Need::always && f.characters_max >= long_text;
            }));
    }
    std::string text(const Field& field, std::uint16_t at) {
        const bool key = std::find(catalogue_.key.begin(), catalogue_.key.end(), at) != catalogue_.key.end();
        if (has(field.label, "文号") || has(field.label, "文书号"))
            return fmt::format("（{}）审批许字〔{}〕第{}号", dice_.pick(places), decided_ / 10000, index_ + 1);
        if (has(field.label, "证件类型")) return "身份证";
        if (has(field.label, "名称") && key)
            return person_ ? person_name(dice_) : organisation_name(dice_, index_);
        if (has(field.label, "代表人")) return person_name(dice_);
        if (has(field.label, "机关") || has(field.label, "单位"))
            return fmt::format("保定市{}区行政审批局", places[body_]);
        return prose(dice_,
                     field.characters_max >= long_text ? prose_characters / long_fields() + dice_.below(16) : 8,
                     field.characters_max);
    }

    const Catalogue& catalogue_;
    const SampleOptions& options_;
    const std::uint64_t index_;
    Dice dice_;
    Values values_;
    bool person_ = false;
    std::size_t body_ = 0;
    std::uint32_t decided_ = 0;
};

// The ways to spoil one field, each with the refusal that it must meet.
std::vector<std::pair<Code, std::string>> spoils(const Field& field, const std::string& good,
                                                 std::uint32_t today) {
    std::vector<std::pair<Code, std::string>> out;
    const auto changed = [&](std::size_t at, char to) {
        std::string bad = good;
        bad[at] = bad[at] == to ? static_cast<char>(to + 1) : to;
        return bad;
    };
    switch (field.type) {
        case FieldType::uscc:
            out = {{Code::check_digit, changed(17, '1')},
                   {Code::identifier_length, good.substr(1)},
                   {Code::identifier_character, good.substr(0, 9) + "I" + good.substr(10)},
                   {Code::uscc_prefix, "99" + good.substr(2)}};
            break;
        case FieldType::citizen_number:
            out = {{Code::check_digit, changed(17, '1')}, {Code::identifier_length, good.substr(0, 15)}};
            break;
        case FieldType::date:
            out = {{Code::date_form, "近期"}, {Code::date_missing_from_calendar, "2026/02/30"}};
            if (field.past) out.emplace_back(Code::date_in_future, date_text(today + 10000));
            break;
        case FieldType::number:
            out = {{Code::field_not_number, "五万元"}, {Code::field_not_number, "1.2345678"}};
            break;
        case FieldType::code_list:
            out = {{Code::field_not_in_list, "9"}};
            break;
        case FieldType::text:
            if (field.characters_max <= 200) {
                std::string filler;
                for (std::uint32_t i = 0; i < field.characters_max; ++i) filler += "长";
                out = {{Code::field_too_long, good + filler}};
            }
            break;
        case FieldType::organisation_code:
            break;
    }
    if (field.need == Need::always) out.emplace_back(Code::field_missing, "");
    return out;
}

Defect spoil(const Catalogue& catalogue, Dice& dice, std::uint32_t today, Values& values) {
    for (;;) {
        const std::uint32_t at = dice.below(values.size());
        const Field& field = catalogue.fields[at];
        // The subject's kind decides what else is wrong: left alone, so that each bad row is bad in one way.
        if (values[at].empty() || at == catalogue.subject.kind_field) continue;
        const auto ways = spoils(field, values[at], today);
        if (ways.empty()) continue;
        const auto& [code, bad] = ways[dice.below(ways.size())];
        // A required-if of another field may hang on a code list: an empty one is enough.
        values[at] = bad;
        return {field.code, code};
    }
}

}  // namespace

SampleRow Sampler::row(std::uint64_t index) const {
    Draw draw(catalogue_, options_, index);
    SampleRow out{draw.values(), std::nullopt};
    if (draw.dice().percent(options_.bad_percent))
        out.defect = spoil(catalogue_, draw.dice(), options_.today, out.values);
    return out;
}

Entry Sampler::entry(std::uint64_t index) const {
    Entry out;
    out.fields = Draw(catalogue_, options_, index).values();
    out.record = record_id(catalogue_, out.fields);
    out.subject = std::string(subject_identifier(catalogue_, out.fields));
    out.date = parse_date(out.fields[catalogue_.decision_date], {}).value_or(0);
    out.row = static_cast<std::uint32_t>(index + 1);
    out.catalogue = catalogue_.id;
    out.catalogue_version = catalogue_.version;
    return out;
}

std::string csv_line(std::span<const std::string> cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i != 0) out.push_back(',');
        if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
            out += cells[i];
            continue;
        }
        out.push_back('"');
        for (const char c : cells[i]) {
            if (c == '"') out.push_back('"');
            out.push_back(c);
        }
        out.push_back('"');
    }
    return out + "\r\n";
}

std::string csv_header(const Catalogue& catalogue, HeaderRows rows) {
    std::vector<std::string> labels, codes;
    for (const auto& field : catalogue.fields) {
        labels.push_back(field.label);
        codes.push_back(field.code);
    }
    switch (rows) {
        case HeaderRows::labels:
            return csv_line(labels);
        case HeaderRows::codes:
            return csv_line(codes);
        case HeaderRows::both:
            return csv_line(labels) + csv_line(codes);
    }
    return {};
}

}  // namespace xinwang
