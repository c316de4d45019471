// The C library's heap, set for a program that works in turns: memory that one turn frees is needed by the
// next.
#pragma once

namespace xinwang {

// Sets the heap; called once, at the start of the process. Freed memory up to heap_kept_bytes stays with the
// process instead of going back to the kernel and coming again page by page: on a virtual machine the page
// faults cost more than all other work of a commit. A node that was never busy holds no more memory for it.
void tune_heap();

}  // namespace xinwang
