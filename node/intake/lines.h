// Physical lines of a file, in bounded memory, with their byte offsets, so that work can resume at any of
// them. Lines end at LF; the byte 0x0A is never part of a longer character in UTF-8 or GB18030, so that lines
// may be cut before decoding. One thread.
#pragma once

#include "node/intake/source.h"

namespace xinwang {

struct Line {
    std::uint64_t offset = 0, end = 0;  // [offset, end) in the file, LF included
    std::string_view raw;               // without LF and a CR before it; valid until the next call
    bool oversize = false;              // longer than limits::row_bytes_max: `raw` is then empty
};

class LineReader {
  public:
    LineReader(FileSource& source, std::uint64_t offset) : source_(source), offset_(offset) {}
    // Reads the next line; false at the end of the file.
    bool next(Line& line);
    void seek(std::uint64_t offset);

  private:
    bool fill();
    FileSource& source_;
    std::uint64_t offset_;  // in the file, of buffer_[at_]
    Bytes buffer_;
    std::size_t at_ = 0;
};

}  // namespace xinwang
