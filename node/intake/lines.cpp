#include "node/intake/lines.h"

#include "protocol/base/limits.h"

namespace xinwang {
namespace {
constexpr std::size_t read_bytes = 64u << 10;
}

// Drops what has been read past and appends the next block; false at the end of the file.
bool LineReader::fill() {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + read_bytes);
    const std::size_t count = source_.read(offset_ + kept, std::span(buffer_).subspan(kept));
    buffer_.resize(kept + count);
    return count != 0;
}

bool LineReader::next(Line& line) {
    line.offset = offset_;
    line.oversize = false;
    std::size_t looked = 0;
    const void* found = nullptr;
    for (;;) {
        const std::size_t have = buffer_.size() - at_;
        found = have == looked ? nullptr : std::memchr(buffer_.data() + at_ + looked, '\n', have - looked);
        if (found != nullptr) break;
        looked = have;
        if (looked > limits::row_bytes_max) {
            // Keep nothing of the rest: only its end matters.
            line.oversize = true;
            offset_ += looked;
            at_ = buffer_.size();
            looked = 0;
        }
        if (!fill()) break;
    }
    const std::size_t length =
        found == nullptr
            ? buffer_.size() - at_
            : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - (buffer_.data() + at_));
    line.raw = text(View(buffer_).subspan(at_, length));
    if (line.raw.ends_with('\r')) line.raw.remove_suffix(1);
    const std::size_t taken = length + (found != nullptr ? 1 : 0);
    at_ += taken;
    offset_ += taken;
    line.end = offset_;
    if (line.end - line.offset > limits::row_bytes_max) line.oversize = true;
    if (line.oversize) line.raw = {};
    return line.end != line.offset;
}

void LineReader::seek(std::uint64_t offset) {
    const std::uint64_t buffer_start = offset_ - at_;
    if (offset >= buffer_start && offset <= buffer_start + buffer_.size()) {
        at_ = static_cast<std::size_t>(offset - buffer_start);
    } else {
        buffer_.clear();
        at_ = 0;
    }
    offset_ = offset;
}

}  // namespace xinwang
