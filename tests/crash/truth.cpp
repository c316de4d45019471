#include <algorithm>

#include "storage/verify.h"
#include "tests/crash/script.h"

namespace xinwang::crash {
namespace {

bool same(const StoredBatch& read, const AppendBatch& given) {
    bool same = read.id == given.id && read.header == *given.header && read.entries == given.entries &&
                read.at_ms == given.at_ms && read.pieces.size() == given.pieces.size();
    for (std::size_t i = 0; same && i < given.pieces.size(); ++i) same = read.pieces[i] == *given.pieces[i];
    return same;
}

}  // namespace

void Truth::apply(const std::vector<Write>& writes) {
    for (const Write& write : writes) {
        if (const auto* put = std::get_if<Put>(&write)) {
            rows_[{put->table, put->key}] = put->value;
        } else if (const auto* erase = std::get_if<Erase>(&write)) {
            rows_.erase({erase->table, erase->key});
        } else if (const auto* batch = std::get_if<AppendBatch>(&write)) {
            for (const IndexRow& row : batch->index) {
                const Locator place{batches_.size(), row.position};
                records_[row.record].push_back(place);
                if (row.subject_hash != 0) subjects_[row.subject_hash].push_back(place);
            }
            ++sizes_[batch->log];
            batches_.push_back(std::make_shared<AppendBatch>(*batch));
        }
    }
}

Seq Truth::size(const LogId& log) const {
    const auto known = sizes_.find(log);
    return known == sizes_.end() ? 0 : known->second;
}

std::string Truth::log_difference(const Snapshot& kept) const {
    const auto logs = kept.logs();
    if (logs.size() != sizes_.size()) return "number of logs";
    for (const LogRow& log : logs)
        if (log.size != size(log.id)) return "size of " + log.id.origin_line();
    return kept.next_ordinal() == batches_.size() ? "" : "number of batches";
}

std::string Truth::size_difference(const Store& store) const {
    return log_difference(store.snapshot());
}

std::string Truth::batch_difference(const Snapshot& kept) const {
    for (std::uint64_t ordinal = 0; ordinal < batches_.size(); ++ordinal) {
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

std::string Truth::table_difference(const Snapshot& kept) const {
    auto expected = rows_.begin();
    std::string difference;
    for (std::size_t i = 1; i <= tables_max; ++i) {
        const Table table = Table(i);
        if (table != Table::meta && (table < Table::heads || table > Table::package_rows)) continue;
        kept.scan(table, {}, [&](View key, View value) {
            const bool same = expected != rows_.end() && expected->first.first == table &&
                              equal(expected->first.second, key) && equal(expected->second, value);
            if (!same) difference = std::string("row of ") + table_name(table) + " " + hex(key);
            if (same) ++expected;
            return same;
        });
        if (!difference.empty()) return difference;
    }
    return expected == rows_.end() ? "" : std::string("missing row of ") + table_name(expected->first.first);
}

std::string Truth::index_difference(const Store& store, const Snapshot& kept) const {
    for (const auto& [record, places] : records_)
        if (kept.find_record(record) != places) return "places of record " + record.hex();
    for (const auto& [subject, places] : subjects_)
        if (kept.find_subject(store.subject_hash(std::to_string(subject))) != places)
            return "places of subject " + std::to_string(subject);
    return {};
}

std::string Truth::difference(const Store& store) const {
    {
        const Snapshot kept = store.snapshot();
        if (auto found = log_difference(kept); !found.empty()) return found;
        if (auto found = batch_difference(kept); !found.empty()) return found;
        if (auto found = table_difference(kept); !found.empty()) return found;
        if (auto found = index_difference(store, kept); !found.empty()) return found;
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
        const auto was = [&](const Truth* truth) {
            const auto row = truth->rows_.find(place);
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
void Truth::read_index(const Store& store, const Snapshot& kept, Reading& reading) const {
    const auto compare = [&](std::vector<Locator> found, const std::vector<Locator>& places) {
        std::sort(found.begin(), found.end());
        const bool all = std::includes(found.begin(), found.end(), places.begin(), places.end());
        ++(all ? reading.right : reading.missing);
    };
    for (const auto& [record, places] : records_) compare(kept.find_record(record), places);
    for (const auto& [subject, places] : subjects_)
        compare(kept.find_subject(store.subject_hash(std::to_string(subject))), places);
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
    part([&] { read_index(store, kept, reading); });
    return reading;
}

}  // namespace xinwang::crash
