// Refusals: faults of the world outside the program, as values.
//
// Every refusal has a stable number, written XW-1203, that is never given to another meaning. The one table
// is refusals.def: number, name, sentence and advice, each in Chinese and English, with the places {field},
// {value} and {limit}. Functions that can refuse return Result<T>. A fault of the program itself is XW_CHECK
// (check.h); a fault of the machine (a failed write or sync) is an exception, caught once in main.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace xinwang {

enum class Code : std::uint16_t {
#define XW_REFUSAL(number, name, zh, en, advice_zh, advice_en) name = number,
#include "protocol/base/refusals.def"
#undef XW_REFUSAL
};

enum class Language { chinese, english };

// One row of the table. The texts hold {field}, {value} and {limit} unexpanded.
struct RefusalText {
    Code code;
    const char* name;
    const char* sentence_zh;
    const char* sentence_en;
    const char* advice_zh;
    const char* advice_en;
};

// Every refusal there is, by rising number.
std::span<const RefusalText> all_refusals();
// The refusal of this number; nullptr when no such number exists.
const RefusalText* find_refusal(std::uint16_t number);

struct [[nodiscard]] Refusal {
    Code code;
    std::string field;  // which field, option or message part; may be empty
    std::string value;  // what was found there, cut to limits::refusal_value_bytes_max and cleaned of controls
    std::string limit;  // what it broke: a bound, a form, an expectation

    Refusal(Code c, std::string_view f = {}, std::string_view v = {}, std::string_view l = {});

    std::string number() const;              // "XW-1203"
    std::string sentence(Language l) const;  // what is wrong, places filled in
    std::string advice(Language l) const;    // what to do next
    // number, sentence and advice in one line, for a log or a terminal
    std::string line(Language l) const;
    bool operator==(const Refusal&) const = default;
};

template <class T>
using Result = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Code code, std::string_view field = {}, std::string_view value = {},
                                      std::string_view limit = {}) {
    return tl::unexpected<Refusal>(Refusal(code, field, value, limit));
}

// Text from outside, made safe to print in one line: C0/C1 controls, U+2028/9 and bidirectional controls become
// \u escapes, invalid UTF-8 becomes \x escapes, and at most `bytes_max` bytes of output remain (an ellipsis
// says so).
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace xinwang

// Gives up the enclosing function with the refusal of `expression`, or yields its value into `target`.
#define XW_TRY(target, expression)                                        \
    auto target##_result = (expression);                                  \
    if (!target##_result) return tl::unexpected(target##_result.error()); \
    auto&& target = *target##_result
// The same for Result<void>.
#define XW_TRY_VOID(expression)                                                                  \
    do {                                                                                         \
        if (auto xw_result = (expression); !xw_result) return tl::unexpected(xw_result.error()); \
    } while (false)
