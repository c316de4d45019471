#include "node/core/entry_place.h"

#include <charconv>

#include "protocol/base/codec.h"
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

using AnswerTag = Block<16, struct AnswerTagTag>;

// A decimal number without leading zeros, and what stands behind it.
std::optional<std::uint64_t> take_number(std::string_view& text, std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || number > most || (length > 1 && text.front() == '0')) return std::nullopt;
    text.remove_prefix(length);
    return number;
}

bool take_slash(std::string_view& text) {
    if (!text.starts_with('/')) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string place_text(const EntryPlace& place) {
    return place.log.incarnation.hex() + "/" + std::to_string(static_cast<int>(place.log.lane)) + "/" +
           std::to_string(place.seq) + "/" + std::to_string(place.position);
}

std::optional<EntryPlace> parse_place_text(std::string_view text, const NodeId& origin) {
    const std::string_view whole = text;
    constexpr std::size_t digits = 2 * Incarnation::size;
    if (text.size() < digits) return std::nullopt;
    const auto incarnation = Incarnation::parse_hex(text.substr(0, digits));
    text.remove_prefix(digits);
    if (!incarnation || !take_slash(text)) return std::nullopt;
    const auto lane = take_number(text, 3);
    if (!lane || !take_slash(text)) return std::nullopt;
    const auto seq = take_number(text, (1ull << 63) - 1);
    if (!seq || !take_slash(text)) return std::nullopt;
    const auto position = take_number(text, limits::batch_entries_max - 1);
    const auto known = parse_lane(static_cast<std::uint8_t>(*lane));
    if (!position || !text.empty() || !known || *known == Lane::trust) return std::nullopt;
    const EntryPlace place{{origin, *incarnation, *known, {}}, *seq, static_cast<std::uint32_t>(*position)};
    return place_text(place) == whole ? std::optional(place) : std::nullopt;
}

Bytes answer_key(const RecordId& record, const EntryPlace& place) {
    Writer where;
    place.log.write(where);
    where.u64(place.seq);
    where.u32(place.position);
    Bytes key = to_bytes(record.view());
    append(key, hash<AnswerTag>("XW-answer", {where.bytes()}).view());
    return key;
}

}  // namespace xinwang
