// The number of files and connections that the process may have open at once, and has open. Linux.
#pragma once

#include <cstddef>

namespace xinwang {

// Raises the limit to the most that the machine gives: the soft limit of a shell is often 1,024 where the
// hard one is a million.
void raise_file_limit();
std::size_t open_files_max();
std::size_t open_files();

}  // namespace xinwang
