// What is known of LMDB's pages without LMDB: a page begins with its own number (8 bytes), so one that came to
// lie in another's place, by a misdirected write or a copy gone wrong, says so. LMDB itself does not look, and
// every value on such a page has a good hash: of what once was, or of what belongs elsewhere.
//
// Any thread. Reads the map, which may be damaged in every way.
#pragma once

#include <cstdint>

namespace xinwang {

class LmdbPages {
  public:
    // `inside`: an address on a page of the map that was read from the file. Knows nothing, and finds nothing
    // wrong, when that page already lies wrong.
    LmdbPages(const void* inside, std::uint64_t page_bytes, std::uint64_t map_bytes);
    LmdbPages() = default;

    // False when `address`, of a value or its length's end, lies on a page with another number. What is not in
    // the map was written by the transaction that reads it.
    bool in_place(const void* address) const;
    // Reads a part of the map and enters it into the process's page table. False when it is not known where the
    // map lies, or the kernel (before 5.14) does not know how.
    bool populate(std::uint64_t from, std::uint64_t bytes) const;

  private:
    std::uintptr_t base_ = 0;  // 0: not known
    std::uint64_t page_bytes_ = 0;
    std::uint64_t map_bytes_ = 0;
};

}  // namespace xinwang
