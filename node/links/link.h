// The provincial link: the city's exchange with the province through files (DESIGN.md, words: 链路).
//
//   entries in order of arrival ── cut, committed ──> prepared ── files in the outbox ──> written ── answers
//   ──> answered
//                                                                                             │
//                                   outcomes, and a `feedback` entry toward each submitter <──┘
//
// Each entry is in exactly one package whatever crashes: a package is committed before its files are written,
// and prepared packages are written again, byte for byte, at the next start (ledger.h, outbox.h). What the
// province answers is applied once, however often its file comes.
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
#include "node/links/outcome.h"

namespace xinwang {

struct LinkFolders {
    std::filesystem::path outbox;
    std::filesystem::path inbox;
    std::filesystem::path spool;
};

struct FeedbackTaken {
    bool already = false;  // nothing in the file was new
    std::size_t rows = 0, changed = 0, unchanged = 0, accepted = 0, refused = 0;
    std::vector<FeedbackFinding> findings;  // rows that changed nothing, each with its reason
};

class Link {
  public:
    // Runs a request in a turn of the loop and returns when its commit is durable.
    using Commit = std::function<Result<void>(std::function<void(Core&, Instant)>)>;

    // `room` outlives the link and gives the city's opening key; `store` is the one that `commit` writes.
    Link(LinkProfile profile, LinkFolders folders, const Store& store, const JobRoom& room, Commit commit)
        : profile_(std::move(profile)),
          folders_(std::move(folders)),
          store_(store),
          room_(room),
          commit_(std::move(commit)),
          inbox_({folders_.inbox.string(), folders_.spool.string(), Duration{10'000}, {}}) {}

    // Cuts what waits, as `rule` says, and writes every package that is not written yet. Returns the numbers
    // written.
    Result<std::vector<std::uint64_t>> run_export(CutRule rule, Instant now);
    Result<FeedbackTaken> take_feedback(View file, Instant now);
    // Takes what has settled in the inbox; returns how many files. One that is refused stays where it is.
    Result<std::size_t> poll_inbox(Instant now);

    const LinkProfile& profile() const { return profile_; }
    const LinkFolders& folders() const { return folders_; }

    // Newest first.
    Result<std::vector<PackageRecord>> packages(const Snapshot& kept) const;
    // Entries that are in no package yet.
    Result<std::size_t> waiting(const Snapshot& kept) const;

  private:
    struct Answered;
    // What the core knows and rendering needs.
    struct Site {
        std::string city_code;
        std::vector<PackageField> fields;
    };
    Result<Gatherer> gather(const Snapshot& kept) const;
    Result<void> cut(CutRule rule, Instant now);
    Result<void> write_out(PackageRecord record, Instant now);
    Result<Package> package_of(const Snapshot& kept, const PackageRecord& record, const Site& site,
                               const std::vector<LedgerRow>& rows) const;
    Result<void> apply(const Snapshot& kept, const FeedbackRow& answer,
                       std::map<std::uint64_t, Answered>& touched, FeedbackTaken& taken) const;

    LinkProfile profile_;
    LinkFolders folders_;
    const Store& store_;
    const JobRoom& room_;
    Commit commit_;
    Inbox inbox_;
    std::uint64_t gathered_to_ = 0;  // the next arrival when it was last looked for full packages
    std::mutex one_at_a_time_;
};

}  // namespace xinwang
