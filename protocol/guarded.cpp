#include "protocol/guarded.h"

#include <sodium.h>

#include <cstring>
#include <list>
#include <mutex>
#include <new>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::size_t slot_bytes = guarded_secret_bytes_max;
// With libsodium's canary of 16 bytes they fill one page of 4 KiB, and each slot begins at a multiple of 64.
constexpr std::size_t slots_per_page = 63;

struct Page {
    std::uint8_t* memory = nullptr;
    std::size_t used = 0;
    bool locked = false;
    std::array<bool, slots_per_page> taken{};
};

class Arena {
  public:
    GuardedSecret keep(std::size_t bytes, const std::function<void(std::span<std::uint8_t>)>& fill) {
        const std::lock_guard lock(mutex_);
        Page& page = page_with_room();
        std::size_t slot = 0;
        while (page.taken[slot]) ++slot;
        std::uint8_t* const memory = page.memory + slot * slot_bytes;
        // Readers of other secrets in this page go on reading meanwhile.
        XW_CHECK(sodium_mprotect_readwrite(page.memory) == 0);
        fill({memory, bytes});
        XW_CHECK(sodium_mprotect_readonly(page.memory) == 0);
        page.taken[slot] = true;
        ++page.used;
        return {memory, [this, &page, slot](const std::uint8_t*) { forget(page, slot); }};
    }

    GuardedMemory count() {
        const std::lock_guard lock(mutex_);
        GuardedMemory all;
        for (const Page& page : pages_) {
            all.secrets += page.used;
            ++all.pages;
            if (!page.locked) ++all.unlocked_pages;
        }
        return all;
    }

  private:
    Page& page_with_room() {
        for (Page& page : pages_)
            if (page.used < slots_per_page) return page;
        XW_CHECK(sodium_init() >= 0);
        auto* memory = static_cast<std::uint8_t*>(sodium_malloc(slots_per_page * slot_bytes));
        if (memory == nullptr) throw std::bad_alloc();
        std::memset(memory, 0, slots_per_page * slot_bytes);
        Page& page = pages_.emplace_back();
        page.memory = memory;
        // sodium_malloc() has asked for this already, and does not say whether it was granted.
        page.locked = sodium_mlock(memory, slots_per_page * slot_bytes) == 0;
        return page;
    }

    void forget(Page& page, std::size_t slot) {
        const std::lock_guard lock(mutex_);
        XW_CHECK(sodium_mprotect_readwrite(page.memory) == 0);
        sodium_memzero(page.memory + slot * slot_bytes, slot_bytes);
        page.taken[slot] = false;
        if (--page.used > 0) {
            XW_CHECK(sodium_mprotect_readonly(page.memory) == 0);
            return;
        }
        sodium_free(page.memory);
        pages_.remove_if([&](const Page& p) { return &p == &page; });
    }

    std::mutex mutex_;
    std::list<Page> pages_;
};

// Never destroyed: keys in static objects may outlive anything.
Arena& arena() {
    static auto* const only = new Arena;
    return *only;
}

}  // namespace

GuardedSecret keep_secret(std::size_t bytes, const std::function<void(std::span<std::uint8_t>)>& fill) {
    XW_CHECK(bytes <= slot_bytes);
    return arena().keep(bytes, fill);
}

GuardedSecret keep_secret(View secret) {
    return keep_secret(secret.size(), [&](std::span<std::uint8_t> to) {
        std::memcpy(to.data(), secret.data(), secret.size());
    });
}

GuardedMemory guarded_memory() {
    return arena().count();
}

void wipe(std::span<std::uint8_t> bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace xinwang
