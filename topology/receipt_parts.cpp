#include "topology/receipt_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/tlog_proof.h"

namespace xinwang::receipt_parts {

std::string folder_of(const LogId& log) {
    return fmt::format("{}-{}/", lane_name(log.lane), log.incarnation.hex());
}
std::string header_name(const LogId& log, Seq seq) {
    return fmt::format("{}batch-{}.header", folder_of(log), seq);
}
std::string size_folder(const LogId& log, std::uint64_t size) {
    return fmt::format("{}size-{}/", folder_of(log), size);
}
std::string proof_name(const std::string& folder, Seq seq) {
    return fmt::format("{}batch-{}.tlog-proof", folder, seq);
}

std::string sums_of(const ReceiptFiles& files) {
    std::string out;
    for (const auto& [name, content] : files)
        if (name != slip_name && name != sums_name)
            out += fmt::format("{}  {}\n", sha256({View(content)}).hex(), name);
    return out;
}

std::string vkeys_text(const std::set<std::string>& vkeys) {
    return fmt::format("{}\n", fmt::join(vkeys, "\n"));
}

Result<CheckpointSigner> signer_of(const NoteSignature& line, const Note& note, std::string_view text,
                                   const LogId& log, const std::vector<ProvenNode>& nodes) {
    for (const SignPublicKey& key : nodes.front().keys)
        for (const NoteKey& by :
             {head_key(log, key), NoteKey{note_key_name(log.origin), NoteKeyType::ed25519, key}}) {
            if (line.name != by.name || line.key_id != by.id()) continue;
            XW_TRY_VOID(verify_note(note, by));
            return CheckpointSigner{by, std::nullopt};
        }
    for (std::size_t i = 1; i < nodes.size(); ++i)
        for (const SignPublicKey& key : nodes[i].keys) {
            const NoteKey by = receipt_key(nodes[i].certificate.node, key);
            if (line.name != by.name || line.key_id != by.id()) continue;
            XW_TRY(receipt, verify_receipt(text, nodes[i].certificate.node, key));
            return CheckpointSigner{by, i, receipt.seconds};
        }
    return refuse(Code::bad_note, "signature line", line.line, "the origin's or an ancestor's");
}

Result<std::vector<CheckpointSigner>> signers_of(std::string_view text, const LogId& log,
                                                 const std::vector<ProvenNode>& nodes) {
    XW_TRY(note, parse_note(text));
    std::vector<CheckpointSigner> signers;
    std::set<std::string> seen;
    bool by_log = false, by_ancestor = false;
    for (const NoteSignature& line : note.signatures) {
        XW_TRY(signer, signer_of(line, note, text, log, nodes));
        if (!seen.insert(signer.key.name).second)
            return refuse(Code::bad_note, "signatures", signer.key.name, "one of each");
        by_log = by_log || signer.key.name == log.origin_line();
        by_ancestor = by_ancestor || signer.ancestor;
        signers.push_back(std::move(signer));
    }
    if (!by_log) return refuse(Code::note_not_signed, "note", log.origin_line());
    if (!by_ancestor) return refuse(Code::note_not_signed, "note", "ancestors");
    return signers;
}

std::string policy_text(const std::vector<CheckpointSigner>& signers, const LogId& log,
                        const std::vector<ProvenNode>& nodes) {
    const auto own = std::find_if(signers.begin(), signers.end(),
                                  [&](const CheckpointSigner& s) { return s.key.name == log.origin_line(); });
    std::vector<PolicyWitness> witnesses;
    for (const CheckpointSigner& s : signers)
        if (s.ancestor) witnesses.push_back({nodes[*s.ancestor].certificate.code.text(), s.key});
    return tlog_policy_text(own->key, witnesses);
}

}  // namespace xinwang::receipt_parts
