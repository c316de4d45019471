#include "storage/rows.h"
#include "storage/store.h"
#include "storage/value.h"

namespace xinwang {
namespace {

bool starts_with(View key, View prefix) {
    return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
}

}  // namespace

Result<View> Snapshot::value(Table table, View key) const {
    const auto framed = reader_->get(table, key);
    if (!framed) return refuse(Code::store_corrupt, table_name(table), hex(key), "a row that other rows point at");
    return check_value(table, key, *framed);
}

std::vector<LogRow> Snapshot::logs() const {
    std::vector<LogRow> rows;
    const auto done = scan(Table::logs, {}, [&](View key, View value) {
        auto row = decode_log_row(key, value);
        if (!row) throw StoreFailure(row.error().line(Language::english));
        rows.push_back(std::move(*row));
        return true;
    });
    if (!done) throw StoreFailure(done.error().line(Language::english));
    return rows;
}

std::optional<std::uint32_t> Snapshot::log_number(const LogId& log) const {
    const std::lock_guard lock(store_->logs_mutex_);
    const auto it = store_->logs_.find(log);
    return it == store_->logs_.end() ? std::nullopt : std::optional(it->second.number);
}

Result<std::optional<Position>> Snapshot::position(const LogId& log, Seq seq) const {
    const auto number = log_number(log);
    if (!number) return std::nullopt;
    const Bytes key = position_key(*number, seq);
    const auto framed = reader_->get(Table::positions, key);
    if (!framed) return std::nullopt;
    XW_TRY(payload, check_value(Table::positions, key, *framed));
    XW_TRY(row, decode_position(payload));
    return std::optional(row);
}

Result<StoredBatch> Snapshot::batch(const LogId& log, Seq seq) const {
    XW_TRY(where, position(log, seq));
    if (!where) return refuse(Code::not_held, "batch", std::to_string(seq), log.origin_line());
    XW_TRY(row, at(where->ordinal));
    StoredBatch batch;
    batch.ordinal = where->ordinal;
    XW_TRY(head, header(where->ordinal));
    batch.header = std::move(head);
    for (std::uint16_t i = 1; i <= row.pieces; ++i) {
        XW_TRY(bytes, piece(where->ordinal, i));
        batch.pieces.push_back(std::move(bytes));
    }
    return batch;
}

Result<std::vector<BatchId>> Snapshot::batch_ids(const LogId& log, Seq from, std::size_t count) const {
    std::vector<BatchId> ids;
    for (Seq seq = from; seq < from + count; ++seq) {
        XW_TRY(where, position(log, seq));
        if (!where) break;
        ids.push_back(where->id);
    }
    return ids;
}

std::uint64_t Snapshot::next_ordinal() const {
    // The last key of the table, found from behind: ordinals have no holes, so a binary search does it.
    std::uint64_t low = 0, high = 1;
    const auto exists = [&](std::uint64_t n) {
        return reader_->get(Table::batches, batch_key(n, batch_row_piece)).has_value();
    };
    while (exists(high - 1)) {
        low = high;
        high *= 2;
    }
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (exists(middle))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Result<BatchRow> Snapshot::at(std::uint64_t ordinal) const {
    XW_TRY(payload, value(Table::batches, batch_key(ordinal, batch_row_piece)));
    return decode_batch_row(payload);
}

Result<Bytes> Snapshot::header(std::uint64_t ordinal) const {
    XW_TRY(payload, value(Table::batches, batch_key(ordinal, 0)));
    return to_bytes(payload);
}

Result<Bytes> Snapshot::piece(std::uint64_t ordinal, std::uint16_t number) const {
    XW_TRY(payload, value(Table::batches, batch_key(ordinal, number)));
    return to_bytes(payload);
}

std::vector<Locator> Snapshot::find(Table table, std::uint64_t hash) const {
    std::vector<Locator> found;
    const Bytes first = index_key(hash, {});
    const View prefix = View(first).first(8);
    reader_->scan(table, first, [&](View key, View) {
        if (!starts_with(key, prefix)) return false;
        found.push_back(unpack(read_be(key.subspan(8))));
        return true;
    });
    return found;
}

std::vector<Locator> Snapshot::find_record(const RecordId& record) const {
    return find(Table::by_record, store_->record_hash(record));
}
std::vector<Locator> Snapshot::find_subject(std::uint64_t subject_hash) const {
    return find(Table::by_subject, subject_hash);
}

Result<std::optional<Bytes>> Snapshot::get(Table table, View key) const {
    const auto framed = reader_->get(table, key);
    if (!framed) return std::nullopt;
    XW_TRY(payload, check_value(table, key, *framed));
    return std::optional(to_bytes(payload));
}

Result<void> Snapshot::scan(Table table, View prefix, const KvReader::Visitor& visit) const {
    std::optional<Refusal> damage;
    reader_->scan(table, prefix, [&](View key, View framed) {
        if (!starts_with(key, prefix)) return false;
        const auto payload = check_value(table, key, framed);
        if (payload) return visit(key, *payload);
        damage = payload.error();
        return false;
    });
    if (damage) return tl::unexpected(*damage);
    return {};
}

Result<std::uint64_t> Snapshot::check_table(Table table) const {
    std::uint64_t values = 0;
    XW_TRY_VOID(scan(table, {}, [&](View, View) {
        ++values;
        return true;
    }));
    return values;
}

}  // namespace xinwang
