// A submission: one file handed in, its progress through intake, and where its entries went. A value kept in
// the store (table `submissions`); FORMAT.md gives its bytes. Pure.
//
//   received ── rows are read, step by step ──> reading ──> done
//                                                  └──────> refused (the whole file, with its reason)
//
// Invariant: `cursor`, `rows` and the batches that the rows became are written in one commit, so a crash
// between two steps repeats nothing and skips nothing.
#pragma once

#include <map>
#include <string>

#include "node/core/jobs.h"
#include "protocol/base/time.h"

namespace xinwang {

enum class SubmissionState : std::uint8_t { received = 1, reading = 2, done = 3, refused = 4 };
const char* action_name(Action action);
const char* submission_state_name(SubmissionState state);

// The batches of one lane that hold this submission's entries: first..last, both included.
struct BatchRange {
    Incarnation incarnation;
    Seq first = 0;
    Seq last = 0;
};

struct Submission {
    SubmissionId
        id;  // BLAKE2b-128 of catalogue, action and the file's bytes; taken once more: id_again() of that
    std::string name;
    std::string catalogue;
    Action action = Action::publish;
    SubmissionState state = SubmissionState::received;
    std::uint64_t file_bytes = 0;
    Instant received;
    Instant finished;
    IntakeRows rows;
    Bytes cursor;
    // The terms that its rows were judged by, for when the file is handed in again: the day (yyyymmdd), the
    // catalogue's version, and how many batches of records were held when it was done.
    std::uint32_t day = 0;
    std::uint32_t catalogue_version = 0;
    std::uint64_t batches_held = 0;
    // The number of its first rows that were read by a release that wrote no pages of rows (row_page.h).
    std::uint32_t rows_without_page = 0;
    // One for each lane; another when the node was restored while the file was read.
    std::multimap<Lane, BatchRange> batches;
    std::optional<Refusal> refusal;

    // The range of this incarnation, made at `first` when there is none.
    BatchRange& range(Lane lane, const Incarnation& incarnation, Seq first);
    // True when entries of it lie in `log` at `from` or beyond.
    bool reaches(const LogId& log, Seq from) const;
    bool open() const { return state == SubmissionState::received || state == SubmissionState::reading; }
};

// The id under which a file is taken once more, when its earlier submission no longer answers for it.
SubmissionId id_again(const SubmissionId& id);

Bytes encode(const Submission& submission);
Result<Submission> decode_submission(View bytes);

}  // namespace xinwang
