#include "tests/crash/operations.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace xinwang::crash {

OperationLog::OperationLog(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("no log of operations: " + file.string());
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    const std::string_view all = bytes_;
    for (std::size_t at = 0; at < all.size();) {
        if (all.size() - at < operation_header_bytes) throw std::runtime_error("the log of operations is cut");
        Operation operation{};
        std::uint32_t size = 0;
        std::memcpy(&operation.kind, all.data() + at, 1);
        std::memcpy(&operation.file, all.data() + at + 1, 8);
        std::memcpy(&operation.number, all.data() + at + 9, 8);
        std::memcpy(&size, all.data() + at + 17, 4);
        at += operation_header_bytes;
        if (all.size() - at < size) throw std::runtime_error("the log of operations is cut");
        operation.bytes = all.substr(at, size);
        at += size;
        operations_.push_back(operation);
    }
}

}  // namespace xinwang::crash
