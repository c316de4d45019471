#include "storage/store.h"

#include <sodium.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "storage/rows.h"
#include "storage/value.h"

namespace xinwang {
namespace {

void put_framed(KvWriter& txn, Table table, View key, View payload, Place place = Place::anywhere) {
    frame_value(txn.put(table, key, payload.size() + value_overhead_bytes, place), table, key, payload);
}

std::uint64_t keyed_hash(View key, std::string_view domain, View what) {
    Block<16, struct IndexHashTag> out;
    blake2b(out.bytes, {view(domain), what}, key);
    std::uint64_t h = 0;
    for (int i = 0; i < 8; ++i) h = h << 8 | out.bytes[i];
    return h == 0 ? 1 : h;  // 0 means "none" in an IndexRow
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Kv> kv) {
    auto store = std::unique_ptr<Store>(new Store(std::move(kv)));
    XW_TRY_VOID(store->load());
    return store;
}

Result<void> Store::load() {
    const Bytes schema_key = to_bytes(view("schema"));
    const Bytes secret_key = to_bytes(view("index-key"));
    {
        const Snapshot kept = snapshot();
        XW_TRY(schema, kept.get(Table::format, schema_key));
        if (schema) {
            Reader in(*schema, "schema");
            if (const std::uint32_t found = in.u32(); found > store_schema)
                return refuse(Code::schema_newer, "store", std::to_string(found), std::to_string(store_schema));
            XW_TRY(secret, kept.get(Table::meta, secret_key));
            if (!secret) return refuse(Code::store_corrupt, "meta", "index-key");
            index_key_ = *secret;
            for (LogRow& row : kept.logs()) logs_.emplace(row.id, std::move(row));
            next_ordinal_ = kept.next_ordinal();
            return {};
        }
    }
    index_key_.resize(32);
    randombytes_buf(index_key_.data(), index_key_.size());
    Writer schema;
    schema.u32(store_schema);
    auto txn = kv_->write();
    put_framed(*txn, Table::format, schema_key, schema.bytes());
    put_framed(*txn, Table::meta, secret_key, index_key_);
    return txn->commit();
}

Result<void> Store::commit(std::span<const Write> writes) {
    auto txn = kv_->write();
    std::map<LogId, LogRow> changed;
    const std::uint64_t first_ordinal = next_ordinal_;
    std::vector<std::pair<std::uint64_t, Locator>> by_record, by_subject;
    for (const Write& write : writes) {
        if (const auto* put = std::get_if<Put>(&write)) {
            put_framed(*txn, put->table, put->key, put->value);
        } else if (const auto* erase = std::get_if<Erase>(&write)) {
            txn->erase(erase->table, erase->key);
        } else {
            const auto& batch = std::get<AppendBatch>(write);
            for (const IndexRow& row : batch.index) {
                const Locator at{next_ordinal_, row.position};
                by_record.emplace_back(record_hash(row.record), at);
                if (row.subject_hash != 0) by_subject.emplace_back(row.subject_hash, at);
            }
            append(*txn, batch, changed);
        }
    }
    index(*txn, by_record, Table::by_record);
    index(*txn, by_subject, Table::by_subject);
    for (const auto& [id, row] : changed)
        put_framed(*txn, Table::logs, be32_key(row.number), encode(row));
    const auto done = txn->commit();
    if (!done) {
        next_ordinal_ = first_ordinal;
        return done;
    }
    const std::lock_guard lock(logs_mutex_);
    for (auto& [id, row] : changed) logs_.insert_or_assign(id, std::move(row));
    return {};
}

void Store::append(KvWriter& txn, const AppendBatch& batch, std::map<LogId, LogRow>& changed) {
    auto [it, fresh] = changed.try_emplace(batch.log);
    LogRow& row = it->second;
    if (fresh) {
        const auto held = logs_.find(batch.log);
        if (held != logs_.end()) {
            row = held->second;
        } else {
            row.id = batch.log;
            row.number = static_cast<std::uint32_t>(logs_.size());
            for (const auto& [id, other] : changed)
                if (id != batch.log && other.number >= row.number) row.number = other.number + 1;
        }
    }
    XW_CHECK(batch.seq == row.size);
    const std::uint64_t ordinal = next_ordinal_++;
    Position position{ordinal, batch.id, batch.entries, batch.header->size()};
    put_framed(txn, Table::batches, batch_key(ordinal, 0), *batch.header, Place::at_end);
    for (std::size_t i = 0; i < batch.pieces.size(); ++i) {
        put_framed(txn, Table::batches, batch_key(ordinal, static_cast<std::uint16_t>(i + 1)), *batch.pieces[i],
                   Place::at_end);
        position.bytes += batch.pieces[i]->size();
    }
    const BatchRow batch_row{batch.log, batch.seq, batch.entries, static_cast<std::uint16_t>(batch.pieces.size()),
                             batch.at_ms};
    put_framed(txn, Table::batches, batch_key(ordinal, batch_row_piece), encode(batch_row), Place::at_end);
    put_framed(txn, Table::positions, position_key(row.number, batch.seq), encode(position));
    row.size += 1;
    row.last = batch.id;
    row.entries += batch.entries;
    row.bytes += position.bytes;
    row.frontier = batch.frontier;
}

// The key is the whole datum (hash, locator); sorted, so that neighbours land on the same pages.
void Store::index(KvWriter& txn, std::vector<std::pair<std::uint64_t, Locator>>& rows, Table table) {
    std::sort(rows.begin(), rows.end());
    for (const auto& [hash, at] : rows) txn.put(table, index_key(hash, at), 0, Place::anywhere);
}

std::uint64_t Store::subject_hash(std::string_view subject) const {
    return keyed_hash(index_key_, "XW-subject", view(subject));
}
std::uint64_t Store::record_hash(const RecordId& record) const {
    return keyed_hash(index_key_, "XW-record-index", record.view());
}

}  // namespace xinwang
