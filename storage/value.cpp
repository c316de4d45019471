#include "storage/value.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr std::size_t digest_bytes = 16;

// version and payload, bound to their place. The key's length keeps the parts apart.
void digest(std::span<std::uint8_t> out, Table table, View key, View versioned) {
    XW_CHECK(key.size() <= kv_key_bytes_max);
    static_assert(kv_key_bytes_max <= 255);
    const std::uint8_t place[] = {static_cast<std::uint8_t>(table), static_cast<std::uint8_t>(key.size())};
    blake2b(out, {view("XW-value"), place, key, versioned});
}

}  // namespace

void frame_value(std::span<std::uint8_t> value, Table table, View key, View payload) {
    XW_CHECK(value.size() == payload.size() + value_framing_bytes);
    value[0] = value_version;
    if (!payload.empty()) std::memcpy(value.data() + 1, payload.data(), payload.size());
    digest(value.last(digest_bytes), table, key, value.first(1 + payload.size()));
}

Result<View> unframe_value(Table table, View key, View value) {
    if (value.size() < value_framing_bytes)
        return refuse(Code::store_corrupt, table_name(table), hex(key), "too short");
    const View versioned = value.first(value.size() - digest_bytes);
    std::array<std::uint8_t, digest_bytes> expected;
    digest(expected, table, key, versioned);
    if (!equal(expected, value.last(digest_bytes)))
        return refuse(Code::store_corrupt, table_name(table), hex(key), "hash");
    // Behind the hash, so that it is damage only when we wrote it: the schema of the store rules out later
    // versions.
    if (versioned[0] != value_version)
        return refuse(Code::store_corrupt, table_name(table), hex(key), "version");
    return versioned.subspan(1);
}

}  // namespace xinwang
