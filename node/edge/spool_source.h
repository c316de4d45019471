// A spool file as intake reads it: positioned reads, no memory of its own. A failed read throws
// std::system_error.
#pragma once

#include <filesystem>
#include <memory>

#include "node/intake/source.h"
#include "protocol/base/refusal.h"

namespace xinwang {

class SpoolSource final : public FileSource {
  public:
    // Refuses cannot_read_file.
    static Result<std::unique_ptr<SpoolSource>> open(const std::filesystem::path& file);
    ~SpoolSource() override;
    SpoolSource(const SpoolSource&) = delete;
    SpoolSource& operator=(const SpoolSource&) = delete;

    std::uint64_t size() const override { return size_; }
    std::size_t read(std::uint64_t offset, std::span<std::uint8_t> into) override;

  private:
    SpoolSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    int fd_;
    std::uint64_t size_;
};

}  // namespace xinwang
