#include "storage/verify.h"

#include <algorithm>

#include "storage/index_block.h"

namespace xinwang {
namespace {

// Keys without values, of schema 1.
bool is_bare(Table table) {
    return table == Table::by_record || table == Table::by_subject;
}

// The row at `key`, or the reason why there is none.
template <class Row>
Result<Row> read_row(const Snapshot& kept, Table table, View key, Result<Row> (*read)(View key, View payload)) {
    const auto value = kept.raw().get(table, key);
    if (!value) return refuse(Code::store_corrupt, table_name(table), hex(key), "missing");
    XW_TRY(payload, unframe_value(table, key, *value));
    return read(key, payload);
}

Refusal disagreement(Table table, View key, std::string_view what) {
    return Refusal(Code::store_corrupt, table_name(table), hex(key), what);
}

}  // namespace

void StoreWalk::find(const Refusal& refusal) {
    ++report_.damaged;
    if (report_.findings.size() < VerifyReport::findings_max) report_.findings.push_back(refusal);
}

void StoreWalk::expect(bool holds, Table table, View key, std::string_view what) {
    if (!holds) find(disagreement(table, key, what));
}

bool StoreWalk::step(const Snapshot& kept, std::uint64_t bytes) {
    const std::uint64_t end = report_.bytes + bytes;
    read_parts(kept);
    while (table_ <= tables_max) {
        if (!walk_table(kept, Table(table_), end)) return false;
        ++table_;
        from_.clear();
    }
    return true;
}

StoreWalk::Place StoreWalk::place() const {
    Place place{static_cast<std::uint8_t>(table_), from_};
    if (Table(table_) == Table::batches && from_.size() == sizeof(std::uint64_t) + sizeof(std::uint16_t))
        place.from = batch_key(batch_ordinal(from_), 0);
    return place;
}

// False when `end` bytes were reached before the table's last row.
bool StoreWalk::walk_table(const Snapshot& kept, Table table, std::uint64_t end) {
    bool whole = true;
    kept.raw().scan(table, from_, [&](View key, View value) {
        if (report_.bytes >= end) {
            from_ = to_bytes(key);
            return whole = false;
        }
        ++report_.values;
        report_.bytes += key.size() + value.size();
        if (is_bare(table)) return true;
        if (table == Table::index_blocks) {
            check_block(kept, key, value);
        } else if (const auto payload = unframe_value(table, key, value)) {
            check_row(kept, table, key, *payload);
        } else {
            find(payload.error());
        }
        return true;
    });
    return whole;
}

void StoreWalk::check_row(const Snapshot& kept, Table table, View key, View payload) {
    if (table == Table::logs) check_log(kept, key, payload);
    if (table == Table::positions) check_position(kept, key, payload);
    if (table == Table::batches) check_batch(kept, key, payload);
}

void StoreWalk::read_parts(const Snapshot& kept) {
    parts_.clear();
    for (const Index index : all_indexes) {
        const auto manifest = read_index_manifest(kept.raw(), index);
        if (!manifest) continue;  // found as a value of its table
        for (const IndexPart& part : parts_of(*manifest))
            parts_[{static_cast<std::uint8_t>(index), part.run}] = part;
    }
}

// A block belongs to a run, holds what its fences say in order, and has its neighbour where its upper fence
// says.
void StoreWalk::check_block(const Snapshot& kept, View key, View value) {
    const auto block = IndexBlock::parse(key, value);
    if (!block) return find(block.error());
    const auto part = parts_.find({key[0], ordered_number<std::uint64_t>(key.subspan(1))});
    if (part == parts_.end()) return find(disagreement(Table::index_blocks, key, "no such run"));
    IndexEntry before = index_begin;
    for (std::size_t section = 0; section < block->sections(); ++section) {
        IndexBlock::Section entries;
        const auto count = block->read(section, entries);
        if (!count) return find(count.error());
        for (std::size_t i = 0; i < *count; ++i) {
            expect(before < entries[i] && !(entries[i] < block->lower()) && entries[i] < block->upper(),
                   Table::index_blocks, key, "order");
            before = entries[i];
            // What a merge has moved on already lies in its output, too.
            if (!(entries[i] < part->second.from)) check_place(kept, key, entries[i]);
        }
    }
    if (!(block->upper() < part->second.until)) return;
    const Index index{key[0]};
    const auto next = index_block_key(index, part->second.run, block->upper());
    expect(kept.raw().get(Table::index_blocks, next).has_value(), Table::index_blocks, next, "missing");
}

// Every index entry leads to a batch that is there, and to a position within it.
void StoreWalk::check_place(const Snapshot& kept, View key, const IndexEntry& entry) {
    const auto where = Locator::unpack(entry.locator);
    if (where.ordinal >= indexed_.size() || indexed_[where.ordinal] == 0) {
        const auto row =
            read_row(kept, Table::batches, batch_key(where.ordinal, batch_row_piece), read_batch_row);
        if (!row) return find(disagreement(Table::index_blocks, key, "no such batch"));
        indexed_.resize(std::max<std::size_t>(indexed_.size(), where.ordinal + 1));
        indexed_[where.ordinal] = row->entries;
    }
    expect(where.position < indexed_[where.ordinal], Table::index_blocks, key, "position");
}

void StoreWalk::check_log(const Snapshot& kept, View key, View payload) {
    const auto log = read_log_row(key, payload);
    if (!log) return find(log.error());
    const auto last = read_row(kept, Table::positions, position_key(log->number, log->size - 1), read_position);
    if (!last) return find(last.error());
    expect(last->id == log->last, Table::logs, key, "last");
    expect(last->entries_before + last->entries == log->entries, Table::logs, key, "entries");
    expect(last->bytes_before + last->bytes == log->bytes, Table::logs, key, "bytes");
    expect(!kept.raw().get(Table::positions, position_key(log->number, log->size)), Table::logs, key, "size");
}

void StoreWalk::check_position(const Snapshot& kept, View key, View payload) {
    const auto position = read_position(key, payload);
    if (!position) return find(position.error());
    if (key.size() != 12) return find(disagreement(Table::positions, key, "form"));
    const auto number = ordered_number<std::uint32_t>(key);
    const auto seq = ordered_number<Seq>(key.subspan(4));
    std::uint64_t entries_before = 0, bytes_before = 0;
    if (seq > 0) {
        const auto before = read_row(kept, Table::positions, position_key(number, seq - 1), read_position);
        if (!before) return find(before.error());
        entries_before = before->entries_before + before->entries;
        bytes_before = before->bytes_before + before->bytes;
    }
    expect(position->entries_before == entries_before && position->bytes_before == bytes_before,
           Table::positions, key, "totals");
    const auto log = read_row(kept, Table::logs, log_key(number), read_log_row);
    if (!log) return find(log.error());
    const auto row =
        read_row(kept, Table::batches, batch_key(position->ordinal, batch_row_piece), read_batch_row);
    if (!row) return find(row.error());
    expect(row->log == log->id && row->seq == seq && row->id == position->id &&
               row->entries == position->entries && row->bytes == position->bytes,
           Table::positions, key, "another batch");
}

void StoreWalk::check_batch(const Snapshot& kept, View key, View payload) {
    if (key.size() != 10) return find(disagreement(Table::batches, key, "form"));
    const std::uint64_t ordinal = batch_ordinal(key);
    const auto piece = ordered_number<std::uint16_t>(key.subspan(8));
    if (piece != batch_row_piece) {
        // Pieces stand before their batch's row: counted until it comes.
        if (ordinal != batch_ordinal_) {
            batch_pieces_ = batch_bytes_ = 0;
            batch_pruned_ = false;
        }
        batch_ordinal_ = ordinal;
        batch_pruned_ = piece == batch_stub_piece;
        if (batch_pruned_) return;
        batch_pieces_ += 1;
        batch_bytes_ += payload.size();
        return;
    }
    ++report_.batches;
    const auto row = read_batch_row(key, payload);
    if (!row) return find(row.error());
    // A pruned batch has its header, and the stub in the place of all the rest.
    const bool whole = row->pieces + 1u == batch_pieces_ && row->bytes == batch_bytes_;
    expect(ordinal == batch_ordinal_ && (batch_pruned_ ? batch_pieces_ == 1 : whole), Table::batches, key,
           "pieces");
    const auto position = kept.position(row->log, row->seq);
    if (!position) return find(position.error());
    expect(*position && (*position)->ordinal == ordinal, Table::batches, key, "another ordinal");
}

VerifyReport verify_store(const Store& store) {
    constexpr std::uint64_t step_bytes = 16u << 20;
    StoreWalk walk;
    while (!walk.step(store.snapshot(), step_bytes)) {
    }
    return walk.report();
}

}  // namespace xinwang
