#include <algorithm>
#include <deque>

#include "protocol/base/check.h"
#include "storage/index_fan.h"
#include "storage/log_numbers.h"
#include "storage/schema_1.h"
#include "storage/store.h"

namespace xinwang {
namespace {

template <class T>
T demand(Result<T> result) {
    if (!result) throw StoreCorrupt(result.error());
    return std::move(*result);
}

tl::unexpected<Refusal> damaged_value(Table table, View key, std::string_view what) {
    return refuse(Code::store_corrupt, table_name(table), hex(key), what);
}

bool begins_with(View key, View prefix) {
    return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
}

// The indexes' own: no payloads in the common frame.
bool is_index(Table table) {
    return table == Table::by_record || table == Table::by_subject || table == Table::index_blocks;
}

tl::unexpected<Refusal> still_rebuilding(const IndexRebuild& rebuild) {
    return refuse(Code::index_rebuilding, "index", std::to_string(rebuild.next), std::to_string(rebuild.end));
}

}  // namespace

StoreCorrupt::StoreCorrupt(Refusal refusal)
    : StoreFailure(refusal.line(Language::english)), refusal_(std::move(refusal)) {}

Snapshot::Snapshot(std::unique_ptr<KvReader> reader, const LogNumbers& numbers, View index_secret,
                   const IndexHasher& hasher, std::shared_ptr<const RunFilters> record_filters)
    : reader_(std::move(reader)),
      numbers_(&numbers),
      index_secret_(index_secret),
      hasher_(&hasher),
      record_filters_(std::move(record_filters)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

Result<std::optional<View>> Snapshot::find(Table table, View key) const {
    const auto value = reader_->get(table, key);
    if (!value) return std::nullopt;
    XW_TRY(payload, unframe_value(table, key, *value));
    return payload;
}

std::vector<LogRow> Snapshot::logs() const {
    std::vector<LogRow> rows;
    scan(Table::logs, {}, [&](View key, View payload) {
        rows.push_back(demand(read_log_row(key, payload)));
        return true;
    });
    return rows;
}

std::optional<LogRow> Snapshot::log(const LogId& id) const {
    const auto number = numbers_->find(id);
    if (!number) return std::nullopt;
    const Bytes key = log_key(*number);
    const auto payload = demand(find(Table::logs, key));
    if (!payload) return std::nullopt;
    return demand(read_log_row(key, *payload));
}

Result<std::optional<Position>> Snapshot::position(const LogId& log, Seq seq) const {
    const auto number = numbers_->find(log);
    if (!number) return std::nullopt;
    const Bytes key = position_key(*number, seq);
    XW_TRY(payload, find(Table::positions, key));
    if (payload) {
        XW_TRY(row, read_position(key, *payload));
        return row;
    }
    // Missing where the log says there is one: a damaged page hides keys as well as values.
    XW_TRY(row, find(Table::logs, log_key(*number)));
    if (row) {
        XW_TRY(kept, read_log_row(log_key(*number), *row));
        if (seq < kept.size) return damaged_value(Table::positions, key, "missing");
    }
    return std::nullopt;
}

Result<StoredBatch> Snapshot::batch(const LogId& log, Seq seq) const {
    XW_TRY(where, position(log, seq));
    if (!where) return refuse(Code::not_held, "batch", std::to_string(seq), log.origin_line());
    XW_TRY(row, at(where->ordinal));
    if (row.id != where->id || row.log != log || row.seq != seq)
        return damaged_value(Table::batches, batch_key(where->ordinal, batch_row_piece), "another batch");
    XW_TRY(head, header(where->ordinal));
    StoredBatch batch{where->ordinal, row.id, row.entries, row.at_ms, std::move(head), {}};
    for (std::uint16_t i = 1; i <= row.pieces; ++i) {
        XW_TRY(bytes, piece(where->ordinal, i));
        batch.pieces.push_back(std::move(bytes));
    }
    return batch;
}

Result<std::vector<BatchId>> Snapshot::batch_ids(const LogId& log, Seq from, std::uint64_t count) const {
    std::vector<BatchId> ids;
    const auto number = numbers_->find(log);
    if (!number || count == 0) return ids;
    std::optional<Refusal> refusal;
    reader_->scan(Table::positions, position_key(*number, from), [&](View key, View value) {
        if (!equal(key, position_key(*number, from + ids.size()))) return false;
        const auto row = unframe_value(Table::positions, key, value).and_then([&](View payload) {
            return read_position(key, payload);
        });
        if (row)
            ids.push_back(row->id);
        else
            refusal = row.error();
        return !refusal && ids.size() < count;
    });
    if (refusal) return tl::unexpected(*refusal);
    if (ids.size() < count) XW_TRY_VOID(position(log, from + ids.size()));  // the log's end, or a hole in it?
    return ids;
}

std::uint64_t Snapshot::next_ordinal() const {
    return xinwang::next_ordinal(*reader_);
}

Result<BatchRow> Snapshot::at(std::uint64_t ordinal) const {
    const Bytes key = batch_key(ordinal, batch_row_piece);
    XW_TRY(payload, find(Table::batches, key));
    if (payload) return read_batch_row(key, *payload);
    if (ordinal < next_ordinal()) return damaged_value(Table::batches, key, "missing");
    return refuse(Code::not_held, "batch", std::to_string(ordinal), "the order of arrival");
}

Result<Bytes> Snapshot::piece(std::uint64_t ordinal, std::uint16_t number) const {
    XW_TRY(payload, piece_view(ordinal, number));
    return to_bytes(payload);
}

Result<View> Snapshot::piece_view(std::uint64_t ordinal, std::uint16_t number) const {
    XW_CHECK(number < batch_row_piece);
    const Bytes key = batch_key(ordinal, number);
    XW_TRY(payload, find(Table::batches, key));
    if (payload) return *payload;
    return no_piece(ordinal, number);
}

Result<View> Snapshot::piece_unchecked(std::uint64_t ordinal, std::uint16_t number) const {
    XW_CHECK(number < batch_row_piece);
    const Bytes key = batch_key(ordinal, number);
    if (const auto value = reader_->get(Table::batches, key))
        return unframe_unchecked(Table::batches, key, *value);
    return no_piece(ordinal, number);
}

tl::unexpected<Refusal> Snapshot::no_piece(std::uint64_t ordinal, std::uint16_t number) const {
    const auto row = at(ordinal);
    if (!row) return tl::unexpected(row.error());
    if (number <= row->pieces) {
        const auto gone = stub(ordinal);
        if (!gone) return tl::unexpected(gone.error());
        if (*gone) return refuse(Code::batch_expired, row->log.origin_line(), std::to_string(row->seq));
        return damaged_value(Table::batches, batch_key(ordinal, number), "missing");
    }
    return refuse(Code::not_held, "piece", std::to_string(number), "batch " + std::to_string(ordinal));
}

Result<std::optional<Bytes>> Snapshot::stub(std::uint64_t ordinal) const {
    return get(Table::batches, batch_key(ordinal, batch_stub_piece));
}

Result<void> Snapshot::find_entries(Index index, std::uint64_t hash, std::vector<IndexEntry>& into) const {
    const RunFilters* const filters = index == Index::record ? record_filters_.get() : nullptr;
    const IndexEntry from{hash, 0}, to{hash, ~0ull};
    XW_TRY(manifest, read_index_manifest(*reader_, index));
    for (const IndexPart& part : parts_of(manifest)) {
        const IndexEntry first = std::max(from, part.from), end = std::min(to, part.until);
        if (!(first < end)) continue;
        if (filters != nullptr && !filters->may_hold(part.run, hash)) continue;
        RunCursor cursor(*reader_, index, part.run, part.until);
        XW_TRY_VOID(cursor.seek(first));
        while (!cursor.end() && cursor.entry() < end) {
            into.push_back(cursor.entry());
            XW_TRY_VOID(cursor.next());
        }
    }
    std::sort(into.begin(), into.end());
    return {};
}

Result<IndexEntry> Snapshot::walk_index(Index index, const IndexEntry& from,
                                        const std::function<bool(const IndexEntry&)>& visit) const {
    struct Walk {
        Walk(const KvReader& reader, Index of, const IndexPart& part)
            : cursor(reader, of, part.run, part.until), until(part.until) {}
        RunCursor cursor;
        IndexEntry until;
        bool open() const { return !cursor.end() && cursor.entry() < until; }
    };
    XW_TRY(manifest, read_index_manifest(*reader_, index));
    std::deque<Walk> walks;
    for (const IndexPart& part : parts_of(manifest)) {
        const IndexEntry first = std::max(from, part.from);
        if (!(first < part.until)) continue;
        walks.emplace_back(*reader_, index, part);
        XW_TRY_VOID(walks.back().cursor.seek(first));
    }
    for (;;) {
        Walk* least = nullptr;
        for (Walk& walk : walks)
            if (walk.open() && (least == nullptr || walk.cursor.entry() < least->cursor.entry())) least = &walk;
        if (least == nullptr) return index_end;
        if (!visit(least->cursor.entry())) return least->cursor.entry();
        XW_TRY_VOID(least->cursor.next());
    }
}

Result<std::optional<IndexRebuild>> Snapshot::rebuilding() const {
    XW_TRY(rebuild, index_rebuild());
    if (rebuild && !rebuild->old_tables) return still_rebuilding(*rebuild);
    return rebuild;
}

// `found`: what schema 1 had, while the new index is not whole. What was indexed again already is in both.
Result<std::vector<Locator>> Snapshot::find_hash(Index index, std::uint64_t hash,
                                                 std::vector<Locator> found) const {
    std::vector<IndexEntry> entries;
    XW_TRY_VOID(find_entries(index, hash, entries));
    for (const IndexEntry& entry : entries) found.push_back(Locator::unpack(entry.locator));
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

Result<std::vector<Locator>> Snapshot::find_record(const RecordId& record) const {
    XW_TRY(rebuild, rebuilding());
    std::vector<Locator> old;
    if (rebuild) schema_1::find_record(*reader_, index_secret_, record, old);
    return find_hash(Index::record, hasher_->record(record), std::move(old));
}

Result<std::vector<Locator>> Snapshot::find_subject(std::string_view subject) const {
    XW_TRY(rebuild, rebuilding());
    std::vector<Locator> old;
    if (rebuild) schema_1::find_subject(*reader_, index_secret_, subject, old);
    return find_hash(Index::subject, hasher_->subject(subject), std::move(old));
}

Result<void> Snapshot::find_records(std::span<const std::uint64_t> hashes,
                                    const std::function<void(std::size_t which, const Locator&)>& visit) const {
    XW_TRY(rebuild, index_rebuild());
    if (rebuild) return still_rebuilding(*rebuild);
    XW_TRY(manifest, read_index_manifest(*reader_, Index::record));
    for (const IndexPart& part : parts_of(manifest)) {
        const auto filter = record_filters_ ? record_filters_->of(part.run) : nullptr;
        RunCursor cursor(*reader_, Index::record, part.run, part.until);
        for (std::size_t which = 0; which < hashes.size(); ++which) {
            const std::uint64_t hash = hashes[which];
            const IndexEntry first = std::max(IndexEntry{hash, 0}, part.from);
            if (first.hash != hash || (filter && !filter->may_hold(hash))) continue;
            if (!(first < part.until)) break;
            XW_TRY_VOID(cursor.skip_to(first));
            while (!cursor.end() && cursor.entry().hash == hash && cursor.entry() < part.until) {
                visit(which, Locator::unpack(cursor.entry().locator));
                XW_TRY_VOID(cursor.next());
            }
        }
    }
    return {};
}

Result<std::vector<Snapshot::Dated>> Snapshot::find_dated(std::string_view catalogue, std::uint32_t from,
                                                          std::uint32_t to, std::size_t skip,
                                                          std::size_t max) const {
    XW_TRY(rebuild, index_rebuild());
    if (rebuild) return still_rebuilding(*rebuild);
    const std::uint32_t hash = hasher_->catalogue(catalogue);
    const IndexEntry first{dated_hash(hash, from), 0}, end{dated_hash(hash, to), ~0ull};
    XW_TRY(manifest, read_index_manifest(*reader_, Index::dated));
    IndexFan fan(*reader_, Index::dated);
    for (const IndexPart& part : parts_of(manifest)) {
        const IndexEntry begin = std::max(first, part.from);
        if (begin < part.until) XW_TRY_VOID(fan.add({part.run, begin, part.until}));
    }
    std::vector<Dated> found;
    while (!fan.end() && found.size() < max) {
        const IndexEntry entry = fan.least();
        if (!(entry < end)) break;
        if (skip == 0)
            found.push_back({static_cast<std::uint32_t>(entry.hash), Locator::unpack(entry.locator)});
        else
            --skip;
        XW_TRY_VOID(fan.next());
    }
    return found;
}

Result<std::optional<Bytes>> Snapshot::get(Table table, View key) const {
    XW_CHECK(!is_index(table));
    XW_TRY(payload, find(table, key));
    if (!payload) return std::nullopt;
    return to_bytes(*payload);
}

Result<Tally> Snapshot::tally(View name) const {
    XW_TRY(payload, find(Table::tallies, name));
    if (!payload) return Tally{};
    return read_tally(*payload);
}

void Snapshot::scan(Table table, View prefix, const KvReader::Visitor& visit, View from) const {
    XW_CHECK(!is_index(table));
    const View start = from.empty() ? prefix : from;
    reader_->scan(table, start, [&](View key, View value) {
        return begins_with(key, prefix) && visit(key, demand(unframe_value(table, key, value)));
    });
}

}  // namespace xinwang
