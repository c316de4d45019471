// The province, as strict as one may be: it reads the packages' own bytes, takes an addition only for a
// record that it lacks, a correction or withdrawal only for a record that it has, and answers every row, now
// and then with a refusal and now and then twice. Its records must in the end be the city's newest state of
// every record, and a submitter must be told exactly the answer about that very entry (checks in the end).
// Pure but for the Random given.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/links/link.h"
#include "tools/sim/random.h"

namespace xinwang::sim {

// The profile of the city's link: small packages, so that a record's rows lie in several.
LinkProfile province_profile();

class Province {
  public:
    // Takes one whole package; the same package again counts once. Returns the fault in it, or an empty text.
    std::string take(const std::vector<PackageFile>& files, Random& random);
    // The next feedback that the city has not taken. Requires waits().
    const std::string& next_answer() const { return answers_.front(); }
    void answered();
    bool waits() const { return !answers_.empty(); }

    struct Said {
        std::string action;
        std::vector<std::string> values;
        bool accepted = false;
    };
    // The answers about the record's rows in that package.
    std::vector<Said> said(const std::string& package, const RecordId& record) const;
    // The record's values at the province; null when it has none.
    const std::vector<std::string>* holds(const RecordId& record) const;
    // True when the province refused a row of this record: its values may then differ from the city's.
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
