// Jobs: the heavy work per record that the core asks for and does not do itself (node/DESIGN.md section 3.1).
//
// A job is a value with all it needs; the edge runs it on a worker thread, the simulator runs the same code
// inline, and its result comes back to the core as an event. Jobs read the store through snapshots and never
// write. Results may come back in any order. `run_*` are pure but for the randomness that sealing draws
// (libsodium's generator).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "node/core/authority.h"
#include "node/core/content_keys.h"
#include "node/core/judged_contents.h"
#include "node/core/row_page.h"
#include "protocol/action.h"
#include "protocol/catalogue.h"
#include "protocol/checkpoint.h"
#include "protocol/entry.h"
#include "protocol/envelope.h"
#include "protocol/keys.h"
#include "protocol/verdict.h"
#include "storage/damage.h"
#include "storage/verify.h"

namespace xinwang {

using SharedBytes = std::shared_ptr<const Bytes>;

// Number of a session within one life of the process; 0 means none.
using SessionNumber = std::uint64_t;

// Read one batch to send it on.
struct LoadJob {
    SessionNumber session = 0;
    LogId log;
    Seq seq = 0;
    bool wanted = false;  // the peer asked for this one batch
};
struct LoadedBatch {
    SessionNumber session = 0;
    LogId log;
    Seq seq = 0;
    bool wanted = false;
    // pieces[0] is the header. A refusal: the store could not give it (corrupt, expired).
    Result<std::vector<SharedBytes>> pieces;
    std::vector<SharedBytes> left{};  // of an expired one: its header, and the statement of expiry
    bool expired = false;             // `pieces` are the remains, and the proof
};

// Verify one received batch; open and scan it when this node is of its audience.
struct AdmitJob {
    SessionNumber session = 0;
    LogId log;
    Seq seq = 0;
    std::vector<SharedBytes> pieces;         // [0] is the header
    std::vector<SignPublicKey> origin_keys;  // every key that it has had
    bool expired = false;                    // pieces[1] is a statement of expiry, whose signature was checked
};
// Rows in one batch of an own submission that a verdict calls not in effect.
struct RefusedRows {
    LogId log;
    Seq seq = 0;
    std::vector<std::uint32_t> rows;
};
struct AdmittedBatch {
    BatchId id;
    BatchId previous;
    SignPublicKey signer;
    std::uint16_t policy = 0;
    std::uint64_t directory_version = 0;
    std::vector<NodeId> audience;  // as its stanzas name it; empty under the open policy
    std::uint32_t entries = 0;
    std::size_t bytes = 0;
    std::int64_t created_ms = 0;
    std::vector<IndexRow> index;  // empty at a carrier
    std::vector<Entry> control;   // entries that act on nodes, not records: enrol, catalogue, feedback
    std::vector<RefusedRows> refused_rows;  // by the verdicts among `control`
    std::vector<SharedBytes> pieces;
    std::uint16_t gone = 0;  // how many pieces have expired: pieces[1] is the statement in their place
};
struct Admission {
    SessionNumber session = 0;
    LogId log;
    Seq seq = 0;
    Result<AdmittedBatch> batch;
    std::vector<SharedBytes> pieces;  // as received, for the quarantine when `batch` is a refusal
};

// Compress entries into chunks and make their index rows: the part of sealing that needs no place in a log,
// and so runs for several blocks at once.
struct PackedEntries {
    Packed packed;
    std::vector<IndexRow> index;  // positions count from the first entry
};
struct PackJob {
    std::uint64_t block = 0;  // the core's number for it
    std::shared_ptr<const EntryBlock> entries;
};
struct PackedBlock {
    std::uint64_t block = 0;
    std::shared_ptr<const PackedEntries> entries;
};

// Seal entries into consecutive batches of one own log.
struct SealGroup {
    std::uint16_t policy = 0;
    std::vector<Recipient> recipients;
    // Either the entries as they came, or the result of a PackJob on them.
    std::shared_ptr<const EntryBlock> entries;
    std::shared_ptr<const PackedEntries> packed;
};
struct SealJob {
    std::optional<SigningKey> sign_key;  // the one in force; none: the room's
    LogId log;
    Seq seq = 0;  // of the first batch
    BatchId previous;
    std::int64_t created_ms = 0;  // their moment (WIRE.md section 4.8)
    std::uint64_t directory_version = 0;
    Hash256 directory_hash;
    std::vector<SealGroup> groups;
};
struct Sealed {
    struct Part {
        BatchId id;
        std::uint32_t entries = 0;
        std::size_t bytes = 0;
        std::vector<SharedBytes> pieces;
        std::vector<IndexRow> index;
    };
    LogId log;
    Seq seq = 0;
    SignPublicKey signer;
    std::vector<Part> parts;
};

// Read the next rows of a submission. Run by node/intake, which the core does not know.
struct IntakeJob {
    SubmissionId submission;
    std::shared_ptr<const Catalogue> catalogue;
    Action action = Action::publish;
    Bytes cursor;  // opaque to the core; empty at the start
    // This node's own `records` log, as far as the city has confirmed it: batches beyond may not be
    // overtaken.
    Incarnation incarnation;
    Seq records_confirmed = 0;
};
struct NewEntry {
    Lane lane = Lane::records;
    std::uint16_t policy = 0;
    Bytes entry;
    std::uint32_t row = 0;
};
// A note for people about a row, or about the file (row 0).
struct RowNote {
    std::uint32_t row = 0;
    std::uint8_t note = 0;  // note_refused, note_warned or note_of_file (row_page.h)
    Bytes answer;           // encoded findings
};
struct IntakeRows {
    std::uint32_t read = 0, accepted = 0, corrected = 0, withdrawn = 0, unchanged = 0, refused = 0, warned = 0;
    IntakeRows& operator+=(const IntakeRows& more);
};
struct IntakeStep {
    std::vector<NewEntry> entries;
    std::vector<RowNote> notes;
    std::vector<RowResult> results;  // of each row read, in order
    IntakeRows rows;
    Bytes cursor;
    std::int64_t after = 0;  // the latest moment held of the entries' records (record_order.h)
    bool end = false;
};
struct IntakeStepped {
    SubmissionId submission;
    Result<IntakeStep> step;  // a refusal refuses the whole file from here on
};

// Read one batch whole and tell whether it is sound, and the facts about it. Asked by name, or by the refusal
// that a reader was given.
struct ExamineJob {
    std::optional<Refusal> refusal;  // store_corrupt
    BatchName name;                  // without a refusal
};
struct Examined {
    std::optional<Refusal> refusal;
    std::optional<BatchName> name;  // empty: the refusal names a value outside every batch
    Examination seen;
};

// One step of the scrub.
struct ScrubJob {
    StoreWalk walk;
    std::uint64_t bytes = 0;
};
struct Scrubbed {
    StoreWalk walk;
    std::uint64_t bytes = 0;  // read
    bool end = false;
    std::set<BatchName> batches;  // those with something wrong
    std::vector<Refusal> others;  // damage outside every batch
};

// Find those of these heads, signed by others, that are of the history that this node holds of the log.
struct CompareJob {
    LogId log;
    std::vector<Head> heads;
};
struct Compared {
    LogId log;
    std::vector<Head> ours;
};

// Judge the city's next batches, in the order of their arrival: which of their entries are in effect
// (judging.h).
struct JudgeJob {
    std::uint64_t from = 0;  // the first ordinal that is not judged
};
struct BatchJudgement {
    LogId log;
    Seq seq = 0;
    std::vector<VerdictGroup> refused;
    std::vector<std::uint32_t> rows;  // refused rows of this node's own submissions
    std::vector<NodeId> readers;      // the nodes it is sealed for, but for this one
    bool operator==(const BatchJudgement&) const = default;
};
struct Judged {
    std::uint64_t from = 0;
    std::uint64_t next = 0;
    std::vector<BatchJudgement> batches;  // those without an earlier verdict
    std::optional<Refusal> damage;        // at `next`, which cannot be read before it is healed
};

using Job =
    std::variant<LoadJob, AdmitJob, PackJob, SealJob, IntakeJob, ExamineJob, ScrubJob, CompareJob, JudgeJob>;
using JobResult = std::variant<LoadedBatch, Admission, PackedBlock, Sealed, IntakeStepped, Examined, Scrubbed,
                               Compared, Judged>;

// The resources that the jobs of one node use; outlives the jobs. Safe to share between threads.
struct JobRoom {
    NodeId self;
    SigningKey sign_key;
    OpeningKeys open_keys;
    const Store* store = nullptr;
    std::shared_ptr<ContentKeys> content_keys = std::make_shared<ContentKeys>();
    std::shared_ptr<JudgedContentsCache> judged_contents = std::make_shared<JudgedContentsCache>();
    std::shared_ptr<SharedAuthority> authority = std::make_shared<SharedAuthority>();
};

// The index row of one encoded entry; none for entries that are not about records. Refuses an entry that does
// not parse.
Result<std::optional<IndexRow>> index_row(View entry, std::uint32_t position, const Store& store);

// True for a batch of a log that goes up, when its contents are at fault: its origin's fault, for every
// carrier has checked the bytes. Such a batch is held like one that is carried, says nothing, and the city's
// verdict says why; refusing it would stop the log for ever at each reader, behind the back of its origin.
bool says_nothing(const LogId& log, const Refusal& why);
// True for contents that no reader can ever read, in any log.
bool is_contents_fault(Code code);

LoadedBatch run_load(const LoadJob& job, const JobRoom& room);
Admission run_admit(const AdmitJob& job, const JobRoom& room);
PackedBlock run_pack(const PackJob& job, const JobRoom& room);
Sealed run_seal(const SealJob& job, const JobRoom& room);
Examined run_examine(const ExamineJob& job, const JobRoom& room);
Scrubbed run_scrub(const ScrubJob& job, const JobRoom& room);
Compared run_compare(const CompareJob& job, const JobRoom& room);

}  // namespace xinwang
