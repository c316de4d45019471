#include "storage/value.h"

#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr std::size_t tag_bytes = 16;
using Tag = Block<tag_bytes, struct ValueTagTag>;

Tag tag_of(Table table, View key, View version_and_payload) {
    const std::uint8_t number = static_cast<std::uint8_t>(table);
    Hash256 place;
    blake2b(place.bytes, {view("XW-value"), View(&number, 1), key});
    Tag tag;
    blake2b(tag.bytes, {version_and_payload}, place.view());
    return tag;
}

}  // namespace

void frame_value(std::span<std::uint8_t> out, Table table, View key, View payload) {
    out[0] = value_layout;
    if (!payload.empty()) std::memcpy(out.data() + 1, payload.data(), payload.size());
    const Tag tag = tag_of(table, key, out.first(payload.size() + 1));
    std::memcpy(out.data() + 1 + payload.size(), tag.bytes.data(), tag_bytes);
}

Result<View> check_value(Table table, View key, View framed) {
    if (framed.size() >= value_overhead_bytes && framed[0] == value_layout) {
        const Tag tag = tag_of(table, key, framed.first(framed.size() - tag_bytes));
        if (equal(tag.view(), framed.last(tag_bytes))) return framed.subspan(1, framed.size() - value_overhead_bytes);
    }
    return refuse(Code::store_corrupt, table_name(table), hex(key));
}

}  // namespace xinwang
