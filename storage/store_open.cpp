// A store's beginning: its format row, what an earlier release left, and the numbers of its logs.
#include "protocol/base/codec.h"
#include "protocol/base/random.h"
#include "storage/log_numbers.h"
#include "storage/store.h"

namespace xinwang {
namespace {

constexpr std::uint32_t schema = 2;

// The rows of the table `format`. They keep this form in every later schema: it is how the schema is told.
View schema_key() {
    return view("schema");
}
View index_secret_key() {
    return view("index-secret");
}

Result<View> read_format(const KvReader& reader, View key, std::size_t size) {
    const auto value = reader.get(Table::format, key);
    if (!value) return refuse(Code::store_corrupt, table_name(Table::format), hex(key), "missing");
    XW_TRY(payload, unframe_value(Table::format, key, *value));
    if (payload.size() != size) return refuse(Code::store_corrupt, table_name(Table::format), hex(key), "size");
    return payload;
}

void put_schema(KvWriter& writer) {
    Writer number;
    number.u32(schema);
    put_framed(writer, Table::format, schema_key(), number.bytes());
}

Result<void> make_format(Kv& kv) {
    const auto writer = kv.write();
    put_schema(*writer);
    put_framed(*writer, Table::format, index_secret_key(), random_bytes(index_secret_bytes));
    return writer->commit();
}

bool is_empty(const KvReader& reader) {
    for (std::size_t i = 1; i <= tables_max; ++i)
        if (reader.count(Table(i)) > 0) return false;
    return true;
}

Result<std::uint32_t> read_schema(const KvReader& reader) {
    XW_TRY(payload, read_format(reader, schema_key(), sizeof schema));
    const std::uint32_t found = Reader(payload, "schema").u32();
    if (found > schema)
        return refuse(Code::schema_newer, "store", std::to_string(found), std::to_string(schema));
    if (found == 0) return refuse(Code::store_corrupt, table_name(Table::format), hex(schema_key()), "schema");
    return found;
}

// Values of schema 1 stay readable where they lie; what changes is the indexes' form, and they are rebuilt by
// whoever can open the batches.
Result<void> upgrade_from_1(Kv& kv) {
    const auto writer = kv.write();
    const IndexRebuild rebuild{0, next_ordinal(*writer), true};
    put_schema(*writer);
    if (rebuild.end > 0) put_index_rebuild(*writer, rebuild);
    return writer->commit();
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

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Kv> kv) {
    if (is_empty(*kv->read())) XW_TRY_VOID(make_format(*kv));
    auto reader = kv->read();
    XW_TRY(found, read_schema(*reader));
    if (found == 1) {
        if (kv->read_only())
            return refuse(Code::schema_older, "store", std::to_string(found), std::to_string(schema));
        reader.reset();
        XW_TRY_VOID(upgrade_from_1(*kv));
        reader = kv->read();
    }
    XW_TRY(secret, read_format(*reader, index_secret_key(), index_secret_bytes));
    auto numbers = std::make_unique<LogNumbers>();
    XW_TRY_VOID(read_numbers(*reader, *numbers));
    std::unique_ptr<Store> store(new Store(std::move(kv), secret, std::move(numbers)));
    reader.reset();  // before the tables it reads
    return store;
}

}  // namespace xinwang
