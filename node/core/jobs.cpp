#include "node/core/jobs.h"

#include <algorithm>

#include "node/core/reading.h"
#include "protocol/base/check.h"
#include "protocol/expiry.h"
#include "protocol/merkle.h"

namespace xinwang {
namespace {

std::vector<View> views(const std::vector<SharedBytes>& pieces, std::size_t from) {
    std::vector<View> out;
    for (std::size_t i = from; i < pieces.size(); ++i) out.emplace_back(*pieces[i]);
    return out;
}

std::size_t total_bytes(const std::vector<SharedBytes>& pieces) {
    std::size_t bytes = 0;
    for (const auto& piece : pieces) bytes += piece->size();
    return bytes;
}

// What an index needs of each entry, and the entries that act on nodes.
Result<void> scan(const BatchHeader& header, std::span<const View> pieces, const ContentKey& key,
                  AdmittedBatch& batch, const JobRoom& room) {
    batch.index.reserve(header.entries);
    ContentsJudge contents(header, room.authority->get(), room.self);
    XW_TRY_VOID(scan_batch(header, pieces, key, [&](std::uint32_t position, View entry) -> Result<void> {
        XW_TRY(row, index_row(entry, position, *room.store));
        contents.look(position, entry);
        if (row) {
            batch.index.push_back(*row);
            return {};
        }
        XW_TRY(control, decode_entry(entry));
        batch.control.push_back(std::move(control));
        return {};
    }));
    if (auto judged = contents.take(batch.index)) room.judged_contents->keep(header.id, std::move(*judged));
    return {};
}

// All that the header says, which the origin has signed.
Result<AdmittedBatch> admit_header(const AdmitJob& job, const BatchHeader& header) {
    if (header.log != job.log || header.seq != job.seq)
        return refuse(Code::not_your_log, "batch", header.log.origin_line(), job.log.origin_line());
    AdmittedBatch batch;
    batch.id = header.id;
    batch.previous = header.previous;
    batch.signer = header.signer;
    batch.policy = header.policy_id;
    batch.directory_version = header.directory_version;
    batch.entries = header.entries;
    batch.bytes = total_bytes(job.pieces);
    batch.created_ms = header.created_ms;
    batch.pieces = job.pieces;
    for (const Stanza& stanza : header.stanzas)
        if (!stanza.recipient.is_zero()) batch.audience.push_back(stanza.recipient);
    return batch;
}

// A verdict names positions; people know their rows. What is not held here any more has none.
std::vector<std::uint32_t> rows_of(const Verdict& verdict, const JobRoom& room) {
    std::vector<std::uint32_t> rows;
    const Snapshot kept = room.store->snapshot();
    const auto at = kept.position(verdict.log, verdict.first);
    if (!at || !*at) return rows;
    (void)visit_batch(kept, (*at)->ordinal, room, [&](std::uint32_t position, View encoded) -> Result<void> {
        const bool named = std::any_of(verdict.refused.begin(), verdict.refused.end(),
                                       [&](const VerdictGroup& group) { return group.covers(position); });
        if (!named) return {};
        XW_TRY(entry, decode_entry(encoded));
        if (entry.row != 0) rows.push_back(entry.row);
        return {};
    });
    return rows;
}

void find_refused_rows(AdmittedBatch& batch, const JobRoom& room) {
    for (const Entry& entry : batch.control) {
        if (entry.kind != EntryKind::verdict) continue;
        const auto verdict = parse_verdict(entry.body);
        if (!verdict || verdict->refused.empty() || verdict->log.origin != room.self) continue;
        auto rows = rows_of(*verdict, room);
        if (!rows.empty()) batch.refused_rows.push_back({verdict->log, verdict->first, std::move(rows)});
    }
}

Result<AdmittedBatch> admit_expired(const AdmitJob& job) {
    XW_TRY(header, verify_header(*job.pieces.front(), job.origin_keys));
    XW_TRY(statement, parse_expiry(text(*job.pieces[1])));
    if (statement.batch != header.id) return refuse(Code::bad_expiry, "batch", statement.batch.hex());
    if (header.piece_bytes.empty()) return refuse(Code::bad_pieces, "count", "0", "1..");
    XW_TRY(batch, admit_header(job, header));
    batch.gone = static_cast<std::uint16_t>(header.piece_bytes.size());
    return batch;
}

Result<AdmittedBatch> admit(const AdmitJob& job, const JobRoom& room) {
    if (job.expired) return admit_expired(job);
    const auto pieces = views(job.pieces, 1);
    XW_TRY(header, verify_batch(*job.pieces.front(), pieces, job.origin_keys));
    XW_TRY(batch, admit_header(job, header));
    const auto key = unwrap(header, room.self, room.open_keys);
    if (!key) {
        if (key.error().code == Code::not_a_recipient) return batch;  // carried, not read
        if (says_nothing(job.log, key.error())) return batch;
        return tl::unexpected(key.error());
    }
    if (const auto scanned = scan(header, pieces, *key, batch, room); !scanned) {
        if (!says_nothing(job.log, scanned.error())) return tl::unexpected(scanned.error());
        batch.index.clear();
        batch.control.clear();
    }
    if (job.log.toward == room.self) find_refused_rows(batch, room);
    return batch;
}

std::vector<SharedBytes> what_is_left(const Snapshot& kept, const LoadJob& job) {
    const auto position = kept.position(job.log, job.seq);
    if (!position || !*position) return {};
    auto header = kept.header((*position)->ordinal);
    auto stub = kept.stub((*position)->ordinal);
    if (!header || !stub || !*stub) return {};
    return {std::make_shared<const Bytes>(std::move(*header)),
            std::make_shared<const Bytes>(std::move(**stub))};
}

PackedEntries pack_entries(const EntryBlock& entries, const Store& store) {
    PackedEntries out;
    out.index.reserve(entries.size());
    out.packed = pack(entries, [&](std::uint32_t position, View entry) {
        const auto row = index_row(entry, position, store);
        XW_CHECK(row);  // we encoded it
        if (*row) out.index.push_back(**row);
    });
    return out;
}

// The index rows of entries first .. first+count-1, counted from the first of them.
std::vector<IndexRow> index_of_part(const std::vector<IndexRow>& index, std::uint32_t first,
                                    std::uint32_t count) {
    const auto before = [](const IndexRow& row, std::uint32_t position) { return row.position < position; };
    const auto from = std::lower_bound(index.begin(), index.end(), first, before);
    std::vector<IndexRow> part(from, std::lower_bound(from, index.end(), first + count, before));
    for (IndexRow& row : part) row.position -= first;
    return part;
}

Sealed::Part seal_part(const SealRequest& request, std::span<const PackedChunk> chunks, const SigningKey& key) {
    SealedBatch sealed = seal(request, chunks, key);
    Sealed::Part part;
    part.id = sealed.id;
    part.entries = sealed.entries;
    part.pieces.push_back(std::make_shared<const Bytes>(std::move(sealed.header)));
    for (Bytes& piece : sealed.pieces) part.pieces.push_back(std::make_shared<const Bytes>(std::move(piece)));
    part.bytes = sealed.sealed_bytes;
    return part;
}

// As many batches as it takes; `request` is left at the place behind them.
void seal_packed(SealRequest& request, const PackedEntries& entries, const SigningKey& key, Sealed& sealed) {
    std::uint32_t first = 0;
    for (std::span<const PackedChunk> rest(entries.packed.chunks); !rest.empty();) {
        const std::size_t count = batch_prefix(rest);
        Sealed::Part part = seal_part(request, rest.first(count), key);
        part.index = index_of_part(entries.index, first, part.entries);
        rest = rest.subspan(count);
        first += part.entries;
        request.previous = part.id;
        ++request.seq;
        sealed.parts.push_back(std::move(part));
    }
}

}  // namespace

Result<std::optional<IndexRow>> index_row(View entry, std::uint32_t position, const Store& store) {
    XW_TRY(seen, glance(entry));
    if (!about_record(seen.kind)) return std::nullopt;
    const IndexHasher& hasher = store.index_hasher();
    IndexRow row;
    row.record_hash = hasher.record(seen.record);
    row.subject_hash = seen.subject.empty() ? 0 : hasher.subject(seen.subject);
    row.position = position;
    row.catalogue_hash = seen.catalogue.empty() ? 0 : hasher.catalogue(seen.catalogue);
    row.date = seen.date;
    return row;
}

bool says_nothing(const LogId& log, const Refusal& why) {
    return log.lane != Lane::trust && log.toward.is_zero() && is_contents_fault(why.code);
}

bool is_contents_fault(Code code) {
    switch (code) {
        case Code::weak_key:
        case Code::stanza_not_opening:
        case Code::commitment_broken:
        case Code::chunk_not_opening:
        case Code::bad_chunk_text:
        case Code::inner_hash_broken:
        case Code::bad_entry:
        case Code::unknown_entry_kind:
        case Code::not_canonical:
        case Code::too_large:
        case Code::bad_text:
        case Code::trailing_bytes:
            return true;
        default:
            return false;
    }
}

IntakeRows& IntakeRows::operator+=(const IntakeRows& more) {
    read += more.read;
    accepted += more.accepted;
    corrected += more.corrected;
    withdrawn += more.withdrawn;
    unchanged += more.unchanged;
    refused += more.refused;
    warned += more.warned;
    return *this;
}

LoadedBatch run_load(const LoadJob& job, const JobRoom& room) {
    const Snapshot snapshot = room.store->snapshot();
    auto stored = snapshot.batch(job.log, job.seq);
    if (!stored)
        return {job.session,
                job.log,
                job.seq,
                job.wanted,
                tl::unexpected(stored.error()),
                stored.error().code == Code::batch_expired ? what_is_left(snapshot, job)
                                                           : std::vector<SharedBytes>()};
    std::vector<SharedBytes> pieces;
    pieces.push_back(std::make_shared<const Bytes>(std::move(stored->header)));
    for (Bytes& piece : stored->pieces) pieces.push_back(std::make_shared<const Bytes>(std::move(piece)));
    return {job.session, job.log, job.seq, job.wanted, std::move(pieces)};
}

Admission run_admit(const AdmitJob& job, const JobRoom& room) {
    return {job.session, job.log, job.seq, admit(job, room), job.pieces};
}

PackedBlock run_pack(const PackJob& job, const JobRoom& room) {
    return {job.block, std::make_shared<const PackedEntries>(pack_entries(*job.entries, *room.store))};
}

Sealed run_seal(const SealJob& job, const JobRoom& room) {
    Sealed sealed;
    sealed.log = job.log;
    sealed.seq = job.seq;
    SealRequest request;
    request.log = job.log;
    request.seq = job.seq;
    request.previous = job.previous;
    request.created_ms = job.created_ms;
    request.directory_version = job.directory_version;
    request.directory_hash = job.directory_hash;
    const SigningKey& key = job.sign_key ? *job.sign_key : room.sign_key;
    sealed.signer = key.public_key();
    for (const SealGroup& group : job.groups) {
        request.policy_id = group.policy;
        request.recipients = group.recipients;
        if (group.packed)
            seal_packed(request, *group.packed, key, sealed);
        else
            seal_packed(request, pack_entries(*group.entries, *room.store), key, sealed);
    }
    return sealed;
}

Examined run_examine(const ExamineJob& job, const JobRoom& room) {
    const Snapshot kept = room.store->snapshot();
    if (!job.refusal) return {std::nullopt, job.name, examine_batch(kept, job.name)};
    const auto place = damage_place(*job.refusal);
    const auto name = place ? batch_at(kept, *place) : std::nullopt;
    return {job.refusal, name, name ? examine_batch(kept, *name) : Examination{}};
}

Scrubbed run_scrub(const ScrubJob& job, const JobRoom& room) {
    Scrubbed done{job.walk, 0, false, {}, {}};
    const std::uint64_t before = done.walk.report().bytes;
    const Snapshot kept = room.store->snapshot();
    done.end = done.walk.step(kept, job.bytes);
    done.bytes = done.walk.report().bytes - before;
    for (Refusal& refusal : done.walk.take_findings()) {
        const auto place = damage_place(refusal);
        if (const auto name = place ? batch_at(kept, *place) : std::nullopt)
            done.batches.insert(*name);
        else if (refusal.limit !=
                 "no such batch")  // an index that leads to a damaged row: that row is the finding
            done.others.push_back(std::move(refusal));
    }
    return done;
}

Compared run_compare(const CompareJob& job, const JobRoom& room) {
    constexpr std::uint64_t ids_at_once = 1024;
    Compared done{job.log, {}};
    const Snapshot kept = room.store->snapshot();
    Seq wanted = 0;
    for (const Head& head : job.heads) wanted = std::max(wanted, head.size);
    Frontier tree;
    while (tree.size() < wanted) {
        const auto ids = kept.batch_ids(job.log, tree.size(), std::min(ids_at_once, wanted - tree.size()));
        if (!ids || ids->empty()) break;  // what cannot be read proves nothing
        for (const BatchId& id : *ids) {
            tree.append(id);
            for (const Head& head : job.heads)
                if (head.size == tree.size() && head.root == tree.root()) done.ours.push_back(head);
        }
    }
    return done;
}

}  // namespace xinwang
