#include "node/core/indexing.h"

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::size_t entries_per_step = 200'000;

// Spreads every bit over all others (the finaliser of MurmurHash3).
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDull;
    x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53ull;
    return x ^ (x >> 33);
}

std::size_t place(Index index) {
    return static_cast<std::size_t>(index) - 1;
}

}  // namespace

void IndexSum::add(std::uint64_t hash, std::uint32_t position) {
    ++entries;
    sum += mixed(hash + mixed(position + 1));
}

Result<std::vector<IndexRow>> rows_of_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room) {
    std::vector<IndexRow> rows;
    XW_TRY(bytes, kept.header(ordinal));
    XW_TRY(header, parse_header(bytes));
    const auto key = unwrap(header, room.self, room.open_keys);
    if (!key && (key.error().code == Code::not_a_recipient || says_nothing(header.log, key.error())))
        return rows;
    if (!key) return tl::unexpected(key.error());
    rows.reserve(header.entries);
    std::vector<Bytes> pieces;
    for (std::uint16_t number = 1; number < header.pieces(); ++number) {
        auto held = kept.piece(ordinal, number);
        // What has gone with its last day is in no index that is built anew.
        if (!held && held.error().code == Code::batch_expired) return std::vector<IndexRow>();
        XW_TRY(piece, std::move(held));
        if (piece.size() != header.piece_bytes[number - 1])
            return refuse(Code::store_corrupt, table_name(Table::batches), std::to_string(ordinal), "piece");
        pieces.push_back(std::move(piece));
    }
    const std::vector<View> views(pieces.begin(), pieces.end());
    const auto scanned =
        scan_batch(header, views, *key, [&](std::uint32_t position, View entry) -> Result<void> {
            XW_TRY(row, index_row(entry, position, *room.store));
            if (row) rows.push_back(*row);
            return {};
        });
    if (!scanned && !says_nothing(header.log, scanned.error())) return tl::unexpected(scanned.error());
    if (!scanned) rows.clear();
    return rows;
}

Result<IndexAudit> IndexAudit::read(const Store& store, const std::function<bool()>& step) {
    IndexAudit audit;
    {
        const Snapshot kept = store.snapshot();
        audit.sums_.resize(kept.next_ordinal());
        XW_TRY(rebuild, kept.index_rebuild());
        if (rebuild) std::tie(audit.not_from_, audit.not_until_) = std::pair(rebuild->next, rebuild->end);
    }
    for (const Index index : all_indexes) {
        for (IndexEntry from = index_begin; from != index_end;) {
            std::size_t left = entries_per_step;
            XW_TRY(next, store.snapshot().walk_index(index, from, [&](const IndexEntry& entry) {
                if (left-- == 0) return false;
                const Locator where = Locator::unpack(entry.locator);
                if (where.ordinal < audit.sums_.size()) {
                    audit.sums_[where.ordinal][place(index)].add(entry.hash, where.position);
                    ++audit.entries_;
                }
                return true;
            }));
            from = next;
            if (!step()) return refuse(Code::node_stopping);
        }
    }
    return audit;
}

bool IndexAudit::covers(std::uint64_t ordinal) const {
    return ordinal < sums_.size() && (ordinal < not_from_ || ordinal >= not_until_);
}

IndexAudit::Difference IndexAudit::compare(std::uint64_t ordinal, std::span<const IndexRow> rows) const {
    XW_CHECK(covers(ordinal));
    Sums wanted;
    for (const IndexRow& row : rows) {
        wanted[place(Index::record)].add(row.record_hash, row.position);
        if (row.subject_hash != 0) wanted[place(Index::subject)].add(row.subject_hash, row.position);
        if (row.catalogue_hash != 0)
            wanted[place(Index::dated)].add(dated_hash(row.catalogue_hash, row.date), row.position);
    }
    Difference difference;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const IndexSum& held = sums_[ordinal][i];
        if (held == wanted[i]) continue;
        const auto more = std::max(held.entries, wanted[i].entries);
        // As many, but others: one at least of each.
        difference.missing += held.entries == wanted[i].entries ? 1 : more - held.entries;
        difference.wrong += held.entries == wanted[i].entries ? 1 : more - wanted[i].entries;
    }
    return difference;
}

}  // namespace xinwang
