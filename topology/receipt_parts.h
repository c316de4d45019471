// The parts that making and verifying a receipt folder share: file names, and the signers of a checkpoint.
// Pure.
#pragma once

#include <set>

#include "topology/receipt_folder.h"

namespace xinwang::receipt_parts {

inline constexpr std::string_view slip_name = "receipt", sums_name = "SHA256SUMS", vkeys_name = "vkeys";

std::string folder_of(const LogId& log);
std::string header_name(const LogId& log, Seq seq);
std::string size_folder(const LogId& log, std::uint64_t size);
std::string proof_name(const std::string& size_folder, Seq seq);

// The list of sums as sha256sum writes and checks it, for all files but the slip and the list itself.
std::string sums_of(const ReceiptFiles& files);
std::string vkeys_text(const std::set<std::string>& vkeys);

struct CheckpointSigner {
    NoteKey key;
    std::optional<std::size_t> ancestor;  // in the chain; none: the origin
    std::int64_t seconds = 0;             // of an ancestor's receipt
};
// The signer of a line, whose signature is checked. Refuses a line of nobody in the chain.
Result<CheckpointSigner> signer_of(const NoteSignature& line, const Note& note, std::string_view text,
                                   const LogId& log, const std::vector<ProvenNode>& nodes);
// The signers in the order of the lines. Refuses a line that does not hold, two lines of one signer, and a
// checkpoint without the log's own line or without an ancestor's.
Result<std::vector<CheckpointSigner>> signers_of(std::string_view text, const LogId& log,
                                                 const std::vector<ProvenNode>& nodes);
// The policy of a checkpoint. Requires signers that signers_of() accepts.
std::string policy_text(const std::vector<CheckpointSigner>& signers, const LogId& log,
                        const std::vector<ProvenNode>& nodes);

}  // namespace xinwang::receipt_parts
