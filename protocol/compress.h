// Zstd compression of chunks, one frame at a time. The only user of libzstd.
//
// A frame must declare its size, be a single segment without a dictionary, and stand alone: then decompression
// runs in one pass into a buffer of known size, and memory is bounded whatever the frame says. Contexts are
// thread-local.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

// The most bytes that compress() makes from `plain` bytes.
std::size_t compressed_bytes_bound(std::size_t plain);
// Requires to.size() >= compressed_bytes_bound(plain.size()) and plain.size() <=
// limits::chunk_plain_bytes_max. Returns the frame's size. A text that would grow more than
// limits::chunk_growth_max times when decompressed is stored uncompressed.
std::size_t compress(std::span<std::uint8_t> to, View plain);

// The decompressed size that the frame declares. Refuses bad_chunk_text for any frame but the kind above.
Result<std::size_t> frame_plain_bytes(View frame);
// Requires to.size() == *frame_plain_bytes(frame). Refuses bad_chunk_text when `frame` is damaged or no
// frame.
Result<void> decompress(std::span<std::uint8_t> to, View frame);

}  // namespace xinwang
