#include "storage/schema_1.h"

#include "storage/value.h"

namespace xinwang::schema_1 {
namespace {

constexpr std::size_t key_bytes = 16;
constexpr std::size_t run_key_bytes = 9;

std::uint64_t keyed_hash(View secret, std::string_view domain, View what) {
    std::array<std::uint8_t, 16> out;
    blake2b(out, {view(domain), what}, secret);
    const auto hash = ordered_number<std::uint64_t>(out);
    return hash == 0 ? 1 : hash;
}

// The keys between a run's framing.
View keys_of(View value) {
    if (value.size() < value_framing_bytes) return {};
    const View keys = value.subspan(1, value.size() - value_framing_bytes);
    return keys.first(keys.size() - keys.size() % key_bytes);
}

void scan_run(View keys, std::uint64_t hash, std::vector<Locator>& into) {
    std::size_t low = 0, high = keys.size() / key_bytes;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (ordered_number<std::uint64_t>(keys.subspan(middle * key_bytes)) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < keys.size() / key_bytes; ++low) {
        const View key = keys.subspan(low * key_bytes);
        if (ordered_number<std::uint64_t>(key) != hash) return;
        into.push_back(Locator::unpack(ordered_number<std::uint64_t>(key.subspan(sizeof hash))));
    }
}

void find(const KvReader& reader, Table table, std::uint64_t hash, std::vector<Locator>& into) {
    reader.scan(table, ordered_key(hash), [&](View key, View) {
        if (key.size() != key_bytes || ordered_number<std::uint64_t>(key) != hash) return false;
        into.push_back(Locator::unpack(ordered_number<std::uint64_t>(key.subspan(sizeof hash))));
        return true;
    });
    const auto number = static_cast<std::uint8_t>(table);
    reader.scan(Table::index_runs, ordered_key(number, std::uint64_t{0}), [&](View key, View value) {
        if (key.size() != run_key_bytes || key[0] != number) return false;
        scan_run(keys_of(value), hash, into);
        return true;
    });
}

}  // namespace

void find_record(const KvReader& reader, View secret, const RecordId& record, std::vector<Locator>& into) {
    find(reader, Table::by_record, keyed_hash(secret, "XW-record", record.view()), into);
}

void find_subject(const KvReader& reader, View secret, std::string_view subject, std::vector<Locator>& into) {
    find(reader, Table::by_subject, keyed_hash(secret, "XW-subject", view(subject)), into);
}

}  // namespace xinwang::schema_1
