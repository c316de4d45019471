#include "storage/store.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "storage/index_commit.h"
#include "storage/log_numbers.h"
#include "storage/schema_1.h"

namespace xinwang {
namespace {

bool is_own(Table table) {
    if (table == Table::meta) return false;
    return table < Table::heads || (table >= Table::index_runs && table <= Table::index_state);
}

}  // namespace

// One commit in the making. All is read before anything is written: a writer that has run full reads nothing.
class Store::Commit {
  public:
    explicit Commit(Store& store)
        : store_(store),
          numbers_(*store.numbers_),
          writer_(store.kv_->write()),
          next_ordinal_(next_ordinal(*writer_)) {
        first_ordinal_ = next_ordinal_;
    }

    void prepare(const AppendBatch& batch);
    void prepare(const Put&) {}
    void prepare(const Erase&) {}
    void prepare(const Classify& row);
    void prepare(const IndexBatch& batch);
    void prepare(const ResetIndex&);
    void prepare(const RestoreBatch&) {}
    void prepare(const PruneBatch&) {}
    void prepare_index();
    void fill_filters();

    void write(const AppendBatch& batch);
    void write(const Put& put);
    void write(const Erase& erase);
    void write(const Classify& row);
    void write(const IndexBatch&) {}
    void write(const ResetIndex&) {}
    void write(const RestoreBatch& batch);
    void write(const PruneBatch& batch);
    Result<void> finish();

  private:
    // Empty for one that is missing or damaged.
    std::optional<View> read_row(Table table, View key) const;
    IndexRebuild& rebuild();
    void add(std::uint64_t ordinal, const std::vector<IndexRow>& rows);
    void settle_filters(bool committed);
    void write_index();
    // Header, pieces and batch row; returns their bytes.
    template <class Batch>
    std::uint64_t write_values(const Batch& batch, std::uint64_t ordinal, Place place,
                               const AppendBatch::Gone& gone);

