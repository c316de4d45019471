#include "node/edge/file_limit.h"

#include <sys/resource.h>

#include <filesystem>

namespace xinwang {
namespace {

// Beyond it nothing is gained, and tables that are as long as the limit cost memory.
constexpr rlim_t files_enough = 65'536;

}  // namespace

void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= files_enough) return;
    limit.rlim_cur = std::min(limit.rlim_max, files_enough);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t open_files_max() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 0;
}

std::size_t open_files() {
    std::error_code none;
    std::size_t count = 0;
    std::filesystem::directory_iterator it("/proc/self/fd", none);
    for (; !none && it != std::filesystem::directory_iterator(); it.increment(none)) ++count;
    return count;
}

}  // namespace xinwang
