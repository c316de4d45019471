#include "storage/store.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "storage/index.h"
#include "storage/index_runs.h"
#include "storage/log_numbers.h"

namespace xinwang {
namespace {

constexpr std::uint32_t schema = 1;

// The rows of the table `format`. They keep this form in every later schema: it is how the schema is told.
View schema_key() {
    return view("schema");
}
View index_secret_key() {
    return view("index-secret");
}

void put_framed(KvWriter& writer, Table table, View key, View payload, Place place = Place::anywhere) {
    XW_CHECK(payload.size() <= value_payload_bytes_max);
    const auto value = writer.put(table, key, payload.size() + value_framing_bytes, place);
    frame_value(value, table, key, payload);
}

bool is_own(Table table) {
    return table == Table::index_runs || (table != Table::meta && table < Table::heads);
}

Result<View> read_format(const KvReader& reader, View key, std::size_t size) {
    const auto value = reader.get(Table::format, key);
    if (!value) return refuse(Code::store_corrupt, table_name(Table::format), hex(key), "missing");
    XW_TRY(payload, unframe_value(Table::format, key, *value));
    if (payload.size() != size) return refuse(Code::store_corrupt, table_name(Table::format), hex(key), "size");
    return payload;
}

Result<void> make_format(Kv& kv) {
    Writer number;
    number.u32(schema);
    const auto writer = kv.write();
    put_framed(*writer, Table::format, schema_key(), number.bytes());
    put_framed(*writer, Table::format, index_secret_key(), random_bytes(index_secret_bytes));
    return writer->commit();
}

bool is_empty(const KvReader& reader) {
    for (std::size_t i = 1; i <= tables_max; ++i)
        if (reader.count(Table(i)) > 0) return false;
    return true;
}

Result<void> check_schema(const KvReader& reader) {
    XW_TRY(payload, read_format(reader, schema_key(), sizeof schema));
    const std::uint32_t found = Reader(payload, "schema").u32();
    if (found > schema)
        return refuse(Code::schema_newer, "store", std::to_string(found), std::to_string(schema));
    if (found < schema)  // schema 1 is the first: there is nothing to upgrade from
        return refuse(Code::store_corrupt, table_name(Table::format), hex(schema_key()), "schema");
    return {};
}

Result<void> read_numbers(const KvReader& reader, LogNumbers& numbers) {
    Result<void> outcome;
    reader.scan(Table::logs, {}, [&](View key, View value) {
        auto row = unframe_value(Table::logs, key, value).and_then([&](View payload) {
            return read_log_row(key, payload);
        });
        if (!row)
            outcome = tl::unexpected(row.error());
        else if (row->number != numbers.size() || numbers.find(row->id))
            outcome = refuse(Code::store_corrupt, table_name(Table::logs), hex(key), "number");
        else
            numbers.add(row->id, row->number);
        return outcome.has_value();
    });
    return outcome;
}

}  // namespace

// One commit in the making. All is read before anything is written: a writer that has run full reads nothing.
class Store::Commit {
  public:
    explicit Commit(const Store& store)
        : secret_(store.index_secret_), numbers_(*store.numbers_), writer_(store.kv_->write()) {
        const auto last = writer_->last_key(Table::batches);
        next_ordinal_ = last ? batch_ordinal(*last) + 1 : 0;
    }

    void prepare(const AppendBatch& batch);
    void prepare_index();
    void write(const AppendBatch& batch);
    void write(const Put& put);
    void write(const Erase& erase);
    Result<void> finish();

