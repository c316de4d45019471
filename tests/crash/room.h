// Where the programs of this folder work, and what they used of the machine.
#pragma once

#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace xinwang::crash {

// A directory in memory where there is one: what is tested is not this machine's disk.
class Room {
  public:
    Room() {
        std::error_code none;
        const bool memory = std::filesystem::is_directory("/dev/shm", none);
        std::string name =
            ((memory ? "/dev/shm" : std::filesystem::temp_directory_path()) / "xinwang-crash-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory to work in");
        path_ = name;
    }
    ~Room() {
        std::error_code none;
        std::filesystem::remove_all(path_, none);
    }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Of this process and its children.
inline double cpu_seconds() {
    double seconds = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage used{};
        ::getrusage(who, &used);
        for (const timeval& t : {used.ru_utime, used.ru_stime})
            seconds += static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    }
    return seconds;
}

}  // namespace xinwang::crash
