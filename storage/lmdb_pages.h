// LMDB's pages, checked without LMDB: a page begins with its own number (8 bytes), so a page that lies in
// another's place, after a misdirected write or a copy gone wrong, shows it. LMDB itself does not look, and
// every value on such a page has a good hash, because it is an old value or one from elsewhere.
//
// Any thread. Reads the map, which may be damaged in every way.
#pragma once

#include <cstdint>

namespace xinwang {

class LmdbPages {
  public:
    // `inside`: an address on a page of the map that was read from the file. When this page already lies
    // wrong, the object knows nothing and finds nothing wrong.
    LmdbPages(const void* inside, std::uint64_t page_bytes, std::uint64_t map_bytes);
    LmdbPages() = default;

    // False when `address`, of a value or its length's end, lies on a page with another number. True for an
    // address outside the map: the transaction that reads it has written it.
    bool in_place(const void* address) const;
    // Reads a part of the map and enters it into the process's page table. False when the map's place is not
    // known, or the kernel (before 5.14) cannot do it.
    bool populate(std::uint64_t from, std::uint64_t bytes) const;

  private:
    std::uintptr_t base_ = 0;  // 0: not known
    std::uint64_t page_bytes_ = 0;
    std::uint64_t map_bytes_ = 0;
};

}  // namespace xinwang
