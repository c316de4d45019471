// The fixed-layout codec of everything that is signed, sent and stored: little-endian integers, blocks as
// they are, byte strings behind a length. Writer cannot fail. Reader never reads past its view: the first
// shortfall makes it `bad`, every later read yields zero values, and `finish()` tells. Bounded: no read
// allocates more than the view holds.
#pragma once

#include <concepts>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

class Writer {
  public:
    Writer() = default;
    // Reserves memory for so many bytes at once, for a large message.
    explicit Writer(std::size_t bytes) { out_.reserve(bytes); }

    void u8(std::uint8_t v) { out_.push_back(v); }
    void u16(std::uint16_t v) { put(v); }
    void u32(std::uint32_t v) { put(v); }
    void u64(std::uint64_t v) { put(v); }
    void i64(std::int64_t v) { put(static_cast<std::uint64_t>(v)); }
    void raw(View bytes) { append(out_, bytes); }
    template <std::size_t N, class Tag>
    void block(const Block<N, Tag>& b) {
        raw(b.view());
    }
    // u16 length, then the bytes. Requires size < 65,536.
    void bytes16(View bytes);
    // u32 length, then the bytes.
    void bytes32(View bytes);
    void text16(std::string_view s) { bytes16(view(s)); }

    const Bytes& bytes() const { return out_; }
    Bytes take() { return std::move(out_); }

  private:
    template <std::unsigned_integral T>
    void put(T v) {
        for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
    Bytes out_;
};

class Reader {
  public:
    // `what` names the thing in refusals; it must outlive the reader (a literal).
    Reader(View bytes, const char* what) : rest_(bytes), what_(what) {}

    std::uint8_t u8() { return get<std::uint8_t>(); }
    std::uint16_t u16() { return get<std::uint16_t>(); }
    std::uint32_t u32() { return get<std::uint32_t>(); }
    std::uint64_t u64() { return get<std::uint64_t>(); }
    std::int64_t i64() { return static_cast<std::int64_t>(get<std::uint64_t>()); }
    // A view into the original bytes; empty when they run out.
    View raw(std::size_t size);
    template <class B>
    B block() {
        B b{};
        const View v = raw(B::size);
        if (v.size() == B::size) std::memcpy(b.bytes.data(), v.data(), B::size);
        return b;
    }
    View bytes16() { return raw(u16()); }
    View bytes32() { return raw(u32()); }
    std::string text16() { return std::string(text(bytes16())); }

    View rest() const { return rest_; }
    bool good() const { return missing_ == 0; }
    bool done() const { return good() && rest_.empty(); }
    // Refuses `truncated` after a shortfall and `trailing_bytes` when something is left over.
    Result<void> finish() const;
    // Refuses `truncated` after a shortfall; a rest is allowed.
    Result<void> so_far() const;

  private:
    template <std::unsigned_integral T>
    T get() {
        const View v = raw(sizeof(T));
        T value = 0;
        for (std::size_t i = 0; i < v.size(); ++i)
            value = static_cast<T>(value | (static_cast<T>(v[i]) << (8 * i)));
        return value;
    }
    View rest_;
    const char* what_;
    std::size_t missing_ = 0;
};

}  // namespace xinwang
