// Division codes (区划代码): twelve digits from which tier and parent follow (WIRE.md section 9.1).
//
//   130600000000 city      four digits, eight zeros         130602001000 township  nine digits, three zeros
//   130602000000 county    six digits, six zeros            130602001001 village   all twelve
//
// A code names a place, never a name: names repeat. Only the shapes above are codes here: a province has no
// node, and cities whose townships hang on the city itself (东莞's 441900003000) are refused by name. Pure
// values; the order is the numeric one, in which every parent stands before its descendants.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/refusal.h"

namespace xinwang {

// The numbers are the bits of an audience policy (WIRE.md section 4) and the tier's byte on the wire.
enum class Tier : std::uint8_t { city = 1, county = 2, township = 4, village = 8 };
inline constexpr Tier all_tiers[] = {Tier::city, Tier::county, Tier::township, Tier::village};
const char* tier_name(Tier tier);
std::optional<Tier> parse_tier(std::string_view name);
std::optional<Tier> parse_tier(std::uint8_t number);
// The tier above; empty for the city.
std::optional<Tier> tier_above(Tier tier);

class DivisionCode {
  public:
    // No code: only comparison and number() may be used on a default value.
    DivisionCode() = default;
    // Refuses code_length, code_digit, and what from_number() refuses.
    static Result<DivisionCode> parse(std::string_view text);
    // Refuses code_province (its node is no part of a city's net) and code_shape.
    static Result<DivisionCode> from_number(std::uint64_t number);
    // "130000000000": two digits and ten zeros.
    static bool is_province(std::string_view text);

    std::uint64_t number() const { return number_; }
    std::string text() const;
    Tier tier() const;
    // The parent's code; empty for a city.
    std::optional<DivisionCode> parent() const;
    // The city, county or township that this code lies in or is; empty when `tier` is below its own.
    std::optional<DivisionCode> at(Tier tier) const;
    // True for `ancestor` itself and everything below it.
    bool is_within(DivisionCode ancestor) const;
    // One more than the last code within this one: [number(), end()) holds exactly those within it.
    std::uint64_t end() const;

    auto operator<=>(const DivisionCode&) const = default;

  private:
    std::uint64_t number_ = 0;
};

// Checks a name for people: not empty, at most limits::name_bytes_max bytes of UTF-8, no controls. Refuses
// bad_name.
Result<void> check_name(std::string_view name, std::string_view field);

}  // namespace xinwang
