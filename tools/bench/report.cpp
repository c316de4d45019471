#include "tools/bench/report.h"

#include <fmt/format.h>

#include <cmath>

namespace xinwang::bench {
namespace {

// Whole numbers without a fraction; others with what is worth reading.
std::string number(double value) {
    if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
    return fmt::format("{:.3f}", value);
}

}  // namespace

std::string Report::text(Form form) const {
    std::string out;
    for (const auto& [name, value] : rows_) {
        if (form == Form::table)
            out += fmt::format("{:<26} {:>16}\n", name, number(value));
        else
            out += fmt::format("{}\"{}\":{}", out.empty() ? "{" : ",", name, number(value));
    }
    return form == Form::table ? out : out + "}\n";
}

}  // namespace xinwang::bench
