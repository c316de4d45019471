#include "topology/division_code.h"

#include <algorithm>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint64_t province_unit = 10'000'000'000;

// How many village codes one code of this tier spans.
constexpr std::uint64_t unit(Tier tier) {
    switch (tier) {
        case Tier::city:
            return 100'000'000;
        case Tier::county:
            return 1'000'000;
        case Tier::township:
            return 1'000;
        case Tier::village:
            return 1;
    }
    return 1;
}

Tier tier_of(std::uint64_t number) {
    for (const Tier tier : all_tiers)
        if (number % unit(tier) == 0) return tier;
    return Tier::village;
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string twelve_digits(std::uint64_t number) {
    std::string digits = std::to_string(number);
    if (digits.size() < 12) digits.insert(0, 12 - digits.size(), '0');
    return digits;
}

std::uint64_t to_number(std::string_view digits) {
    std::uint64_t number = 0;
    for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    return number;
}

}  // namespace

const char* tier_name(Tier tier) {
    switch (tier) {
        case Tier::city:
            return "city";
        case Tier::county:
            return "county";
        case Tier::township:
            return "township";
        case Tier::village:
            return "village";
    }
    return "";
}

std::optional<Tier> parse_tier(std::string_view name) {
    for (const Tier tier : all_tiers)
        if (name == tier_name(tier)) return tier;
    return std::nullopt;
}

std::optional<Tier> parse_tier(std::uint8_t number) {
    for (const Tier tier : all_tiers)
        if (number == static_cast<std::uint8_t>(tier)) return tier;
    return std::nullopt;
}

std::optional<Tier> tier_above(Tier tier) {
    if (tier == Tier::city) return std::nullopt;
    return Tier{static_cast<std::uint8_t>(static_cast<unsigned>(tier) >> 1)};
}

Result<DivisionCode> DivisionCode::parse(std::string_view text) {
    if (!all_digits(text)) return refuse(Code::code_digit, "code", text);
    if (text.size() != 12) return refuse(Code::code_length, "code", text, "12");
    return from_number(to_number(text));
}

Result<DivisionCode> DivisionCode::from_number(std::uint64_t number) {
    const std::string digits = twelve_digits(number);
    if (digits.size() > 12) return refuse(Code::code_length, "code", digits, "12");
    if (number < province_unit) return refuse(Code::code_shape, "code", digits, "00…");
    if (number % province_unit == 0) return refuse(Code::code_province, "code", digits);
    DivisionCode code;
    code.number_ = number;
    // Each group of digits above the last one in use must be in use itself.
    if (number / unit(Tier::city) % 100 == 0) return refuse(Code::code_shape, "code", digits, "PP00…");
    for (auto above = tier_above(code.tier()); above && *above != Tier::city; above = tier_above(*above))
        if (number / unit(*above) % (unit(*tier_above(*above)) / unit(*above)) == 0)
            return refuse(Code::code_shape, "code", digits, *above == Tier::county ? "PPCC00…" : "PPCCXX000…");
    return code;
}

bool DivisionCode::is_province(std::string_view text) {
    if (text.size() != 12 || !all_digits(text)) return false;
    const std::uint64_t number = to_number(text);
    return number >= province_unit && number % province_unit == 0;
}

std::string DivisionCode::text() const {
    return twelve_digits(number_);
}

Tier DivisionCode::tier() const {
    return tier_of(number_);
}

std::optional<DivisionCode> DivisionCode::parent() const {
    const auto above = tier_above(tier());
    if (!above) return std::nullopt;
    return at(*above);
}

std::optional<DivisionCode> DivisionCode::at(Tier wanted) const {
    if (wanted > tier()) return std::nullopt;
    DivisionCode code;
    code.number_ = number_ - number_ % unit(wanted);
    return code;
}

bool DivisionCode::is_within(DivisionCode ancestor) const {
    return ancestor.number_ <= number_ && number_ < ancestor.end();
}

std::uint64_t DivisionCode::end() const {
    return number_ + unit(tier());
}

Result<void> check_name(std::string_view name, std::string_view field) {
    if (name.empty())
        return refuse(Code::bad_name, field, name, "1.." + std::to_string(limits::name_bytes_max) + " bytes");
    if (name.size() > limits::name_bytes_max)
        return refuse(Code::bad_name, field, name, ".." + std::to_string(limits::name_bytes_max) + " bytes");
    // What need not be escaped for printing is valid UTF-8 without controls.
    if (printable(name, 6 * limits::name_bytes_max) != name)
        return refuse(Code::bad_name, field, name, "UTF-8");
    return {};
}

}  // namespace xinwang
