#include <algorithm>

#include "protocol/base/check.h"
#include "storage/index_runs.h"
#include "storage/log_numbers.h"
#include "storage/store.h"

namespace xinwang {
namespace {

template <class T>
T demand(Result<T> result) {
    if (!result) throw StoreCorrupt(result.error());
    return std::move(*result);
}

tl::unexpected<Refusal> damaged(Table table, View key, std::string_view what) {
    return refuse(Code::store_corrupt, table_name(table), hex(key), what);
}

bool begins_with(View key, View prefix) {
    return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
}

bool is_index(Table table) {
    return table == Table::by_record || table == Table::by_subject;
}

}  // namespace

StoreCorrupt::StoreCorrupt(Refusal refusal)
    : StoreFailure(refusal.line(Language::english)), refusal_(std::move(refusal)) {}

Snapshot::Snapshot(std::unique_ptr<KvReader> reader, const LogNumbers& numbers, View index_secret)
    : reader_(std::move(reader)), numbers_(&numbers), index_secret_(index_secret) {}
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
        if (seq < kept.size) return damaged(Table::positions, key, "missing");
    }
    return std::nullopt;
}

Result<StoredBatch> Snapshot::batch(const LogId& log, Seq seq) const {
    XW_TRY(where, position(log, seq));
    if (!where) return refuse(Code::not_held, "batch", std::to_string(seq), log.origin_line());
    XW_TRY(row, at(where->ordinal));
    if (row.id != where->id || row.log != log || row.seq != seq)
        return damaged(Table::batches, batch_key(where->ordinal, batch_row_piece), "another batch");
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
    const auto last = reader_->last_key(Table::batches);
    return last ? batch_ordinal(*last) + 1 : 0;
}

Result<BatchRow> Snapshot::at(std::uint64_t ordinal) const {
    const Bytes key = batch_key(ordinal, batch_row_piece);
    XW_TRY(payload, find(Table::batches, key));
    if (payload) return read_batch_row(key, *payload);
    if (ordinal < next_ordinal()) return damaged(Table::batches, key, "missing");
    return refuse(Code::not_held, "batch", std::to_string(ordinal), "the order of arrival");
}

Result<Bytes> Snapshot::piece(std::uint64_t ordinal, std::uint16_t number) const {
    XW_CHECK(number < batch_row_piece);
    const Bytes key = batch_key(ordinal, number);
    XW_TRY(payload, find(Table::batches, key));
    if (payload) return to_bytes(*payload);
    XW_TRY(row, at(ordinal));
    if (number <= row.pieces) return damaged(Table::batches, key, "missing");
    return refuse(Code::not_held, "piece", std::to_string(number), "batch " + std::to_string(ordinal));
}

std::vector<Locator> Snapshot::locators(Table table, std::uint64_t hash) const {
    std::vector<Locator> found;
    const Bytes prefix = ordered_key(hash);
    reader_->scan(table, prefix, [&](View key, View) {
        if (key.size() != index_key_bytes || !begins_with(key, prefix)) return false;
        found.push_back(Locator::unpack(ordered_number<std::uint64_t>(key.subspan(sizeof hash))));
        return true;
    });
    scan_index_runs(*reader_, table, hash, [&](Locator where) { found.push_back(where); });
    // A key that is moving is in both.
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<Locator> Snapshot::find_record(const RecordId& record) const {
    return locators(Table::by_record, record_hash(index_secret_, record));
}

std::vector<Locator> Snapshot::find_subject(std::uint64_t subject_hash) const {
    return locators(Table::by_subject, subject_hash);
}

Result<std::optional<Bytes>> Snapshot::get(Table table, View key) const {
    XW_CHECK(!is_index(table));
    XW_TRY(payload, find(table, key));
    if (!payload) return std::nullopt;
    return to_bytes(*payload);
}

void Snapshot::scan(Table table, View prefix, const KvReader::Visitor& visit, View from) const {
    XW_CHECK(!is_index(table));
    const View start = from.empty() ? prefix : from;
    reader_->scan(table, start, [&](View key, View value) {
        return begins_with(key, prefix) && visit(key, demand(unframe_value(table, key, value)));
    });
}

}  // namespace xinwang
