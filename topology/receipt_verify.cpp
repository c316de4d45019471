// Verifying a receipt folder (receipt_folder.h).
#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/envelope.h"
#include "protocol/tlog_proof.h"
#include "topology/receipt_parts.h"

namespace xinwang {

using namespace receipt_parts;

namespace {

// What a verification has come to know, and which files it has looked at.
struct Walk {
    const ReceiptFiles& files;
    FolderReport report;
    std::set<std::string> seen;
    std::set<std::string> vkeys;

    Result<View> take(const std::string& name) {
        seen.insert(name);
        return file_of(files, name);
    }
};

Result<std::vector<BatchId>> verify_headers(Walk& walk, const SlipLog& range) {
    std::vector<BatchId> ids;
    // A last one that no folder holds ends at the first file that is missing.
    for (Seq seq = range.first; seq <= range.last; ++seq) {
        const std::string name = header_name(range.log, seq);
        XW_TRY(bytes, walk.take(name));
        const auto header = verify_header(bytes, walk.report.nodes.front().keys);
        if (!header) return in_file(name, header.error());
        if (header->log != range.log)
            return in_file(
                name, Refusal(Code::not_your_log, "log", header->log.origin_line(), range.log.origin_line()));
        if (header->seq != seq)
            return in_file(name,
                           Refusal(Code::bad_number, "seq", std::to_string(header->seq), std::to_string(seq)));
        ids.push_back(header->id);
        walk.report.entries += header->entries;
        if (const auto& row = walk.report.slip.row; row && row->log == range.log && row->seq == seq)
            if (row->position >= header->entries)
                return refuse(Code::receipt_row_not_there, std::to_string(row->row),
                              std::to_string(row->position), std::to_string(header->entries));
    }
    walk.report.batches += ids.size();
    return ids;
}

Result<void> verify_proof(Walk& walk, const std::string& name, Seq seq, const BatchId& id, const Head& head,
                          std::string_view checkpoint) {
    XW_TRY(bytes, walk.take(name));
    const auto proof = parse_tlog_proof(text(bytes));
    if (!proof) return in_file(name, proof.error());
    if (proof->index != seq)
        return in_file(
            name, Refusal(Code::bad_tlog_proof, "index", std::to_string(proof->index), std::to_string(seq)));
    if (proof->checkpoint != checkpoint)
        return in_file(name, Refusal(Code::bad_tlog_proof, "checkpoint", proof->checkpoint.substr(0, 40),
                                     "the checkpoint beside it"));
    if (auto held = verify_inclusion(leaf_hash(id.view()), seq, head.size, head.root, proof->hashes); !held)
        return in_file(name, held.error());
    return {};
}

// The content of a file that follows from the others.
Result<void> verify_made(Walk& walk, const std::string& name, std::string_view expected) {
    XW_TRY(bytes, walk.take(name));
    if (text(bytes) == expected) return {};
    std::size_t line = 1;
    for (std::size_t i = 0; i < std::min(bytes.size(), expected.size()) && text(bytes)[i] == expected[i]; ++i)
        line += expected[i] == '\n';
    return refuse(Code::receipt_file_differs, name, fmt::format("line {}", line),
                  "what follows from the other files");
}

Result<void> verify_size(Walk& walk, const SlipLog& range, std::uint64_t size, std::span<const BatchId> ids) {
    const std::string folder = size_folder(range.log, size), name = folder + "checkpoint";
    XW_TRY(bytes, walk.take(name));
    const std::string_view note = text(bytes);
    const auto head = head_of_note(note);
    if (!head) return in_file(name, head.error());
    if (head->log != range.log)
        return in_file(name,
                       Refusal(Code::not_your_log, "log", head->log.origin_line(), range.log.origin_line()));
    if (head->size != size)
        return in_file(name,
                       Refusal(Code::bad_checkpoint, "size", std::to_string(head->size), std::to_string(size)));
    const auto signers = signers_of(note, range.log, walk.report.nodes);
    if (!signers) return in_file(name, signers.error());
    for (const CheckpointSigner& s : *signers) {
        walk.vkeys.insert(s.key.verifier_key());
        if (s.ancestor)
            walk.report.covers.push_back({range.log, *s.ancestor, size, s.seconds, size > range.last});
    }
    XW_TRY_VOID(verify_made(walk, folder + "policy", policy_text(*signers, range.log, walk.report.nodes)));
    for (std::size_t i = 0; i < ids.size() && range.first + i < size; ++i)
        XW_TRY_VOID(
            verify_proof(walk, proof_name(folder, range.first + i), range.first + i, ids[i], *head, note));
    return {};
}

// The sizes for which there are checkpoints.
std::vector<std::uint64_t> sizes_of(const ReceiptFiles& files, const LogId& log) {
    std::vector<std::uint64_t> sizes;
    const std::string prefix = folder_of(log) + "size-";
    for (auto it = files.lower_bound(prefix); it != files.end() && it->first.starts_with(prefix); ++it) {
        std::uint64_t size = 0;
        for (std::size_t i = prefix.size(); i < it->first.size() && it->first[i] >= '0' && it->first[i] <= '9';
             ++i)
            size = size * 10 + static_cast<std::uint64_t>(it->first[i] - '0');
        if (it->first == size_folder(log, size) + "checkpoint") sizes.push_back(size);
    }
    std::sort(sizes.begin(), sizes.end());
    return sizes;
}

// The list, against the files and against the slip: what no check above looks into is caught here.
Result<void> verify_sums(Walk& walk) {
    for (const auto& [name, content] : walk.files)
        if (!walk.seen.contains(name) && !name.starts_with("chain/"))
            return refuse(Code::receipt_file_strange, name);
    XW_TRY_VOID(verify_made(walk, std::string(sums_name), sums_of(walk.files)));
    const Hash256 sums = sha256({View(walk.files.find(sums_name)->second)});
    if (sums == walk.report.slip.files) return {};
    return refuse(Code::receipt_file_differs, sums_name, sums.hex(), walk.report.slip.files.hex());
}

bool city_holds_all(const FolderReport& report) {
    return std::all_of(report.slip.logs.begin(), report.slip.logs.end(), [&](const SlipLog& range) {
        return std::any_of(report.covers.begin(), report.covers.end(), [&](const FolderCover& c) {
            return c.log == range.log && c.whole && c.node + 1 == report.nodes.size();
        });
    });
}

}  // namespace

Result<FolderReport> verify_receipt_folder(const ReceiptFiles& files, const RootId& root) {
    Walk walk{files, {}, {}, {}};
    XW_TRY(note, walk.take(std::string(slip_name)));
    auto slip = parse_slip(text(note));
    if (!slip) return in_file(slip_name, slip.error());
    walk.report.slip = std::move(*slip);
    XW_TRY(chain, verify_chain(files, root, walk.report.slip.code));
    if (!chain.goes_by(walk.report.slip.root))
        return refuse(Code::receipt_other_root, slip_name, walk.report.slip.root.hex(), root.hex());
    const Certificate& origin = chain.nodes.front().certificate;
    if (origin.node != walk.report.slip.origin)
        return in_file(slip_name, Refusal(Code::receipt_slip_bad, "origin", walk.report.slip.origin.hex()));
    if (auto held = verify_slip(text(note), origin.node, chain.nodes.front().keys); !held)
        return in_file(slip_name, held.error());
    walk.report.nodes = std::move(chain.nodes);
    for (const SlipLog& range : walk.report.slip.logs) {
        XW_TRY(ids, verify_headers(walk, range));
        for (const std::uint64_t size : sizes_of(files, range.log))
            XW_TRY_VOID(verify_size(walk, range, size, ids));
    }
    if (const auto& row = walk.report.slip.row) {
        const bool within = std::any_of(
            walk.report.slip.logs.begin(), walk.report.slip.logs.end(),
            [&](const SlipLog& l) { return l.log == row->log && row->seq >= l.first && row->seq <= l.last; });
        if (!within)
            return refuse(Code::receipt_row_not_there, std::to_string(row->row), row->log.origin_line());
    }
    XW_TRY_VOID(verify_made(walk, std::string(vkeys_name), vkeys_text(walk.vkeys)));
    walk.seen.insert(std::string(sums_name));
    XW_TRY_VOID(verify_sums(walk));
    walk.report.complete = city_holds_all(walk.report);
    return std::move(walk.report);
}

}  // namespace xinwang
