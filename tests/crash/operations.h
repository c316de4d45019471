// What the shim saw a process do to the files of one directory, in the order in which it happened, numbered
// from 0.
//
// The shim (shim.cpp) appends each operation to a log as `kind u8 | file u64 | number u64 | size u32 | bytes`,
// native byte order: both ends run on one machine. A file is known by its inode, which names it until it is
// created anew. Writes and syncs stand in the log when they have returned, frames and answers before they are
// sent: what the log has in front of a send was done before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace xinwang::crash {

enum class Kind : std::uint8_t {
    create = 1,      // bytes: path below the directory
    write = 2,       // number: offset
    write_sync = 3,  // the same through a descriptor with O_DSYNC: durable when it returns
    sync = 4,
    truncate = 5,   // number: size
    allocate = 6,   // number: the size it has at least
    rename = 7,     // bytes: from, 0, to
    unlink = 8,     // bytes: path
    make_dir = 9,   // bytes: path
    sync_dir = 10,  // bytes: path
    mark = 11,      // bytes: what the workload says
    frame = 12,     // bytes: handed to ZeroMQ
    answer = 13,    // bytes: handed to a UNIX socket
};

struct Operation {
    Kind kind;
    std::uint64_t file = 0;
    std::uint64_t number = 0;
    std::string_view bytes;  // lives as long as the log
};

// The header of an operation in the log.
inline constexpr std::size_t operation_header_bytes = 1 + 8 + 8 + 4;

class OperationLog {
  public:
    // Throws std::runtime_error when there is no such file or it ends within an operation.
    explicit OperationLog(const std::filesystem::path& file);
    const std::vector<Operation>& operations() const { return operations_; }

  private:
    std::string bytes_;
    std::vector<Operation> operations_;
};

}  // namespace xinwang::crash
