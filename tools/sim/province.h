// The province, as strict as one may be: it reads the packages' own bytes, takes an addition only of what it
// has not, a correction or withdrawal only of what it has, and answers every row, now and then with a refusal
// and now and then twice. What it is left with must be the city's newest state of every record, and what a
// submitter is told of an entry must be what was said of that very entry (checks in the end). Pure but for the
// Random given.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/links/link.h"
#include "tools/sim/random.h"

namespace xinwang::sim {

// As the city's link sends to it: small packages, so that a record's rows lie in several.
LinkProfile province_profile();

class Province {
  public:
    // One package, whole. The same again is no other. Returns what is wrong with it; empty when nothing is.
    std::string take(const std::vector<PackageFile>& files, Random& random);
    // Feedback that the city has not taken. Requires waits().
    const std::string& next_answer() const { return answers_.front(); }
    void answered();
    bool waits() const { return !answers_.empty(); }

    struct Said {
        std::string action;
        std::vector<std::string> values;
        bool accepted = false;
    };
    // What was said of the record's rows in that package.
    std::vector<Said> said(const std::string& package, const RecordId& record) const;
    // The values that it has of the record; null when it has none.
    const std::vector<std::string>* holds(const RecordId& record) const;
    // It refused a row of it: what it has is its own matter.
    bool has_refused(const RecordId& record) const { return refused_.contains(record); }
    std::size_t records() const { return records_.size(); }
    std::size_t rows() const { return rows_; }

  private:
    std::string take_row(const std::string& package, const std::vector<std::string>& cells, Random& random,
                         std::string& answer);

    std::map<RecordId, std::vector<std::string>> records_;
    std::set<RecordId> refused_;
    std::map<std::string, Bytes> packages_;  // body by file name
    std::map<std::pair<std::string, RecordId>, std::vector<Said>> said_;
    std::vector<std::string> answers_;
    std::size_t rows_ = 0;
};

}  // namespace xinwang::sim
