#include "tests/crash/truth.h"

#include <algorithm>

#include "storage/verify.h"

namespace xinwang::crash {
namespace {

constexpr std::uint32_t date_max = 99'999'999;
constexpr std::size_t all = ~std::size_t{0} >> 1;

bool same(const StoredBatch& read, const AppendBatch& given) {
    bool same = read.id == given.id && read.header == *given.header && read.entries == given.entries &&
                read.at_ms == given.at_ms && read.pieces.size() == given.pieces.size();
    for (std::size_t i = 0; same && i < given.pieces.size(); ++i) same = read.pieces[i] == *given.pieces[i];
    return same;
}

using DatedPlaces = std::vector<std::pair<std::uint32_t, Locator>>;

Result<DatedPlaces> find_dated(const Snapshot& kept, std::uint64_t catalogue) {
    XW_TRY(found, kept.find_dated(catalogue_name(catalogue), 0, date_max, 0, all));
    DatedPlaces places;
    for (const auto& dated : found) places.emplace_back(dated.date, dated.where);
    return places;
}

}  // namespace

RecordId record_id(std::uint64_t number) {
    Writer out;
    out.u64(number);
    return hash<RecordId>("record", {out.bytes()});
}
std::string subject_name(std::uint64_t number) {
    return "subject " + std::to_string(number);
}
std::string catalogue_name(std::uint64_t number) {
    return "catalogue " + std::to_string(number);
}

std::vector<Write> for_store(std::vector<Write> writes, const Store& store) {
    const IndexHasher& hasher = store.index_hasher();
    const auto put_in = [&](std::vector<IndexRow>& index) {
        for (IndexRow& row : index) {
            row.record_hash = hasher.record(record_id(row.record_hash));
            if (row.subject_hash != 0) row.subject_hash = hasher.subject(subject_name(row.subject_hash));
            if (row.catalogue_hash != 0)
                row.catalogue_hash = hasher.catalogue(catalogue_name(row.catalogue_hash));
        }
    };
    for (Write& write : writes) {
        if (auto* batch = std::get_if<AppendBatch>(&write)) put_in(batch->index);
        if (auto* batch = std::get_if<IndexBatch>(&write)) put_in(batch->index);
    }
    return writes;
}

void Truth::apply(const std::vector<Write>& writes) {
    for (const Write& write : writes) {
        if (const auto* put = std::get_if<Put>(&write)) {
            rows_[{put->table, put->key}] = put->value;
        } else if (const auto* erase = std::get_if<Erase>(&write)) {
            rows_.erase({erase->table, erase->key});
        } else if (const auto* batch = std::get_if<AppendBatch>(&write)) {
            ++sizes_[batch->log];
            batches_.push_back(std::make_shared<AppendBatch>(*batch));
            places_.reset();
        } else if (std::holds_alternative<IndexBatch>(write)) {
            if (++rebuild_->next == rebuild_->end) rebuild_.reset();
        } else if (std::holds_alternative<ResetIndex>(write)) {
            rebuild_ = Rebuild{0, batches_.size()};
        } else if (const auto* prune = std::get_if<PruneBatch>(&write)) {
            stubs_[prune->ordinal] = prune->stub;
        } else if (const auto* restored = std::get_if<RestoreBatch>(&write)) {
            stubs_.erase(restored->ordinal);
        }
    }
}

RestoreBatch Truth::restore(std::uint64_t ordinal) const {
    const AppendBatch& batch = *batches_[ordinal];
    RestoreBatch write{batch.log, batch.seq, batch.id, batch.header, batch.pieces, batch.entries, batch.at_ms,
                       ordinal,   0,         0};
    for (std::uint64_t before = 0; before < ordinal; ++before) {
        const AppendBatch& earlier = *batches_[before];
        if (earlier.log != batch.log) continue;
        write.entries_before += earlier.entries;
        write.bytes_before += earlier.header->size();
        for (const auto& piece : earlier.pieces) write.bytes_before += piece->size();
    }
    return write;
}

const Truth::Places& Truth::places() const {
    if (places_) return *places_;
    auto places = std::make_shared<Places>();
    for (std::uint64_t ordinal = 0; ordinal < batches_.size(); ++ordinal)
        for (const IndexRow& row : batches_[ordinal]->index) {
            const Locator place{ordinal, row.position};
            places->records[row.record_hash].push_back(place);
            if (row.subject_hash != 0) places->subjects[row.subject_hash].push_back(place);
            if (row.catalogue_hash != 0) places->dated[row.catalogue_hash].emplace_back(row.date, place);
        }
    for (auto& [catalogue, dated] : places->dated) std::sort(dated.begin(), dated.end());
    places_ = places;
    return *places_;
}

Seq Truth::size(const LogId& log) const {
    const auto known = sizes_.find(log);
    return known == sizes_.end() ? 0 : known->second;
}

std::string Truth::size_difference(const Store& store) const {
    const Snapshot kept = store.snapshot();
    const auto logs = kept.logs();
    if (logs.size() != sizes_.size()) return "number of logs";
    for (const LogRow& log : logs)
        if (log.size != size(log.id)) return "size of " + log.id.origin_line();
    return kept.next_ordinal() == batches_.size() ? "" : "number of batches";
}

std::string Truth::batch_difference(const Snapshot& kept) const {
    for (std::uint64_t ordinal = 0; ordinal < batches_.size(); ++ordinal) {
        if (pruned(ordinal)) {
            if (auto found = pruned_difference(kept, ordinal); !found.empty()) return found;
            continue;
        }
        const AppendBatch& given = *batches_[ordinal];
        const auto read = kept.batch(given.log, given.seq);
        const std::string name = "batch " + std::to_string(ordinal);
        if (!read) return name + ": " + read.error().line(Language::english);
        if (read->ordinal != ordinal || !same(*read, given)) return name;
        if (given.seq + 1 == size(given.log) && kept.log(given.log)->frontier != given.frontier)
            return name + ": frontier";
    }
    return {};
}

std::string Truth::pruned_difference(const Snapshot& kept, std::uint64_t ordinal) const {
    const AppendBatch& given = *batches_[ordinal];
    const auto read = kept.batch(given.log, given.seq);
    const auto stub = kept.stub(ordinal);
    const auto header = kept.header(ordinal);
    const bool right = !read && read.error().code == Code::batch_expired && stub &&
                       *stub == stubs_.at(ordinal) && header && *header == *given.header;
    return right ? "" : "pruned batch " + std::to_string(ordinal);
}

std::string Truth::table_difference(const Snapshot& kept) const {
    auto expected = rows_.begin();
    std::string difference;
    for (std::size_t i = 1; i <= tables_max; ++i) {
        const Table table = Table(i);
        const bool index = table >= Table::index_runs && table <= Table::index_state;
        if (index || (table != Table::meta && table < Table::heads)) continue;
        kept.scan(table, {}, [&](View key, View value) {
            const bool right = expected != rows_.end() && expected->first.first == table &&
                               equal(expected->first.second, key) && equal(expected->second, value);
            if (!right) difference = std::string("row of ") + table_name(table) + " " + hex(key);
            if (right) ++expected;
            return right;
        });
        if (!difference.empty()) return difference;
    }
    return expected == rows_.end() ? "" : std::string("missing row of ") + table_name(expected->first.first);
}

std::string Truth::index_difference(const Snapshot& kept) const {
    const auto rebuilding = kept.index_rebuild();
    if (!rebuilding) return rebuilding.error().line(Language::english);
    if (rebuild_.has_value() != rebuilding->has_value()) return "whether the indexes are being rebuilt";
    if (rebuild_) return (*rebuilding)->next == rebuild_->next ? "" : "how far the indexes are built again";
    for (const auto& [record, wanted] : places().records)
        if (kept.find_record(record_id(record)) != wanted) return "places of record " + std::to_string(record);
    for (const auto& [subject, wanted] : places().subjects)
        if (kept.find_subject(subject_name(subject)) != wanted)
            return "places of subject " + std::to_string(subject);
    for (const auto& [catalogue, wanted] : places().dated)
        if (find_dated(kept, catalogue) != wanted)
            return "places by date of catalogue " + std::to_string(catalogue);
    return {};
}

std::string Truth::difference(const Store& store) const {
    if (auto found = size_difference(store); !found.empty()) return found;
    {
        const Snapshot kept = store.snapshot();
        if (auto found = batch_difference(kept); !found.empty()) return found;
        if (auto found = table_difference(kept); !found.empty()) return found;
        if (auto found = index_difference(kept); !found.empty()) return found;
    }
    const VerifyReport walk = verify_store(store);
    return walk.clean() ? "" : "verify: " + walk.findings.front().line(Language::english);
}

void Truth::read_batches(const Snapshot& kept, Reading& reading) const {
    for (const auto& given : batches_) {
        const auto read = kept.batch(given->log, given->seq);
        if (!read && read.error().code == Code::store_corrupt)
            ++reading.refused;
        else if (!read)
            ++reading.missing;
        else if (same(*read, *given))
            ++reading.right;
        else
            reading.wrong = "batch " + std::to_string(read->ordinal);
    }
}

void Truth::read_rows(const Snapshot& kept, const std::vector<const Truth*>& earlier, Reading& reading) const {
    for (const auto& [place, value] : rows_) {
        const auto read = kept.get(place.first, place.second);
        const auto was = [&, &at = place](const Truth* truth) {
            const auto row = truth->rows_.find(at);
            return row != truth->rows_.end() && row->second == **read;
        };
        if (!read)
            ++reading.refused;
        else if (!*read)
            ++reading.missing;
        else if (**read == value)
            ++reading.right;
        else if (std::any_of(earlier.begin(), earlier.end(), was))
            ++reading.stale;
        else
            reading.wrong = std::string("row of ") + table_name(place.first);
    }
}

// Whoever looks something up opens the entry, so a place too many does no harm.
void Truth::read_index(const Snapshot& kept, Reading& reading) const {
    const auto compare = [&](auto found, const auto& wanted) {
        if (!found) return void(++reading.refused);
        std::sort(found->begin(), found->end());
        const bool whole = std::includes(found->begin(), found->end(), wanted.begin(), wanted.end());
        ++(whole ? reading.right : reading.missing);
    };
    for (const auto& [record, wanted] : places().records) compare(kept.find_record(record_id(record)), wanted);
    for (const auto& [subject, wanted] : places().subjects)
        compare(kept.find_subject(subject_name(subject)), wanted);
    for (const auto& [catalogue, wanted] : places().dated) compare(find_dated(kept, catalogue), wanted);
}

Reading Truth::read(const Store& store, const std::vector<const Truth*>& earlier) const {
    Reading reading;
    const Snapshot kept = store.snapshot();
    // Damaged control state throws: each part is asked for on its own.
    const auto part = [&](const auto& ask) {
        try {
            ask();
        } catch (const StoreFailure&) {
            ++reading.refused;
        }
    };
    part([&] { read_batches(kept, reading); });
    part([&] { read_rows(kept, earlier, reading); });
    part([&] { read_index(kept, reading); });
    return reading;
}

}  // namespace xinwang::crash
