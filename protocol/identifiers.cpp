#include "protocol/identifiers.h"

#include <fmt/format.h>

#include <array>

#include "protocol/unicode.h"

namespace xinwang {
namespace {

constexpr std::string_view uscc_alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr int uscc_weights[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
constexpr int organisation_weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
constexpr int citizen_weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};

constexpr std::array<std::int8_t, 256> uscc_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < uscc_alphabet.size(); ++i)
        values[static_cast<unsigned char>(uscc_alphabet[i])] = static_cast<std::int8_t>(i);
    return values;
}();

int uscc_value(char c) {
    return uscc_values[static_cast<unsigned char>(c)];
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
// GB 11714 counts letters from the full alphabet: A is 10, Z is 35.
int organisation_value(char c) {
    if (is_digit(c)) return c - '0';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

Result<void> right_length(std::string_view code, std::size_t length, std::string_view field) {
    if (code.size() == length) return {};
    return refuse(Code::identifier_length, field, code, std::to_string(length));
}
tl::unexpected<Refusal> wrong_character(std::string_view code, std::size_t at, std::string_view field) {
    std::string_view rest = code.substr(at);
    std::string_view after = rest;
    take_character(after);
    return refuse(Code::identifier_character, field, code, rest.substr(0, rest.size() - after.size()));
}
tl::unexpected<Refusal> wrong_check(std::string_view code, char expected, std::string_view field) {
    return refuse(Code::check_digit, field, code, std::string(1, expected));
}

std::uint32_t digits(std::string_view text) {
    std::uint32_t value = 0;
    for (const char c : text) value = value * 10 + static_cast<std::uint32_t>(c - '0');
    return value;
}
bool all_digits(std::string_view text) {
    for (const char c : text)
        if (!is_digit(c)) return false;
    return !text.empty();
}

// yyyymmdd of one of the three forms, existing or not; 0 when it has none of them.
std::uint32_t date_digits(std::string_view text) {
    if (text.size() == 8 && all_digits(text)) return digits(text);
    if (text.size() < 8 || text.size() > 10) return 0;
    const char mark = text[4];
    const std::size_t second = text.find(mark, 5);
    if ((mark != '/' && mark != '-') || second == std::string_view::npos) return 0;
    const auto year = text.substr(0, 4), month = text.substr(5, second - 5), day = text.substr(second + 1);
    if (!all_digits(year) || !all_digits(month) || !all_digits(day) || month.size() > 2 || day.size() > 2)
        return 0;
    return digits(year) * 10000 + digits(month) * 100 + digits(day);
}

}  // namespace

const UsccPrefixes& UsccPrefixes::documented() {
    static const UsccPrefixes table = [] {
        UsccPrefixes known;
        for (const char* p :
             {"11", "12", "13", "19", "21", "29", "31", "32", "33", "34", "35", "39", "41", "49",
              "51", "52", "53", "54", "55", "59", "61", "62", "69", "71", "72", "79", "81", "89",
              "91", "92", "93", "A1", "A9", "N1", "N2", "N3", "N9", "Y1", "G1", "J1"})
            known.add(p);
        return known;
    }();
    return table;
}

bool UsccPrefixes::add(std::string_view prefix) {
    if (prefix.size() != 2) return false;
    const int a = uscc_value(prefix[0]), b = uscc_value(prefix[1]);
    if (a < 0 || b < 0) return false;
    known_.set(static_cast<std::size_t>(a * 31 + b));
    return true;
}

bool UsccPrefixes::contains(std::string_view code) const {
    if (code.size() < 2) return false;
    const int a = uscc_value(code[0]), b = uscc_value(code[1]);
    return a >= 0 && b >= 0 && known_.test(static_cast<std::size_t>(a * 31 + b));
}

std::string normalise_identifier(std::string_view raw) {
    const std::string_view core = trimmed(raw);
    bool plain = true;
    for (const char c : core) plain = plain && static_cast<unsigned char>(c) < 0x80;
    std::string out = plain ? std::string(core) : half_width(core);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::optional<char> uscc_check_digit(std::string_view first17) {
    if (first17.size() != 17) return std::nullopt;
    int sum = 0;
    for (std::size_t i = 0; i < 17; ++i) {
        const int value = uscc_value(first17[i]);
        if (value < 0) return std::nullopt;
        sum += value * uscc_weights[i];
    }
    return uscc_alphabet[static_cast<std::size_t>((31 - sum % 31) % 31)];
}

std::optional<char> organisation_check_digit(std::string_view first8) {
    if (first8.size() != 8) return std::nullopt;
    int sum = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        const int value = organisation_value(first8[i]);
        if (value < 0) return std::nullopt;
        sum += value * organisation_weights[i];
    }
    return "0123456789X0"[11 - sum % 11];
}

std::optional<char> citizen_check_digit(std::string_view first17) {
    if (first17.size() != 17 || !all_digits(first17)) return std::nullopt;
    int sum = 0;
    for (std::size_t i = 0; i < 17; ++i) sum += (first17[i] - '0') * citizen_weights[i];
    return "10X98765432"[sum % 11];
}

Result<std::optional<Refusal>> check_uscc(std::string_view code, std::string_view field,
                                          const UsccPrefixes& prefixes, Placeholder placeholder) {
    XW_TRY_VOID(right_length(code, 18, field));
    if (code == uscc_placeholder) {
        if (placeholder == Placeholder::allowed) return std::nullopt;
        return refuse(Code::uscc_placeholder_refused, field, code);
    }
    for (std::size_t i = 0; i < code.size(); ++i)
        if (uscc_value(code[i]) < 0 || (i >= 2 && i < 8 && !is_digit(code[i])))
            return wrong_character(code, i, field);
    if (!prefixes.contains(code)) return refuse(Code::uscc_prefix, field, code, code.substr(0, 2));
    const char expected = *uscc_check_digit(code.substr(0, 17));
    if (code[17] != expected) return wrong_check(code, expected, field);
    const char inner = *organisation_check_digit(code.substr(8, 8));
    if (code[16] != inner) return Refusal(Code::uscc_inner_code, field, code, std::string(1, inner));
    return std::nullopt;
}

Result<void> check_organisation_code(std::string_view code, std::string_view field) {
    XW_TRY_VOID(right_length(code, 9, field));
    for (std::size_t i = 0; i < 8; ++i)
        if (organisation_value(code[i]) < 0) return wrong_character(code, i, field);
    const char expected = *organisation_check_digit(code.substr(0, 8));
    if (code[8] != expected) return wrong_check(code, expected, field);
    return {};
}

Result<void> check_citizen_number(std::string_view number, std::string_view field, std::uint32_t today) {
    XW_TRY_VOID(right_length(number, 18, field));
    for (std::size_t i = 0; i < 17; ++i)
        if (!is_digit(number[i])) return wrong_character(number, i, field);
    const std::string_view birth = number.substr(6, 8);
    if (!date_exists(digits(birth))) return refuse(Code::date_missing_from_calendar, field, number, birth);
    if (today != 0 && digits(birth) > today)
        return refuse(Code::date_in_future, field, number, date_text(today));
    const char expected = *citizen_check_digit(number.substr(0, 17));
    if (number[17] != expected) return wrong_check(number, expected, field);
    return {};
}

bool date_exists(std::uint32_t date) {
    const std::uint32_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    if (year < 1900 || year > 2099 || month < 1 || month > 12 || day < 1) return false;
    constexpr std::uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (leap && month == 2 ? 1u : 0u);
}

Result<std::uint32_t> parse_date(std::string_view raw, std::string_view field) {
    const std::uint32_t date = date_digits(raw);
    if (date == 0) return refuse(Code::date_form, field, raw, "YYYY/MM/DD, YYYY-MM-DD, YYYYMMDD");
    if (!date_exists(date)) return refuse(Code::date_missing_from_calendar, field, raw, date_text(date));
    return date;
}

std::string date_text(std::uint32_t date) {
    return fmt::format("{:04}/{:02}/{:02}", date / 10000, date / 100 % 100, date % 100);
}

}  // namespace xinwang