    Store& store_;
    LogNumbers& numbers_;
    std::unique_ptr<KvWriter> writer_;
    std::uint64_t first_ordinal_ = 0;
    std::uint64_t next_ordinal_ = 0;
    std::map<LogId, LogRow> rows_;                         // of the logs that grow
    std::vector<LogId> new_logs_;                          // by number
    std::map<std::pair<Table, Bytes>, Bytes> classified_;  // rows that get a class; empty: none
    std::map<Bytes, Tally> tallies_;
    IndexCommit by_record_{Index::record};
    IndexCommit by_subject_{Index::subject};
    IndexCommit dated_{Index::dated};
    bool indexes_ = false;  // they change
    bool reset_ = false;
    std::shared_ptr<RunFilters> filters_;
    std::optional<IndexRebuild> rebuild_;
    bool rebuild_read_ = false;
};

void Store::Commit::prepare(const AppendBatch& batch) {
    add(next_ordinal_++, batch.index);
    if (rows_.contains(batch.log)) return;
    LogRow row;
    row.id = batch.log;
    if (const auto number = numbers_.find(batch.log)) {
        const Bytes key = log_key(*number);
        const auto value = writer_->get(Table::logs, key);
        if (!value)
            throw StoreCorrupt(Refusal(Code::store_corrupt, table_name(Table::logs), hex(key), "missing"));
        auto kept = unframe_value(Table::logs, key, *value).and_then([&](View payload) {
            return read_log_row(key, payload);
        });
        if (!kept) throw StoreCorrupt(kept.error());
        row = std::move(*kept);
    } else {
        row.number = numbers_.size() + static_cast<std::uint32_t>(new_logs_.size());
        new_logs_.push_back(batch.log);
    }
    rows_.emplace(batch.log, std::move(row));
}

std::optional<View> Store::Commit::read_row(Table table, View key) const {
    const auto value = writer_->get(table, key);
    if (!value) return std::nullopt;
    const auto payload = unframe_value(table, key, *value);
    return payload ? std::optional(*payload) : std::nullopt;
}

void Store::Commit::prepare(const Classify& row) {
    if (const auto [it, fresh] = classified_.try_emplace({row.table, row.key}); fresh)
        if (const auto held = read_row(row.table, row.key)) it->second = to_bytes(*held);
    if (row.tally.empty()) return;
    if (const auto [it, fresh] = tallies_.try_emplace(row.tally); fresh)
        if (const auto held = read_row(Table::tallies, row.tally))
            if (const auto tally = read_tally(*held)) it->second = *tally;
}

IndexRebuild& Store::Commit::rebuild() {
    if (!rebuild_read_) {
        auto kept = read_index_rebuild(*writer_);
        if (!kept) throw StoreCorrupt(kept.error());
        rebuild_ = *kept;
        rebuild_read_ = true;
    }
    XW_CHECK(rebuild_);
    return *rebuild_;
}

void Store::Commit::prepare(const IndexBatch& batch) {
    IndexRebuild& state = rebuild();
    XW_CHECK(batch.ordinal == state.next && batch.ordinal < state.end);
    ++state.next;
    add(batch.ordinal, batch.index);
}

void Store::Commit::prepare(const ResetIndex&) {
    indexes_ = reset_ = true;
}

void Store::Commit::add(std::uint64_t ordinal, const std::vector<IndexRow>& rows) {
    indexes_ = true;
    for (const IndexRow& row : rows) {
        XW_CHECK(row.record_hash != 0 && row.position >> Locator::position_bits == 0);
        const Locator where{ordinal, row.position};
        by_record_.add(row.record_hash, where);
        if (row.subject_hash != 0) by_subject_.add(row.subject_hash, where);
        if (row.catalogue_hash != 0) dated_.add(dated_hash(row.catalogue_hash, row.date), where);
    }
}

// After every other prepare(). An index that is found damaged here is worth no more than none: it begins anew,
// and the batches before this commit are to be indexed again.
void Store::Commit::prepare_index() {
    if (!indexes_) return;
    if (!reset_)
        for (IndexCommit* index : {&by_record_, &by_subject_, &dated_})
            if (!index->prepare(*writer_)) reset_ = true;
    if (!reset_) return;
    for (IndexCommit* index : {&by_record_, &by_subject_, &dated_}) index->prepare_anew(first_ordinal_);
    rebuild_ = IndexRebuild{0, first_ordinal_, false};
    rebuild_read_ = true;
}

// An index that begins anew numbers its runs from 0 again: until that is committed no snapshot has filters.
void Store::Commit::fill_filters() {
    if (!indexes_) return;
    if (reset_) store_.set_record_filters(nullptr);
    filters_ = reset_ ? std::make_shared<RunFilters>() : store_.record_filters();
    by_record_.fill(*filters_);
}

void Store::Commit::settle_filters(bool committed) {
    if (!indexes_) return;
    if (committed) by_record_.committed(*filters_);
    if (reset_) store_.set_record_filters(committed ? filters_ : std::make_shared<RunFilters>());
}

void Store::Commit::write(const PruneBatch& batch) {
    XW_CHECK(batch.ordinal < next_ordinal_ && batch.pieces < batch_stub_piece);
    for (std::uint16_t piece = 1; piece <= batch.pieces; ++piece)
        writer_->erase(Table::batches, batch_key(batch.ordinal, piece));
    put_framed(*writer_, Table::batches, batch_key(batch.ordinal, batch_stub_piece), batch.stub);
}

template <class Batch>
std::uint64_t Store::Commit::write_values(const Batch& batch, std::uint64_t ordinal, Place place,
                                          const AppendBatch::Gone& gone) {
    XW_CHECK(batch.header && batch.pieces.size() + gone.pieces + 1 < batch_stub_piece);
    XW_CHECK(gone.pieces == 0 || batch.pieces.empty());
    BatchRow row;
    row.log = batch.log;
    row.seq = batch.seq;
    row.id = batch.id;
    row.entries = batch.entries;
    row.at_ms = batch.at_ms;
    row.pieces = static_cast<std::uint16_t>(batch.pieces.size() + gone.pieces);
    row.bytes = batch.header->size();
    for (const auto& piece : batch.pieces) row.bytes += piece->size();
    for (std::size_t i = 0; i <= batch.pieces.size(); ++i) {
        const Bytes& piece = i == 0 ? *batch.header : *batch.pieces[i - 1];
        put_framed(*writer_, Table::batches, batch_key(ordinal, static_cast<std::uint16_t>(i)), piece, place);
    }
    if (gone.pieces != 0)
        put_framed(*writer_, Table::batches, batch_key(ordinal, batch_stub_piece), gone.stub, place);
    put_framed(*writer_, Table::batches, batch_key(ordinal, batch_row_piece), encode(row), place);
    return row.bytes;
}

void Store::Commit::write(const RestoreBatch& batch) {
    const auto number = numbers_.find(batch.log);
    XW_CHECK(number && batch.ordinal < next_ordinal_);
    writer_->erase(Table::batches, batch_key(batch.ordinal, batch_stub_piece));
    const std::uint64_t bytes = write_values(batch, batch.ordinal, Place::anywhere, {});
    put_framed(*writer_, Table::positions, position_key(*number, batch.seq),
               encode(Position{batch.ordinal, batch.id, batch.entries, bytes, batch.entries_before,
                               batch.bytes_before}));
}

void Store::Commit::write(const AppendBatch& batch) {
    LogRow& log = rows_.at(batch.log);
    XW_CHECK(batch.seq == log.size);
    const std::uint64_t ordinal = first_ordinal_++;
    const std::uint64_t bytes = write_values(batch, ordinal, Place::at_end, batch.gone);
    put_framed(*writer_, Table::positions, position_key(log.number, batch.seq),
               encode(Position{ordinal, batch.id, batch.entries, bytes, log.entries, log.bytes}));
    log.size += 1;
    log.last = batch.id;
    log.entries += batch.entries;
    log.bytes += bytes;
    log.frontier = batch.frontier;
}

void Store::Commit::write(const Put& put) {
    XW_CHECK(!is_own(put.table));
    put_framed(*writer_, put.table, put.key, put.value);
}

void Store::Commit::write(const Erase& erase) {
    XW_CHECK(!is_own(erase.table));
    writer_->erase(erase.table, erase.key);
}

void Store::Commit::write(const Classify& row) {
    XW_CHECK(!is_own(row.table) && row.keep < row_classes && row.set < row_classes);
    Bytes& held = classified_.at({row.table, row.key});
    const bool was_there = !held.empty();
    const std::uint8_t before = was_there ? held.front() : std::uint8_t{0};
    if (!was_there) held.push_back(0);
    held.front() = static_cast<std::uint8_t>((before & row.keep) | row.set);
    if (row.rest) {
        held.resize(1);
        append(held, *row.rest);
    }
    const bool is_there = held.front() != 0 || held.size() > 1;
    if (!row.tally.empty()) {
        auto& rows = tallies_.at(row.tally).rows;
        if (was_there && rows[before % row_classes] > 0) --rows[before % row_classes];
        if (is_there) ++rows[held.front()];
    }
    if (is_there) return put_framed(*writer_, row.table, row.key, held);
    writer_->erase(row.table, row.key);
    held.clear();
}

void Store::Commit::write_index() {
    if (!indexes_) return;
    if (reset_) writer_->clear(Table::index_blocks);
    by_record_.write(*writer_);
    by_subject_.write(*writer_);
    dated_.write(*writer_);
    if (!rebuild_) return;
    if (rebuild_->next < rebuild_->end) return put_index_rebuild(*writer_, *rebuild_);
    writer_->erase(Table::index_state, index_rebuild_key());
    for (const Table old : schema_1::tables) writer_->clear(old);
}

Result<void> Store::Commit::finish() {
    for (const auto& [id, row] : rows_) put_framed(*writer_, Table::logs, log_key(row.number), encode(row));
    for (const auto& [name, tally] : tallies_) put_framed(*writer_, Table::tallies, name, encode(tally));
    write_index();
    const auto done = writer_->commit();
    settle_filters(done.has_value());
    XW_TRY_VOID(done);
    for (const LogId& id : new_logs_) numbers_.add(id, rows_.at(id).number);
    return {};
}

Store::Store(std::unique_ptr<Kv> kv, View index_secret, std::unique_ptr<LogNumbers> numbers)
    : kv_(std::move(kv)),
      index_secret_(to_bytes(index_secret)),
      hasher_(index_secret_),
      numbers_(std::move(numbers)) {}
Store::~Store() = default;

Result<void> Store::commit(std::span<const Write> writes) {
    Commit commit(*this);
    bool grows = false;
    for (const Write& write : writes) {
        grows = grows || std::holds_alternative<AppendBatch>(write);
        std::visit([&](const auto& w) { commit.prepare(w); }, write);
    }
    if (grows && !has_room()) return refuse(Code::store_full, "store", std::to_string(kv_->sizes().free_bytes));
    commit.prepare_index();
    commit.fill_filters();
    for (const Write& write : writes) std::visit([&](const auto& w) { commit.write(w); }, write);
    return commit.finish();
}

bool Store::has_room() const {
    return kv_->has_room();
}

std::uint64_t Store::used_bytes() const {
    return kv_->sizes().used_bytes;
}

Result<Copied> Store::copy_to(const std::filesystem::path& directory, const CopyRule& rule) const {
    return kv_->copy_to(directory, rule);
}

StoreSizes Store::sizes() const {
    StoreSizes sizes{kv_->sizes(), {}};
    const auto reader = kv_->read();
    for (std::size_t i = 1; i <= tables_max; ++i) sizes.rows[Table(i)] = reader->count(Table(i));
    return sizes;
}

}  // namespace xinwang
