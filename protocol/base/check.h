// XW_CHECK(condition): a statement about our own code, compiled in always. A false condition means that the
// program is wrong: the process says where and stops, and restarts from its durable store. Input never
// reaches a CHECK.
#pragma once

namespace xinwang {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace xinwang

#define XW_CHECK(condition)                                                        \
    do {                                                                           \
        if (!(condition)) ::xinwang::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)
