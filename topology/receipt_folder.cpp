// Making a receipt folder (receipt_folder.h).
#include "topology/receipt_folder.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/tlog_proof.h"
#include "topology/receipt_parts.h"

namespace xinwang {

using namespace receipt_parts;

namespace {

Bytes text_bytes(std::string_view text) {
    return to_bytes(view(text));
}

// The head at one size with every line that belongs to it: the log's own, signed for this; the origin's other
// name, where a receipt carries it; each ancestor's.
Result<std::string> merged_note(const LogId& log, const std::vector<std::string_view>& receipts,
                                const std::vector<ProvenNode>& nodes, const SigningKey& origin) {
    XW_TRY(first, parse_note(receipts.front()));
    const NoteKey own = head_key(log, origin.public_key());
    std::string merged = std::string(first.body) + "\n";
    merged += signature_line(own, origin.sign(view(first.body)).view());
    std::set<std::string> seen{own.name};
    for (const std::string_view receipt : receipts) {
        XW_TRY(note, parse_note(receipt));
        for (const NoteSignature& line : note.signatures) {
            if (seen.contains(std::string(line.name)) || !signer_of(line, note, receipt, log, nodes)) continue;
            seen.insert(std::string(line.name));
            merged += std::string(line.line) + "\n";
        }
    }
    return merged;
}

Result<void> make_size(ReceiptFiles& files, std::set<std::string>& vkeys, const FolderLog& from,
                       const std::vector<std::string_view>& receipts, std::span<const Hash256> leaves,
                       const std::vector<ProvenNode>& nodes, const SigningKey& origin) {
    const LogId& log = from.range.log;
    XW_TRY(head, head_of_note(receipts.front()));
    const std::string folder = size_folder(log, head.size);
    XW_TRY(note, merged_note(log, receipts, nodes, origin));
    XW_TRY(signers, signers_of(note, log, nodes));
    for (const CheckpointSigner& s : signers) vkeys.insert(s.key.verifier_key());
    files[folder + "checkpoint"] = text_bytes(note);
    files[folder + "policy"] = text_bytes(policy_text(signers, log, nodes));
    for (Seq seq = from.range.first; seq <= from.range.last && seq < head.size; ++seq)
        files[proof_name(folder, seq)] =
            text_bytes(tlog_proof_text({seq, inclusion_proof(leaves.first(head.size), seq), note}));
    return {};
}

// How many receipts there were for it.
Result<std::size_t> make_log(ReceiptFiles& files, std::set<std::string>& vkeys, const FolderLog& from,
                             const std::vector<ProvenNode>& nodes, const SigningKey& origin) {
    const LogId& log = from.range.log;
    for (std::size_t i = 0; i < from.headers.size(); ++i)
        files[header_name(log, from.range.first + i)] = from.headers[i];
    std::vector<Hash256> leaves;
    for (const BatchId& batch : from.batches) leaves.push_back(leaf_hash(batch.view()));
    // By the whole of what they say: of one size, and of one tree.
    std::map<std::string, std::vector<std::string_view>> by_head;
    std::size_t found = 0;
    for (const std::string& receipt : from.receipts) {
        XW_TRY(head, head_of_note(receipt));
        if (head.size <= from.range.first || head.size > leaves.size()) continue;
        if (head.root != tree_root(std::span(leaves).first(head.size)))
            return refuse(Code::forked, log.origin_line(), head.root.hex());
        by_head[checkpoint_text(head)].push_back(receipt);
        ++found;
    }
    for (const auto& [head, receipts] : by_head)
        XW_TRY_VOID(make_size(files, vkeys, from, receipts, leaves, nodes, origin));
    return found;
}

}  // namespace

Result<ReceiptFiles> make_receipt_folder(const FolderSource& source, const SigningKey& origin) {
    XW_CHECK(!source.links.empty());
    ReceiptFiles files;
    write_chain(files, source.statements, source.links);
    XW_TRY(own, parse_certificate(source.links.front().certificate));
    XW_TRY(chain, verify_chain(files, source.root, own.code));
    const std::vector<ProvenNode>& nodes = chain.nodes;
    ReceiptSlip slip{source.submission, source.root, own.code, own.node, source.made_s, {}, source.row, {}};
    std::set<std::string> vkeys;
    std::size_t receipts = 0;
    for (const FolderLog& log : source.logs) {
        slip.logs.push_back(log.range);
        XW_TRY(found, make_log(files, vkeys, log, nodes, origin));
        receipts += found;
    }
    if (receipts == 0) return refuse(Code::receipt_not_made, source.submission.hex());
    files[std::string(vkeys_name)] = text_bytes(vkeys_text(vkeys));
    files[std::string(sums_name)] = text_bytes(sums_of(files));
    slip.files = sha256({View(files.find(sums_name)->second)});
    files[std::string(slip_name)] = text_bytes(sign_slip(slip, origin));
    // Nobody is handed what would not convince him.
    XW_TRY_VOID(verify_receipt_folder(files, source.root));
    return files;
}

}  // namespace xinwang
