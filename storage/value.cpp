#include "storage/value.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

using Digest = std::array<std::uint8_t, checksum_bytes>;

// version and payload, bound to their place.
Digest digest(Table table, View key, View versioned) {
    Digest out;
    checksum128(out, versioned, place_seed(table, key));
    return out;
}

// The same as stores of schema 1 have it.
Digest digest_blake2b(Table table, View key, View versioned) {
    Digest out;
    const std::uint8_t place[] = {static_cast<std::uint8_t>(table), static_cast<std::uint8_t>(key.size())};
    blake2b(out, {view("XW-value"), place, key, versioned});
    return out;
}

}  // namespace

std::uint64_t place_seed(Table table, View key) {
    XW_CHECK(key.size() <= kv_key_bytes_max);
    std::array<std::uint8_t, 1 + kv_key_bytes_max> place;
    place[0] = static_cast<std::uint8_t>(table);
    if (!key.empty()) std::memcpy(place.data() + 1, key.data(), key.size());
    return checksum64(View(place).first(1 + key.size()));
}

void frame_value(std::span<std::uint8_t> value, Table table, View key, View payload) {
    XW_CHECK(value.size() == payload.size() + value_framing_bytes);
    value[0] = value_version;
    if (!payload.empty()) std::memcpy(value.data() + 1, payload.data(), payload.size());
    const Digest made = digest(table, key, value.first(1 + payload.size()));
    std::memcpy(value.data() + 1 + payload.size(), made.data(), made.size());
}

void put_framed(KvWriter& writer, Table table, View key, View payload, Place place) {
    XW_CHECK(payload.size() <= value_payload_bytes_max);
    frame_value(writer.put(table, key, payload.size() + value_framing_bytes, place), table, key, payload);
}

Result<View> unframe_unchecked(Table table, View key, View value) {
    if (value.size() < value_framing_bytes)
        return refuse(Code::store_corrupt, table_name(table), hex(key), "too short");
    return value.subspan(1, value.size() - value_framing_bytes);
}

Result<View> unframe_value(Table table, View key, View value) {
    XW_TRY(payload, unframe_unchecked(table, key, value));
    const View versioned = value.first(value.size() - checksum_bytes);
    const bool old = versioned[0] == value_version_blake2b;
    const Digest expected = old ? digest_blake2b(table, key, versioned) : digest(table, key, versioned);
    if (!equal(expected, value.last(checksum_bytes)))
        return refuse(Code::store_corrupt, table_name(table), hex(key), "hash");
    // Behind the hash, so that it is damage only when we wrote it: the schema of the store rules out later
    // versions.
    if (!old && versioned[0] != value_version)
        return refuse(Code::store_corrupt, table_name(table), hex(key), "version");
    return payload;
}

}  // namespace xinwang
