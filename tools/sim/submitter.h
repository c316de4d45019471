// The people at one node who hand in files, and their own book of the entries that must follow.
//
// Files are real CSV from tools/gen's sampler: new records (organisations and persons), corrections, the same
// row again, bad rows, withdrawals. The book is a naive twin of intake: it never parses a file, because it
// knows the rows it wrote. Its expectation of a file is settled when the node has taken the file, because a
// record's past decides whether a row publishes, corrects or changes nothing. Pure but for the Random given.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/core/core.h"
#include "tools/gen/sample.h"
#include "tools/sim/random.h"

namespace xinwang::sim {

// A word in every subject's name; it may be seen nowhere but inside sealed content.
inline constexpr std::string_view canary = "XWCANARY";

// An entry as it must be: its kind, record, row and values.
struct Expected {
    EntryKind kind = EntryKind::publish;
    RecordId record;
    std::uint32_t row = 0;
    std::vector<std::string> fields;
    auto operator<=>(const Expected&) const = default;
};
Expected expected_of(const Entry& entry);

struct PlannedRow {
    RecordId record;
    std::vector<std::string> fields;  // as they must be kept
    bool bad = false;
};

struct File {
    NewSubmission head;
    std::string content;
    std::vector<PlannedRow> rows;
};

// A file that the node has durably taken.
struct TakenFile {
    SubmissionId id;
    std::multiset<Expected> outstanding;
    std::uint32_t rows = 0, refused = 0, unchanged = 0;
};

class Submitter {
  public:
    // The catalogues outlive the submitter.
    Submitter(std::vector<const Catalogue*> catalogues, std::uint64_t seed, const std::string& division);

    // Writes the next file to hand in; now and then gives one that was handed in before.
    const File& write_file(Random& random, std::uint32_t today);
    const std::map<SubmissionId, File>& files() const { return files_; }

    // Notes that the file is offered under this id: its own, or another when it was handed in before.
    void hand_in(const SubmissionId& id, const SubmissionId& file) { handed_in_[id] = file; }
    // The file that was handed in under this id.
    const SubmissionId& file_of(const SubmissionId& id) const;
    const std::set<SubmissionId>& ids_taken() const { return ids_taken_; }
    // Notes that the node has taken the file: from now on its entries are expected, behind those of the files
    // before it.
    void taken(const SubmissionId& id);
    bool has_taken(const SubmissionId& id) const { return ids_taken_.contains(id); }
    // Notes that the node's log has grown by this entry. False when nobody wrote the entry, or the log had it
    // already.
    bool appeared(const Entry& entry);
    // Checks the node's counts when it says that the file is done. Returns the fault, or an empty text.
    std::string done(const Submission& submission);

    // The latest entry of every record, according to the files.
    const std::map<RecordId, Expected>& latest() const { return latest_; }
    std::uint64_t entries() const { return entries_; }
    bool waiting() const { return !queue_.empty(); }

  private:
    struct Issued {
        const Catalogue* catalogue = nullptr;
        RecordId record;
        Values values;
    };
    File publish_file(Random& random, const Catalogue& catalogue, std::uint32_t today);
    File withdraw_file(Random& random);
    PlannedRow plan(Random& random, const Catalogue& catalogue, std::uint32_t today, Values& cells);
    const File& keep(File file);

    std::vector<const Catalogue*> catalogues_;
    std::uint64_t seed_;
    std::string division_;
    std::uint64_t next_row_ = 0;
    std::uint64_t next_file_ = 1;
    std::vector<Issued> issued_;
    std::map<SubmissionId, File> files_;
    std::map<SubmissionId, SubmissionId> handed_in_;  // the files behind the ids
    std::set<SubmissionId> ids_taken_;
    std::deque<TakenFile> queue_;  // taken and not yet done
    std::map<RecordId, Expected> latest_;
    std::uint64_t entries_ = 0;
};

}  // namespace xinwang::sim