  private:
    View secret_;
    LogNumbers& numbers_;
    std::unique_ptr<KvWriter> writer_;
    std::uint64_t next_ordinal_ = 0;
    std::map<LogId, LogRow> rows_;  // of the logs that grow
    std::vector<LogId> new_logs_;   // by number
    IndexCommit by_record_{Table::by_record};
    IndexCommit by_subject_{Table::by_subject};
    bool grows_ = false;
};

void Store::Commit::prepare(const AppendBatch& batch) {
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

void Store::Commit::prepare_index() {
    grows_ = true;
    by_record_.prepare(*writer_);
    by_subject_.prepare(*writer_);
}

void Store::Commit::write(const AppendBatch& batch) {
    LogRow& log = rows_.at(batch.log);
    XW_CHECK(batch.seq == log.size);
    XW_CHECK(batch.header && batch.pieces.size() + 1 < batch_row_piece);
    const std::uint64_t ordinal = next_ordinal_++;
    BatchRow row;
    row.log = batch.log;
    row.seq = batch.seq;
    row.id = batch.id;
    row.entries = batch.entries;
    row.at_ms = batch.at_ms;
    row.pieces = static_cast<std::uint16_t>(batch.pieces.size());
    row.bytes = batch.header->size();
    for (const auto& piece : batch.pieces) row.bytes += piece->size();
    for (std::size_t i = 0; i <= batch.pieces.size(); ++i) {
        const Bytes& piece = i == 0 ? *batch.header : *batch.pieces[i - 1];
        put_framed(*writer_, Table::batches, batch_key(ordinal, static_cast<std::uint16_t>(i)), piece,
                   Place::at_end);
    }
    put_framed(*writer_, Table::batches, batch_key(ordinal, batch_row_piece), encode(row), Place::at_end);
    put_framed(*writer_, Table::positions, position_key(log.number, batch.seq),
               encode(Position{ordinal, batch.id, batch.entries, row.bytes, log.entries, log.bytes}));
    for (const IndexRow& entry : batch.index) {
        XW_CHECK(entry.position >> Locator::position_bits == 0);
        const Locator where{ordinal, entry.position};
        by_record_.add(index_key(xinwang::record_hash(secret_, entry.record), where));
        if (entry.subject_hash != 0) by_subject_.add(index_key(entry.subject_hash, where));
    }
    log.size += 1;
    log.last = batch.id;
    log.entries += batch.entries;
    log.bytes += row.bytes;
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

Result<void> Store::Commit::finish() {
    for (const auto& [id, row] : rows_) put_framed(*writer_, Table::logs, log_key(row.number), encode(row));
    if (grows_) {
        by_record_.write(*writer_);
        by_subject_.write(*writer_);
    }
    XW_TRY_VOID(writer_->commit());
    for (const LogId& id : new_logs_) numbers_.add(id, rows_.at(id).number);
    return {};
}

Store::Store(std::unique_ptr<Kv> kv, View index_secret, std::unique_ptr<LogNumbers> numbers)
    : kv_(std::move(kv)), index_secret_(to_bytes(index_secret)), numbers_(std::move(numbers)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Kv> kv) {
    if (is_empty(*kv->read())) XW_TRY_VOID(make_format(*kv));
    auto reader = kv->read();
    XW_TRY_VOID(check_schema(*reader));
    XW_TRY(secret, read_format(*reader, index_secret_key(), index_secret_bytes));
    auto numbers = std::make_unique<LogNumbers>();
    XW_TRY_VOID(read_numbers(*reader, *numbers));
    std::unique_ptr<Store> store(new Store(std::move(kv), secret, std::move(numbers)));
    reader.reset();  // before the tables it reads
    return store;
}

Result<void> Store::commit(std::span<const Write> writes) {
    Commit commit(*this);
    bool grows = false;
    for (const Write& write : writes)
        if (const auto* batch = std::get_if<AppendBatch>(&write)) {
            grows = true;
            commit.prepare(*batch);
        }
    if (grows && !has_room()) return refuse(Code::store_full, "store", std::to_string(kv_->sizes().free_bytes));
    if (grows) commit.prepare_index();
    for (const Write& write : writes) std::visit([&](const auto& w) { commit.write(w); }, write);
    return commit.finish();
}

Snapshot Store::snapshot() const {
    return Snapshot(kv_->read(), *numbers_, index_secret_);
}

std::uint64_t Store::subject_hash(std::string_view subject) const {
    return xinwang::subject_hash(index_secret_, subject);
}

std::uint64_t Store::record_hash(const RecordId& record) const {
    return xinwang::record_hash(index_secret_, record);
}

bool Store::has_room() const {
    return kv_->has_room();
}

std::uint64_t Store::used_bytes() const {
    return kv_->sizes().used_bytes;
}

StoreSizes Store::sizes() const {
    StoreSizes sizes{kv_->sizes(), {}};
    const auto reader = kv_->read();
    for (std::size_t i = 1; i <= tables_max; ++i) sizes.rows[Table(i)] = reader->count(Table(i));
    return sizes;
}

}  // namespace xinwang
