#include "protocol/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace xinwang {

void check_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "xinwang: check failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace xinwang
