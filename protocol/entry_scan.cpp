#include "protocol/entry_scan.h"

#include <fmt/format.h>

namespace xinwang {

std::uint32_t EntryScan::fail(Fault fault) {
    if (good()) fault_ = fault;
    rest_ = {};
    return 0;
}

View EntryScan::take(std::size_t size) {
    if (size > rest_.size()) {
        fail(Fault::truncated);
        return {};
    }
    const View taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
}

std::uint32_t EntryScan::integer(std::size_t width, std::uint32_t least) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : take(width)) value = value << 8 | byte;
    if (good() && value < least) return fail(Fault::not_shortest);
    return value;
}

std::uint8_t EntryScan::lead(const char* field) {
    // What was wrong first stays: its field and its lead byte are what is told.
    if (!good()) return 0;
    field_ = field;
    const View one = take(1);
    lead_ = one.empty() ? 0 : one[0];
    return lead_;
}

std::uint32_t EntryScan::number(const char* field) {
    const std::uint8_t first = lead(field);
    if (first < 0x80) return first;
    switch (first) {
        case 0xcc:
            return integer(1, 1u << 7);
        case 0xcd:
            return integer(2, 1u << 8);
        case 0xce:
            return integer(4, 1u << 16);
        default:
            return fail(Fault::other_type);
    }
}

std::string_view EntryScan::string(const char* field) {
    const std::uint8_t first = lead(field);
    if (!good()) return {};
    if ((first & 0xe0) == 0xa0) return text(take(first & 0x1f));
    switch (first) {
        case 0xd9:
            return text(take(integer(1, 32)));
        case 0xda:
            return text(take(integer(2, 1u << 8)));
        default:
            fail(Fault::other_type);
            return {};
    }
}

View EntryScan::binary(const char* field) {
    const std::uint8_t first = lead(field);
    if (!good()) return {};
    switch (first) {
        case 0xc4:
            return take(integer(1, 0));
        case 0xc5:
            return take(integer(2, 1u << 8));
        default:
            fail(Fault::other_type);
            return {};
    }
}

std::uint32_t EntryScan::array(const char* field) {
    const std::uint8_t first = lead(field);
    if (!good()) return 0;
    if ((first & 0xf0) == 0x90) return first & 0x0f;
    return first == 0xdc ? integer(2, 16) : fail(Fault::other_type);
}

Result<void> EntryScan::verdict() const {
    switch (fault_) {
        case Fault::none:
            return {};
        case Fault::truncated:
            return refuse(Code::bad_entry, field_, "its end", "more bytes");
        case Fault::other_type:
            return refuse(Code::bad_entry, field_, fmt::format("0x{:02x}", lead_),
                          "the type of WIRE.md section 3");
        case Fault::not_shortest:
            return refuse(Code::not_canonical, field_, fmt::format("0x{:02x}", lead_), "the shortest form");
    }
    return {};
}

}  // namespace xinwang
