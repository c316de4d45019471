// The ledger of the link: for each entry of the city its package, and the province's answer.
//
// Pure; the caller keeps these values in its store and commits them. The city's entries have one order, the
// order of arrival: LinkCursor = (the batch's arrival ordinal, position in the batch). The Gatherer reads
// along that order and cuts packages, one catalogue each; the entries of one catalogue go out in order.
//
//   gathered --cut, one commit--> prepared --files in the outbox--> written --every row answered--> answered
//
// Invariants:
// - each record entry is in exactly one package, or was not needed in any: LinkState moves in the same commit
//   that adds the package;
// - a package is committed as prepared before its first byte is written; after a crash it is rendered again
//   from the entries that its rows point at, byte for byte the same (created_ms is in the record for that);
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
// beyond `settled`, the entries of a catalogue before after[catalogue] are in packages too.
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

// One row of a package: its entry's place, its origin, and its fate.
struct LedgerRow {
    LinkCursor at;
    PackageAction action = PackageAction::add;
    RecordId record;
    NodeId origin;
    RowState state = RowState::waiting;
    std::string reason_code;  // the province's, or the city's (XW-...) for a row set aside; cut to its limit
    std::string message;
    std::uint32_t row = 0;  // in the submission that the entry came from; 0: not known
    bool operator==(const LedgerRow&) const = default;
};

// The action that an entry of this kind means to the receiver; empty for kinds that are none of the link's
// business.
std::optional<PackageAction> package_action(EntryKind kind);
// The row as it goes into a Package: `number` is its place in the package, from 1; `values` come from its
// entry.
PackageRow package_row(std::uint32_t number, const LedgerRow& row, std::vector<std::string> values);

struct PackageRecord {
    std::uint64_t number = 0;
    std::string catalogue;
    LinkCursor from;  // of the first row
    LinkCursor to;    // behind the last row
    std::uint32_t rows = 0;
    std::int64_t created_ms = 0;
    std::string profile;  // "id/version" that the package was cut for
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

// A package as cut: all members are committed together, before any file is written to a folder.
struct CutPackage {
    PackageRecord record;  // without rows when no waiting row was needed: then there is no package
    std::vector<LedgerRow> rows;
    std::vector<LedgerRow> not_needed;  // passed over on the way
    LinkState after;                    // replaces the caller's LinkState in the same commit
};

// The action with which a row goes out, asked once for each row in the order of sending; empty: the row is
// not needed.
using Settle = std::function<std::optional<PackageAction>(const LedgerRow&)>;

enum class CutRule : std::uint8_t {
    full,  // only a catalogue with rows_per_package rows waiting
    all    // any catalogue with rows waiting, the longest waiting first
};

class Gatherer {
  public:
    // `profile` is kept in the records. Requires rows_per_package > 0. The caller feeds every entry once, in
    // order, from state.settled on; after a restart again from there.
    Gatherer(LinkState state, std::uint32_t rows_per_package, std::string profile);

    // Takes one publish, correct or withdraw entry at row.at. Entries that are in a package already are
    // passed over. Requires row.at >= where(): entries come in order.
    void feed(LedgerRow row, std::string_view catalogue);
    // Notes that everything before `next` has been fed or is none of the link's business (directory entries,
    // answers).
    void reached(LinkCursor next);
    // The place where feeding goes on.
    LinkCursor where() const { return where_; }
    std::size_t waiting() const { return waiting_; }
    // True when no more should be fed before a cut: limits::link_waiting_rows_max are waiting.
    bool full() const;

    // Cuts the next package, if the rule allows one. The gatherer moves on at once: a caller whose commit
    // fails drops the gatherer with the turn.
    std::optional<CutPackage> cut(CutRule rule, Instant now, const Settle& settle);
    // The state that may be committed now, also without a cut, so that entries that are none of the link's
    // business are not read again.
    LinkState state() const;

  private:
    PackageRecord package_of(const std::string& catalogue, const std::vector<LedgerRow>& rows, Instant now);

    LinkState state_;
    std::uint32_t rows_per_package_;
    std::string profile_;
    LinkCursor where_;
    std::size_t waiting_ = 0;
    std::map<std::string, std::deque<LedgerRow>, std::less<>> pending_;  // no deque is empty
};

// Notes that a package's files are in the outbox, with their hashes and the rows set aside. A package without
// rows to be answered becomes `answered`. Requires that `rows` are the record's.
void note_written(PackageRecord& record, std::span<LedgerRow> rows, const PackageFiles& files);
// The outcome of the row's entry, which stands at `place`, as the ledger has it now; and the form in which it
// went out, as row `number` of its package.
EntryOutcome outcome_of(const PackageRecord& record, const LedgerRow& row, const EntryPlace& place,
                        Instant now);
SentAs sent_as(const PackageRecord& record, const LedgerRow& row, std::uint32_t number);
enum class AnswerEffect : std::uint8_t { changed, unchanged };
// Notes one answer: for the row with its number, or, when it names only the record, for each row of that
// record. The same answer again changes nothing; a different answer replaces the earlier one, because a
// province corrects itself too. Refuses feedback_unknown_row when the package has no such row or the two
// names disagree, feedback_unknown_record when no row is of the record, feedback_row_not_sent for a row set
// aside.
Result<AnswerEffect> note_answer(PackageRecord& record, std::span<LedgerRow> rows, const FeedbackRow& answer);

}  // namespace xinwang
