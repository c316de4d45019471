// Sources of a handed-in file's bytes: the durable spool at the edge, memory in the simulator and in tests.
// The bytes of one submission never change; a failed read is the machine's fault and throws
// (std::system_error).
#pragma once

#include "protocol/base/bytes.h"

namespace xinwang {

class FileSource {
  public:
    virtual ~FileSource() = default;
    virtual std::uint64_t size() const = 0;
    // Fills `into` from `offset` on; returns how many bytes, fewer only at the end of the file.
    virtual std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
};

class MemorySource final : public FileSource {
  public:
    explicit MemorySource(Bytes bytes) : bytes_(std::move(bytes)) {}
    explicit MemorySource(std::string_view content) : bytes_(to_bytes(view(content))) {}
    std::uint64_t size() const override { return bytes_.size(); }
    std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) override {
        if (offset >= bytes_.size()) return 0;
        const std::size_t count = std::min(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
        std::memcpy(into.data(), bytes_.data() + offset, count);
        return count;
    }

  private:
    Bytes bytes_;
};

}  // namespace xinwang
