#include "node/edge/heap.h"

#include <malloc.h>

namespace xinwang {
namespace {

constexpr int arenas_max = 2;  // small nodes keep a small heap
constexpr int heap_kept_bytes = 64 << 20;
// Below it a block comes from the heap: pieces, frames, batches and blocks of thousands of entries all do.
constexpr int mapped_block_bytes_min = 16 << 20;

}  // namespace

void tune_heap() {
    mallopt(M_ARENA_MAX, arenas_max);
    mallopt(M_TRIM_THRESHOLD, heap_kept_bytes);
    mallopt(M_MMAP_THRESHOLD, mapped_block_bytes_min);
}

}  // namespace xinwang
