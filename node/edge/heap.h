// The C library's heap, set for a program that works in turns: what one turn frees the next one needs.
#pragma once

namespace xinwang {

// Once, at the start of the process. Freed memory up to heap_kept_bytes stays with the process instead of going
// back to the kernel and coming again page by page: on a virtual machine the faults cost more than all other
// work of a commit. A node that never was busy holds no more for it.
void tune_heap();

}  // namespace xinwang
