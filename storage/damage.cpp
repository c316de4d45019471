#include "storage/damage.h"

#include "protocol/envelope.h"

namespace xinwang {
namespace {

// The number under which the log lies, by its row; the walk is over logs, not batches.
std::optional<LogId> log_numbered(const Snapshot& kept, std::uint32_t number) {
    const Bytes key = log_key(number);
    const auto value = kept.raw().get(Table::logs, key);
    if (!value) return std::nullopt;
    const auto payload = unframe_value(Table::logs, key, *value);
    if (!payload) return std::nullopt;
    const auto row = read_log_row(key, *payload);
    return row ? std::optional(row->id) : std::nullopt;
}

std::optional<BatchHeader> header_of(const Snapshot& kept, std::uint64_t ordinal) {
    const auto bytes = kept.header(ordinal);
    if (!bytes) return std::nullopt;
    auto header = parse_header(*bytes);
    return header ? std::optional(std::move(*header)) : std::nullopt;
}

// The position, when it is there and sound.
std::optional<Position> sound_position(const Snapshot& kept, const LogId& log, Seq seq) {
    const auto position = kept.position(log, seq);
    return position ? *position : std::nullopt;
}

enum class Match { this_batch, another, unknown };
Match match(const Snapshot& kept, std::uint64_t ordinal, const BatchName& name) {
    if (const auto row = kept.at(ordinal))
        return row->log == name.log && row->seq == name.seq ? Match::this_batch : Match::another;
    const auto header = header_of(kept, ordinal);
    if (!header) return Match::unknown;
    return header->log == name.log && header->seq == name.seq ? Match::this_batch : Match::another;
}

// Ordinals of one log rise with its seq: the batch lies between its nearest neighbours whose positions are
// sound.
std::optional<std::uint64_t> search_ordinal(const Snapshot& kept, const BatchName& name, Seq size) {
    std::uint64_t from = 0, end = kept.next_ordinal();
    for (Seq seq = name.seq; seq-- > 0;)
        if (const auto before = sound_position(kept, name.log, seq)) {
            from = before->ordinal + 1;
            break;
        }
    for (Seq seq = name.seq + 1; seq < size; ++seq)
        if (const auto behind = sound_position(kept, name.log, seq)) {
            end = behind->ordinal;
            break;
        }
    std::vector<std::uint64_t> unknown;
    for (std::uint64_t ordinal = from; ordinal < end; ++ordinal) {
        const Match found = match(kept, ordinal, name);
        if (found == Match::this_batch) return ordinal;
        if (found == Match::unknown) unknown.push_back(ordinal);
    }
    return unknown.size() == 1 ? std::optional(unknown.front()) : std::nullopt;
}

// What the log's neighbouring batches, or its own row, say its id is.
std::optional<BatchId> id_by_chain(const Snapshot& kept, const BatchName& name, const LogRow& log) {
    if (name.seq + 1 == log.size) return log.last;
    const auto next = sound_position(kept, name.log, name.seq + 1);
    const auto header = next ? header_of(kept, next->ordinal) : std::nullopt;
    return header ? std::optional(header->previous) : std::nullopt;
}

bool find_totals(const Snapshot& kept, const BatchName& name, const LogRow& log, BatchPlace& place) {
    if (name.seq == 0) return true;
    if (const auto before = sound_position(kept, name.log, name.seq - 1)) {
        place.entries_before = before->entries_before + before->entries;
        place.bytes_before = before->bytes_before + before->bytes;
        return true;
    }
    const auto row = kept.at(place.ordinal);
    if (!row) return false;
    const auto behind = sound_position(kept, name.log, name.seq + 1);
    if (!behind && name.seq + 1 != log.size) return false;
    place.entries_before = (behind ? behind->entries_before : log.entries) - row->entries;
    place.bytes_before = (behind ? behind->bytes_before : log.bytes) - row->bytes;
    return true;
}

std::optional<BatchPlace> place_of(const Snapshot& kept, const BatchName& name, const LogRow& log) {
    BatchPlace place;
    if (const auto position = sound_position(kept, name.log, name.seq)) {
        place.id = position->id;
        place.ordinal = position->ordinal;
        place.entries_before = position->entries_before;
        place.bytes_before = position->bytes_before;
        if (const auto row = kept.at(place.ordinal)) place.at_ms = row->at_ms;
        return place;
    }
    const auto ordinal = search_ordinal(kept, name, log.size);
    if (!ordinal) return std::nullopt;
    place.ordinal = *ordinal;
    const auto row = kept.at(*ordinal);
    if (row) place.at_ms = row->at_ms;
    const auto id = row ? std::optional(row->id) : id_by_chain(kept, name, log);
    if (!id || !find_totals(kept, name, log, place)) return std::nullopt;
    place.id = *id;
    return place;
}

}  // namespace

std::optional<DamagePlace> damage_place(const Refusal& refusal) {
    if (refusal.code != Code::store_corrupt) return std::nullopt;
    auto key = from_hex(refusal.value);
    if (!key || key->empty()) return std::nullopt;
    for (std::size_t i = 1; i <= tables_max; ++i)
        if (refusal.field == table_name(Table(i))) return DamagePlace{Table(i), std::move(*key)};
    return std::nullopt;
}

std::optional<BatchName> batch_at(const Snapshot& kept, const DamagePlace& place) {
    if (place.table == Table::positions && place.key.size() == sizeof(std::uint32_t) + sizeof(Seq)) {
        const auto log = log_numbered(kept, ordered_number<std::uint32_t>(place.key));
        if (!log) return std::nullopt;
        return BatchName{*log, ordered_number<Seq>(View(place.key).subspan(sizeof(std::uint32_t)))};
    }
    if (place.table != Table::batches || place.key.size() < sizeof(std::uint64_t)) return std::nullopt;
    const std::uint64_t ordinal = batch_ordinal(place.key);
    if (const auto row = kept.at(ordinal)) return BatchName{row->log, row->seq};
    if (const auto header = header_of(kept, ordinal)) return BatchName{header->log, header->seq};
    // Neither row nor header: the one position that leads here.
    std::optional<BatchName> found;
    kept.raw().scan(Table::positions, {}, [&](View key, View value) {
        const auto position = unframe_value(Table::positions, key, value).and_then([&](View payload) {
            return read_position(key, payload);
        });
        if (!position || position->ordinal != ordinal) return true;
        if (const auto log = log_numbered(kept, ordered_number<std::uint32_t>(key)))
            found = BatchName{*log, ordered_number<Seq>(key.subspan(sizeof(std::uint32_t)))};
        return false;
    });
    return found;
}

Examination examine_batch(const Snapshot& kept, const BatchName& name) {
    Examination seen;
    std::optional<LogRow> log;
    try {
        log = kept.log(name.log);
    } catch (const StoreCorrupt& damaged) {
        seen.damage = damaged.refusal();
        return seen;
    }
    if (!log || name.seq >= log->size) return seen;
    const auto batch = kept.batch(name.log, name.seq);
    if (!batch && batch.error().code == Code::store_corrupt) seen.damage = batch.error();
    seen.place = place_of(kept, name, *log);
    return seen;
}

}  // namespace xinwang
