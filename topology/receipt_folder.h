// A receipt folder: all that a stranger needs to see for himself, with no node and no network, that the batches
// of a submission are held by the origin's ancestors (WIRE.md section 15, which lists the files).
//
//     receipt                                        the slip (receipt_slip.h)
//     SHA256SUMS                                     of all files but these two
//     vkeys                                          verifier keys of all that signed, a line each
//     chain/…                                        from the root id to their keys (receipt_chain.h)
//     <lane>-<incarnation>/batch-<seq>.header        the batch's header, whose hash is the leaf
//     <lane>-<incarnation>/size-<n>/checkpoint       one note: the head at size n, all receipts for it
//     <lane>-<incarnation>/size-<n>/policy           the same as a C2SP tlog-policy
//     <lane>-<incarnation>/size-<n>/batch-<seq>.tlog-proof
//
// Ancestors whose newest receipts are of one size share a checkpoint. A folder is checked as a node checks;
// other people's tools verify checkpoints and proofs with vkeys or policy alone. A folder with a changed
// byte, a file too many or a file too few is refused, and the file named. Pure.
#pragma once

#include "topology/receipt_chain.h"
#include "topology/receipt_slip.h"

namespace xinwang {

struct FolderLog {
    SlipLog range;
    std::vector<Bytes> headers;         // of first..last
    std::vector<BatchId> batches;       // of the whole log, from 0, as far as any receipt reaches
    std::vector<std::string> receipts;  // notes: the newest of each ancestor that has one
};

struct FolderSource {
    SubmissionId submission;
    RootId root;
    std::int64_t made_s = 0;
    std::vector<Bytes> statements;
    std::vector<ChainLink> links;  // the origin first, the city last
    std::vector<FolderLog> logs;
    std::optional<SlipRow> row;
};

// Refuses receipt_not_made when no ancestor holds any of the submission yet, and what verify_receipt_folder()
// would refuse.
Result<ReceiptFiles> make_receipt_folder(const FolderSource& source, const SigningKey& origin);

// The reach of one ancestor's receipt in one log of the submission.
struct FolderCover {
    LogId log;
    std::size_t node = 0;  // in `nodes`
    std::uint64_t size = 0;
    std::int64_t seconds = 0;  // by the ancestor's clock
    bool whole = false;        // beyond the last of the submission's batches
};

struct FolderReport {
    ReceiptSlip slip;
    std::vector<ProvenNode> nodes;  // the origin first, the city last
    std::vector<FolderCover> covers;
    std::uint64_t batches = 0, entries = 0;
    bool complete = false;  // the city holds every batch of it
};

// Refuses receipt_other_root, receipt_file_missing, receipt_file_strange, receipt_file_differs,
// receipt_row_not_there and every refusal of a file's content, the file's name in front of the field.
Result<FolderReport> verify_receipt_folder(const ReceiptFiles& files, const RootId& root);

}  // namespace xinwang
