// Deterministic sample rows of any catalogue: row i of seed s is the same on every machine, in any order of
// asking. Organisations' codes are valid but synthetic (their organisation part begins with MA or ME);
// persons' numbers carry a sequence no one has. A chosen share of rows is bad, each in one way. Pure; a
// Sampler may be shared between threads.
#pragma once

#include "protocol/catalogue.h"
#include "protocol/entry.h"

namespace xinwang {

struct SampleOptions {
    std::uint64_t seed = 1;
    std::uint32_t bad_percent = 0;
    std::uint32_t persons_percent = 0;
    std::string division = "130602000000";  // 12 digits, or its first 6
    std::uint32_t today = 20261124;         // decision dates lie in the two years before
    std::uint64_t subjects = 0;  // organisations that rows are about, in turn; 0: each row has its own
};

// One way in which a sample row is bad, and the refusal that it must meet.
struct Defect {
    std::string field;
    Code code;
};

struct SampleRow {
    Values values;
    std::optional<Defect> defect;
};

class Sampler {
  public:
    // `catalogue` must outlive the sampler.
    Sampler(const Catalogue& catalogue, SampleOptions options)
        : catalogue_(catalogue), options_(std::move(options)) {}
    SampleRow row(std::uint64_t index) const;
    // A good row as an entry to publish, row number index + 1.
    Entry entry(std::uint64_t index) const;

  private:
    const Catalogue& catalogue_;
    SampleOptions options_;
};

enum class HeaderRows { labels, codes, both };

// One line of CSV, cells quoted where they must be, CRLF at the end.
std::string csv_line(std::span<const std::string> cells);
std::string csv_header(const Catalogue& catalogue, HeaderRows rows);

}  // namespace xinwang
