// What the link has done: which entry of the city went in which package, and what the province said.
//
// Pure; the caller keeps these values in its store and commits them. The city's entries have one order, the
// order of arrival: LinkCursor = (the batch's arrival ordinal, position in the batch). The Gatherer reads along
// that order and cuts packages, one catalogue each; the entries of one catalogue go out in order.
//
//   gathered --cut, one commit--> prepared --files in the outbox--> written --every row answered--> answered
//
// Invariants:
// - each record entry is in exactly one package, or was not needed in any: LinkState moves in the same commit
//   that adds the package;
// - a package is committed as prepared before its first byte is written; after a crash it is rendered again
// from
//   the entries that its rows point at, byte for byte the same (created_ms is in the record for that);
// - a row that could not be rendered stays in its package with its reason, and counts as set aside.
//
// A package record and one page of its rows each fit into one value of the store (64 KiB, FORMAT.md).
#pragma once

#include <compare>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/outcome.h"
#include "node/links/feedback.h"
#include "node/links/package.h"
#include "protocol/base/time.h"
#include "protocol/entry.h"

namespace xinwang {

struct LinkCursor {
    std::uint64_t ordinal = 0;   // arrival ordinal of the batch
    std::uint32_t position = 0;  // of the entry in the batch
    auto operator<=>(const LinkCursor&) const = default;
    LinkCursor next() const { return {ordinal, position + 1}; }
};

// How far the link has come. Everything before `settled` is in a package or is none of the link's business;
// beyond it, the entries of a catalogue before after[catalogue] are in packages too.
struct LinkState {
    std::uint64_t next_number = 1;
    LinkCursor settled;
    std::map<std::string, LinkCursor, std::less<>> after;

    Bytes write() const;
    static Result<LinkState> read(View bytes);
    bool operator==(const LinkState&) const = default;
};

enum class PackageState : std::uint8_t { prepared = 1, written = 2, answered = 3 };
enum class RowState : std::uint8_t { waiting = 1, accepted = 2, refused = 3, set_aside = 4 };

// One row of a package: where its entry stands, whose it is, and what became of it.
struct LedgerRow {
    LinkCursor at;
    PackageAction action = PackageAction::add;
    RecordId record;
    NodeId origin;
    RowState state = RowState::waiting;
    std::string reason_code;  // the province's, or ours (XW-...) for a row set aside; cut to its limit
    std::string message;
    std::uint32_t row = 0;  // of the submission that the entry came from; 0: not known
    bool operator==(const LedgerRow&) const = default;
};

// What an entry means to the receiver; empty for kinds that are none of the link's business.
std::optional<PackageAction> package_action(EntryKind kind);
// The row as it goes into a Package: `number` is its place in the package, from 1, `values` are its entry's.
PackageRow package_row(std::uint32_t number, const LedgerRow& row, std::vector<std::string> values);

struct PackageRecord {
    std::uint64_t number = 0;
    std::string catalogue;
    LinkCursor from;  // of the first row
    LinkCursor to;    // behind the last row
    std::uint32_t rows = 0;
    std::int64_t created_ms = 0;
    std::string profile;  // "id/version" it was cut for
    PackageState state = PackageState::prepared;
    Hash256 body_hash;  // zero until written
    PackageGuid guid;   // zero until written
    std::uint32_t accepted = 0;
    std::uint32_t refused = 0;
    std::uint32_t set_aside = 0;

    Bytes write() const;
    static Result<PackageRecord> read(View bytes);
    bool operator==(const PackageRecord&) const = default;
};

// Rows of a package in pages of limits::link_page_rows; row n (from 1) is on page (n - 1) / link_page_rows.
Bytes write_row_page(std::span<const LedgerRow> rows);
Result<std::vector<LedgerRow>> read_row_page(View bytes);

// A package as cut: to be committed together, before anything is written to a folder.
struct CutPackage {
    PackageRecord record;  // of no rows: none that waited was needed, and there is no package
    std::vector<LedgerRow> rows;
    std::vector<LedgerRow> not_needed;  // passed over on the way
    LinkState after;                    // replaces the caller's LinkState in the same commit
};

// What a row goes out as, asked once for each in the order in which they do; empty: it is not needed.
using Settle = std::function<std::optional<PackageAction>(const LedgerRow&)>;

enum class CutRule : std::uint8_t {
    full,  // only a catalogue with rows_per_package waiting
    all    // any catalogue with something waiting, the longest waiting first
};

class Gatherer {
  public:
    // `profile` is kept in the records. Requires rows_per_package > 0. The caller feeds from state.settled on,
    // in order, every entry once; after a restart again from there.
    Gatherer(LinkState state, std::uint32_t rows_per_package, std::string profile);

    // One publish, correct or withdraw entry at row.at. Entries that are in a package already are passed over.
    // Requires row.at >= where(), that is, order.
    void feed(LedgerRow row, std::string_view catalogue);
    // Everything before `next` has been fed or is none of the link's business (directory entries, answers).
    void reached(LinkCursor next);
    // Where feeding goes on.
    LinkCursor where() const { return where_; }
    std::size_t waiting() const { return waiting_; }
    // True when no more should be fed before a cut: limits::link_waiting_rows_max are waiting.
    bool full() const;

    // The next package, if the rule allows one. The gatherer itself moves on at once: when the caller's commit
    // fails, it drops the gatherer with the turn.
    std::optional<CutPackage> cut(CutRule rule, Instant now, const Settle& settle);
    // As it may be committed now: also without a cut, so that what is none of the link's business is not read
    // again.
    LinkState state() const;

  private:
    PackageRecord package_of(const std::string& catalogue, const std::vector<LedgerRow>& rows, Instant now);

    LinkState state_;
    std::uint32_t rows_per_package_;
    std::string profile_;
    LinkCursor where_;
    std::size_t waiting_ = 0;
    std::map<std::string, std::deque<LedgerRow>, std::less<>> pending_;  // none empty
};

// The files of a package are in the outbox: notes hashes and the rows set aside. A package with nothing left to
// be answered is answered. Requires rows to be those of the record.
void note_written(PackageRecord& record, std::span<LedgerRow> rows, const PackageFiles& files);
// What became of the row's entry, which stands at `place`, as the ledger has it now; and how it went out, the
// `number`-th of its package.
EntryOutcome outcome_of(const PackageRecord& record, const LedgerRow& row, const EntryPlace& place,
                        Instant now);
SentAs sent_as(const PackageRecord& record, const LedgerRow& row, std::uint32_t number);
enum class AnswerEffect : std::uint8_t { changed, unchanged };
// One answer for the row with that number, or, when only the record is named, for each row of that record. The
// same answer again changes nothing; a different one replaces the earlier, because a province corrects itself
// too. Refuses feedback_unknown_row when the package has no such row or the two names disagree,
// feedback_unknown_record when no row is of the record, feedback_row_not_sent for a row set aside.
Result<AnswerEffect> note_answer(PackageRecord& record, std::span<LedgerRow> rows, const FeedbackRow& answer);

}  // namespace xinwang
