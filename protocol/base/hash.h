// BLAKE2b with a domain in front: hash(domain, parts...) is BLAKE2b(out bytes, domain | part | part ...).
// Callers make the parts unambiguous (fixed sizes, or lengths written by Writer). SHA-256 serves only other
// people's formats, which ask for it: the RFC 6962 trees, packages for the province.
#pragma once

#include <initializer_list>
#include <memory>

#include "protocol/base/ids.h"

namespace xinwang {

// Fills `out` with the BLAKE2b of out.size() bytes (16..64), optionally keyed (key of 16..64 bytes).
void blake2b(std::span<std::uint8_t> out, std::initializer_list<View> parts, View key = {});

// BLAKE2b over bytes that come in pieces. `out_bytes` is 16..64.
class Blake2b {
  public:
    explicit Blake2b(std::size_t out_bytes);
    ~Blake2b();
    Blake2b(const Blake2b&) = delete;
    Blake2b& operator=(const Blake2b&) = delete;
    void add(View part);
    // Writes the hash. Call it once. Requires out.size() == out_bytes.
    void finish(std::span<std::uint8_t> out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

template <class B>
B hash(std::string_view domain, std::initializer_list<View> parts) {
    // At most a handful of parts: gathered here so that the domain always comes first.
    B out;
    Bytes joined(domain.begin(), domain.end());
    for (const View& p : parts) append(joined, p);
    blake2b(out.bytes, {View(joined)});
    return out;
}

// SipHash-2-4 (libsodium's crypto_shorthash): 64 bits that nobody without the key can steer, many times
// faster than BLAKE2b on short texts. For tables in memory and indexes, never for signed data.
using SipKey = Block<16, struct SipKeyTag>;
std::uint64_t siphash(const SipKey& key, View what);

// SHA-256 of the parts one after another.
Hash256 sha256(std::initializer_list<View> parts);

}  // namespace xinwang
