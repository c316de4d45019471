// The identifiers of subjects, and dates, with their check digits: unified social credit code (USCC, GB
// 32100-2015), organisation code (GB 11714), citizen number (GB 11643).
//
// Checks take a text as written: call `normalise_identifier` before them. `field` is the name of the checked
// text in refusals. The USCC's prefix table is data: a catalogue may bring its own; the documented default
// stands here. Today is an argument (yyyymmdd; 0 = unknown, nothing is then in the future). Pure.
#pragma once

#include <bitset>
#include <optional>

#include "protocol/base/refusal.h"

namespace xinwang {

// Registering department and category, the first two characters of a USCC.
class UsccPrefixes {
  public:
    // The prefixes of GB 32100-2015 and its amendments: 11 12 13 19 21 29 31-35 39 41 49 51-55 59 61 62 69 71
    // 72 79 81 89 91-93 A1 A9 N1 N2 N3 N9 Y1 G1 J1. 54, 55 (village and residents' committees) and N2 (village
    // collective) are everyday.
    static const UsccPrefixes& documented();
    // Adds one prefix; false unless it is two characters of the USCC alphabet.
    bool add(std::string_view prefix);
    bool contains(std::string_view code) const;
    bool empty() const { return known_.none(); }
    bool operator==(const UsccPrefixes&) const = default;

  private:
    std::bitset<31 * 31> known_;
};

enum class Placeholder { refused, allowed };
inline constexpr std::string_view uscc_placeholder = "00000000000000000X";

// The text half-width, upper case, without blanks at the ends. (Lower-case x becomes X.)
std::string normalise_identifier(std::string_view text);

// Yields a warning when the embedded organisation code fails its own check digit (its letters count from the
// full alphabet, unlike the USCC's), else nothing.
Result<std::optional<Refusal>> check_uscc(std::string_view code, std::string_view field,
                                          const UsccPrefixes& prefixes = UsccPrefixes::documented(),
                                          Placeholder placeholder = Placeholder::refused);
// Takes nine characters, without the hyphen.
Result<void> check_organisation_code(std::string_view code, std::string_view field);
// The birth date must exist and must not be later than `today`.
Result<void> check_citizen_number(std::string_view number, std::string_view field, std::uint32_t today);

// The check character that belongs behind the 17, 8 or 17 characters given; empty when they cannot stand there.
std::optional<char> uscc_check_digit(std::string_view first17);
std::optional<char> organisation_check_digit(std::string_view first8);
std::optional<char> citizen_check_digit(std::string_view first17);

// Dates are yyyymmdd.
inline constexpr std::uint32_t long_term = 20991231;
bool date_exists(std::uint32_t yyyymmdd);
// Reads YYYY/MM/DD, YYYY-MM-DD (month and day of one or two digits) and YYYYMMDD, years 1900 to 2099.
Result<std::uint32_t> parse_date(std::string_view text, std::string_view field);
// "YYYY/MM/DD"
std::string date_text(std::uint32_t yyyymmdd);

}  // namespace xinwang
