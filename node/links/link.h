// The provincial link: the city's exchange with the province through files (node/DESIGN.md section 2: 链路).
//
//   entries in order of arrival ── cut, committed ──> prepared ── files in the outbox ──> written ── answers
//   ──> answered
//                                                                                             │
//                                   outcomes, and a `feedback` entry toward each submitter <──┘
//
// Each entry is in exactly one package, or in none because the receiver needs it not (standing.h), whatever
// crashes: a package is committed before its files are written, and prepared packages are written again, byte
// for byte, before the next is cut (ledger.h, outbox.h). What the province answers is applied once, however
// often its file comes. A file of which something could not be applied is kept by name (set_aside.h).
//
// Threads: run_export(), take_feedback() and poll() may be called from any thread but the loop's; they are
// serialised here. They read snapshots and hand their writes to the loop through `commit`, which returns when
// those are durable.
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
    bool already = false;  // nothing in the file was new
    std::size_t rows = 0, changed = 0, unchanged = 0, accepted = 0, refused = 0;
    std::vector<FeedbackFinding> findings;  // rows that could not be applied, each with its reason
    std::string kept_as;                    // in the quarantine folder, when there are findings
    std::optional<Refusal> unreadable;      // no feedback file at all: that is its only finding
};

class Link {
  public:
    // Runs a request in a turn of the loop and returns when its commit is durable.
    using Commit = std::function<Result<void>(std::function<void(Core&, Instant)>)>;
    // Where a package's files go: into the outbox, or to whoever stands for the province.
    using Deliver = std::function<Result<void>(const std::vector<PackageFile>&)>;

    // `room` outlives the link and gives the city's opening key; `store` is the one that `commit` writes.
    // Without `deliver` files go to folders.outbox.
    Link(LinkProfile profile, LinkFolders folders, const Store& store, const JobRoom& room, Commit commit,
         Deliver deliver = {});

    // Writes every package that is not written yet, cuts what waits, as `rule` says, and writes that. Returns
    // the numbers written.
    Result<std::vector<std::uint64_t>> run_export(CutRule rule, Instant now);
    // `name` is what the file is called, for people.
    Result<FeedbackTaken> take_feedback(View file, std::string_view name, Instant now);
    // Takes what has settled in the inbox; returns how many files. One that cannot be read stays where it is
    // and does not keep the others; the first such is the refusal, when the others are done.
    Result<std::size_t> poll_inbox(Instant now);
    // Feedback files with findings that lie in quarantine, newest first. Refuses store_corrupt.
    Result<std::vector<SetAsideFile>> set_aside(const Snapshot& kept) const { return read_set_aside(kept); }

    const LinkProfile& profile() const { return profile_; }
    const LinkFolders& folders() const { return folders_; }

    // Newest first.
    Result<std::vector<PackageRecord>> packages(const Snapshot& kept) const;
    // Entries that are in no package yet.
    Result<std::size_t> waiting(const Snapshot& kept) const;

  private:
    struct Answered;
    class Places;
    // What the core knows and rendering needs.
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
    std::uint64_t gathered_to_ = 0;  // the next arrival when it was last looked for full packages
    std::mutex one_at_a_time_;
};

}  // namespace xinwang
