// The folder that convinces a stranger (API.md section 9.1; topology/receipt_folder.h).
#include <algorithm>
#include <charconv>

#include "node/api/api.h"
#include "node/core/reading.h"
#include "node/core/roster_rows.h"
#include "topology/receipt_folder.h"

namespace xinwang::api {
namespace {

// What only a turn of the loop may look at.
struct Gathered {
    Submission submission;
    FolderSource source;
    std::optional<SigningKey> key;
};

// Until its new parent has certified it, a node stands where it stands by its mover's word.
std::optional<Bytes> move_of(const Roster& roster, const Certificate& c) {
    const Bytes own = encode(c);
    const Certificate* parent = roster.find(c.parent);
    if (parent == nullptr) return std::nullopt;
    const auto keys = roster.sign_keys(parent->node);
    if (by_one_of(keys, [&](const SignPublicKey& key) { return verify_certificate(c, own, key); }))
        return std::nullopt;
    for (const Move& m : roster.moves(c.node))
        if (m.certificate == own) return encode(m);
    return std::nullopt;
}

void gather_chain(Gathered& into, const Core& core, const Snapshot& kept) {
    const Roster& roster = core.roster();
    into.source.root = roster.root();
    into.source.statements = roster.statements();
    std::vector<NodeId> way{core.identity().node};
    for (const NodeId& ancestor : roster.ancestors(core.identity().node)) way.push_back(ancestor);
    for (const NodeId& node : way) {
        const Certificate& c = *roster.find(node);
        into.source.links.push_back({encode(c), read_rekeys(kept, roster, node), move_of(roster, c)});
    }
}

void gather(Gathered& into, const Situation& s, const Submission& submission, const Snapshot& kept) {
    const Core& core = s.core;
    into.submission = submission;
    into.key = core.identity().sign_key;
    into.source.submission = submission.id;
    into.source.made_s = s.now.ms / 1000;
    gather_chain(into, core, kept);
    for (const auto& [lane, range] : submission.batches) {
        const LogId id{core.identity().node, range.incarnation, lane, {}};
        const LogView* log = core.logbook().find(id);
        if (log == nullptr) continue;
        FolderLog from{{id, range.first, range.last}, {}, {}, {}};
        for (const NodeId& ancestor : core.roster().ancestors(core.identity().node))
            if (const auto it = log->receipts.find(ancestor); it != log->receipts.end())
                from.receipts.push_back(it->second.note);
        into.source.logs.push_back(std::move(from));
    }
}

// Headers of the submission's batches, and the ids of all that the receipts reach over.
Result<void> read_log(FolderLog& log, const Snapshot& kept) {
    for (Seq seq = log.range.first; seq <= log.range.last; ++seq) {
        XW_TRY(at, kept.position(log.range.log, seq));
        if (!at) return refuse(Code::not_held, "batch", std::to_string(seq), log.range.log.origin_line());
        XW_TRY(header, kept.header(at->ordinal));
        log.headers.push_back(std::move(header));
    }
    std::uint64_t size = 0;
    for (const std::string& receipt : log.receipts)
        if (const auto head = head_of_note(receipt)) size = std::max(size, head->size);
    XW_TRY(ids, kept.batch_ids(log.range.log, 0, size));
    log.batches = std::move(ids);
    return {};
}

// The entry that the row became.
Result<SlipRow> find_row(const Gathered& gathered, std::uint32_t row, const Snapshot& kept,
                         const JobRoom& room) {
    for (const FolderLog& log : gathered.source.logs)
        for (Seq seq = log.range.first; seq <= log.range.last; ++seq) {
            XW_TRY(at, kept.position(log.range.log, seq));
            if (!at) continue;
            XW_TRY(entries, read_batch(kept, at->ordinal, room));
            for (std::uint32_t i = 0; i < entries.size(); ++i)
                if (entries[i].row == row) return SlipRow{row, log.range.log, seq, i};
        }
    return refuse(Code::receipt_row_unknown, std::to_string(row), gathered.submission.id.hex());
}

Result<std::optional<std::uint32_t>> row_of(const Request& request) {
    const auto it = request.query.find("row");
    if (it == request.query.end() || it->second.empty()) return std::nullopt;
    std::uint32_t row = 0;
    const char* const last = it->second.data() + it->second.size();
    const auto [end, error] = std::from_chars(it->second.data(), last, row);
    if (error == std::errc{} && end == last && row != 0) return row;
    return refuse(Code::bad_request, "row", it->second, "1..");
}

}  // namespace

Result<Response> Api::get_receipt_files(const Request& request) {
    const auto it = request.query.find("submission");
    const auto id = it == request.query.end() ? std::nullopt : SubmissionId::parse_hex(it->second);
    XW_TRY(row, row_of(request));
    std::optional<Gathered> gathered;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        const auto found = id ? s.core.submissions().find(*id) : s.core.submissions().end();
        if (found == s.core.submissions().end()) return;
        gather(gathered.emplace(), s, found->second, node_.store.snapshot());
    }));
    if (!gathered) return refuse(Code::not_found, "submission", it == request.query.end() ? "" : it->second);
    // Whatever the loop showed lies in this snapshot too.
    const Snapshot kept = node_.store.snapshot();
    for (FolderLog& log : gathered->source.logs) XW_TRY_VOID(read_log(log, kept));
    if (row) {
        XW_TRY(place, find_row(*gathered, *row, kept, node_.room));
        gathered->source.row = place;
    }
    XW_TRY(files, make_receipt_folder(gathered->source, *gathered->key));
    XW_TRY(report, verify_receipt_folder(files, gathered->source.root));
    Json list = Json::array();
    for (const auto& [name, content] : files) list.push_back(Json{{"name", name}, {"base64", base64(content)}});
    return answer(200, {{"schema", "xinwang.receipt_files/1"},
                        {"submission", id->hex()},
                        {"root", report.slip.root.hex()},
                        {"complete", report.complete},
                        {"files", std::move(list)}});
}

}  // namespace xinwang::api
