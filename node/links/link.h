// The provincial link: the city's exchange with the province through files (node/DESIGN.md section 2: 链路).
//
//   entries in order of arrival ── cut, committed ──> prepared ── files in the outbox ──> written
//   written ── answers ──> answered, with outcomes, and a `feedback` entry toward each submitter
//
// Each entry is in exactly one package, or in none because the receiver does not need it (standing.h),
// whatever crashes: a package is committed before its files are written, and prepared packages are written
// again, byte for byte, before the next is cut (ledger.h, outbox.h). The province's answer is applied once,
// however often its file comes. A file with a row that could not be applied is kept by name (set_aside.h).
//
// Threads: run_export(), take_feedback() and poll_inbox() may be called from any thread but the loop's; the
// link serialises them. They read snapshots and hand their writes to the loop through `commit`, which returns
// when the writes are durable.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>

#include "node/core/core.h"
#include "node/links/ledger.h"
#include "node/links/outbox.h"
#include "node/links/set_aside.h"

namespace xinwang {

struct LinkFolders {
    std::filesystem::path outbox;
    std::filesystem::path inbox;
    std::filesystem::path spool;
    std::filesystem::path quarantine;  // feedback files with findings
};

struct FeedbackTaken {
    bool already = false;  // the file held nothing new
    std::size_t rows = 0, changed = 0, unchanged = 0, accepted = 0, refused = 0;
    std::vector<FeedbackFinding> findings;  // rows that could not be applied, each with its reason
    std::string kept_as;                    // name in the quarantine folder, when there are findings
    std::optional<Refusal> unreadable;      // set when this is no feedback file at all: its only finding
};

class Link {
  public:
    // Runs a request in a turn of the loop and returns when its commit is durable.
    using Commit = std::function<Result<void>(std::function<void(Core&, Instant)>)>;
    // Delivers a package's files: into the outbox, or to a stand-in for the province.
    using Deliver = std::function<Result<void>(const std::vector<PackageFile>&)>;

    // `room` outlives the link and gives the city's opening key; `commit` writes to `store`. Without
    // `deliver`, files go to folders.outbox.
    Link(LinkProfile profile, LinkFolders folders, const Store& store, const JobRoom& room, Commit commit,
         Deliver deliver = {});

    // Writes every package that is not written yet, then cuts the waiting entries by `rule` and writes those
    // packages. Returns the numbers written.
    Result<std::vector<std::uint64_t>> run_export(CutRule rule, Instant now);
    // Applies a feedback file; `name` is the file's name, for people.
    Result<FeedbackTaken> take_feedback(View file, std::string_view name, Instant now);
    // Takes the files that have settled in the inbox; returns how many. A file that cannot be read stays
    // where it is and does not stop the others; the first such failure is the refusal, once the others are
    // done.
    Result<std::size_t> poll_inbox(Instant now);
    // Feedback files with findings that lie in quarantine, newest first. Refuses store_corrupt.
    Result<std::vector<SetAsideFile>> set_aside(const Snapshot& kept) const { return read_set_aside(kept); }

    const LinkProfile& profile() const { return profile_; }
    const LinkFolders& folders() const { return folders_; }

    // The packages, newest first.
    Result<std::vector<PackageRecord>> packages(const Snapshot& kept) const;
    // The number of entries that are in no package yet.
    Result<std::size_t> waiting(const Snapshot& kept) const;

  private:
    struct Answered;
    class Places;
    // Facts from the core that rendering needs.
    struct Site {
        std::string city_code;
        std::vector<PackageField> fields;
    };
    Result<Gatherer> gather(const Snapshot& kept) const;
    Result<void> cut(CutRule rule, Instant now);
    Result<void> cut_from(Gatherer& gatherer, const Snapshot& kept, CutRule rule, Instant now,
                          std::vector<CutPackage>& packages) const;
    Result<void> write_out(PackageRecord record, Instant now);
    Result<void> write_prepared(Instant now, std::vector<std::uint64_t>& written);
    Result<void> keep_file(View file, std::string_view name, Instant now, FeedbackTaken& taken) const;
    Result<void> forget_settled_files();
    Result<Package> package_of(const Snapshot& kept, const PackageRecord& record, const Site& site,
                               const std::vector<LedgerRow>& rows) const;
    Result<void> apply(const Snapshot& kept, const FeedbackRow& answer,
                       std::map<std::uint64_t, Answered>& touched, FeedbackTaken& taken) const;

    LinkProfile profile_;
    LinkFolders folders_;
    const Store& store_;
    const JobRoom& room_;
    Commit commit_;
    Deliver deliver_;
    Inbox inbox_;
    std::uint64_t gathered_to_ = 0;  // the next arrival at the last look for full packages
    std::mutex one_at_a_time_;
};

}  // namespace xinwang
