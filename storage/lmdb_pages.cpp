#include "storage/lmdb_pages.h"

#include <sys/mman.h>

#include <cstring>

namespace xinwang {
namespace {

constexpr std::uint32_t lmdb_magic = 0xBEEFC0DE;
constexpr std::size_t page_header_bytes = 16;

std::uint64_t number_of(std::uintptr_t page) {
    std::uint64_t number = 0;
    std::memcpy(&number, reinterpret_cast<const void*>(page), sizeof number);
    return number;
}

// Page 0 begins with its number and, behind the header, the mark of an LMDB file.
bool is_first_page(std::uintptr_t page, std::uint64_t page_bytes) {
    unsigned char resident = 0;
    if (::mincore(reinterpret_cast<void*>(page), page_bytes, &resident) != 0)
        return false;  // not mapped at all
    std::uint32_t magic = 0;
    std::memcpy(&magic, reinterpret_cast<const void*>(page + page_header_bytes), sizeof magic);
    return number_of(page) == 0 && magic == lmdb_magic;
}

}  // namespace

LmdbPages::LmdbPages(const void* inside, std::uint64_t page_bytes, std::uint64_t map_bytes)
    : page_bytes_(page_bytes), map_bytes_(map_bytes) {
    // The map begins at a page of the machine's, and LMDB's pages are as large.
    const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(inside) / page_bytes * page_bytes;
    const std::uint64_t number = number_of(page);
    if (number > page / page_bytes) return;
    const std::uintptr_t base = page - number * page_bytes;
    if (is_first_page(base, page_bytes)) base_ = base;
}

bool LmdbPages::populate(std::uint64_t from, std::uint64_t bytes) const {
    return base_ != 0 && ::madvise(reinterpret_cast<void*>(base_ + from), bytes, MADV_POPULATE_READ) == 0;
}

bool LmdbPages::in_place(const void* address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    if (base_ == 0 || at < base_ || at - base_ >= map_bytes_) return true;
    const std::uint64_t number = (at - base_) / page_bytes_;
    return number_of(base_ + number * page_bytes_) == number;
}

}  // namespace xinwang
