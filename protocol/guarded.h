// Guarded memory: holds private keys for as long as the process needs them.
//
// Secrets lie in pages of their own, between two pages that nobody may touch, locked against swapping, left
// out of core dumps, and read-only except while a secret comes or goes. Many secrets share a page, because a
// process may host hundreds of nodes and the kernel locks 8 MiB for it. A secret is wiped when its last
// holder goes.
//
//   | no access | canary, slot, slot, … slot | no access |      one page of slots of 64 bytes
//
// One such memory for each process; any thread. Running out of memory is the machine's fault: std::bad_alloc.
// When the kernel will not lock a page, the secret is kept all the same, and guarded_memory() says so.
#pragma once

#include <functional>
#include <memory>

#include "protocol/base/bytes.h"

namespace xinwang {

inline constexpr std::size_t guarded_secret_bytes_max = 64;

using GuardedSecret = std::shared_ptr<const std::uint8_t>;

// Calls `fill` once with a zeroed slot of `bytes` <= guarded_secret_bytes_max, which nobody can change
// afterwards. Requires that `fill` makes no secret of its own.
GuardedSecret keep_secret(std::size_t bytes, const std::function<void(std::span<std::uint8_t>)>& fill);
GuardedSecret keep_secret(View secret);

struct GuardedMemory {
    std::size_t secrets = 0;
    std::size_t pages = 0;
    std::size_t unlocked_pages = 0;  // the kernel would not lock them: RLIMIT_MEMLOCK
};
GuardedMemory guarded_memory();

// Zeroes memory in a way that the optimiser may not remove.
void wipe(std::span<std::uint8_t> bytes);

// Wipes the named range at the end of the scope, with the content and size that the range has by then.
template <class Range>
class WipeOnExit {
  public:
    explicit WipeOnExit(Range& range) : range_(range) {}
    ~WipeOnExit() { wipe({reinterpret_cast<std::uint8_t*>(range_.data()), range_.size()}); }
    WipeOnExit(const WipeOnExit&) = delete;
    WipeOnExit& operator=(const WipeOnExit&) = delete;

  private:
    Range& range_;
};

}  // namespace xinwang
