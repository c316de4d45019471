// Feedback files with a row that could not be applied: kept by name in the quarantine folder, with a row in
// the store that says why (table `meta`, FORMAT.md section 11), until an operator has settled the matter with
// the receiver and removes the file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "node/links/feedback.h"
#include "protocol/base/time.h"
#include "storage/store.h"

namespace xinwang {

struct SetAsideFile {
    std::string kept_as;  // in the quarantine folder
    std::string name;     // as it came
    Instant at;
    std::uint64_t rows = 0;                 // of the file
    std::uint64_t total = 0;                // findings
    std::vector<FeedbackFinding> findings;  // the first of them
    static constexpr std::size_t findings_max = 50;
};

// Keeps a file under the name "<name>.<sha-256, 16 digits>", which it returns: durable on return, however
// often the same file is kept.
Result<std::string> keep_in_quarantine(const std::filesystem::path& folder, View file, std::string_view name);

Put set_aside_row(const SetAsideFile& file);
Erase no_set_aside_row(const std::string& kept_as);
// The files set aside, newest first. Refuses store_corrupt.
Result<std::vector<SetAsideFile>> read_set_aside(const Snapshot& kept);

}  // namespace xinwang
