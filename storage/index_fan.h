// Several walks through runs as one, in order: for a merge, and for a look-up that reads only a part of the
// index.
//
//     add(part) … then least(), next() … until end()
//
// Used within one reader's life, by its thread.
#pragma once

#include <deque>

#include "storage/index_cursor.h"
#include "storage/index_manifest.h"

namespace xinwang {

class IndexFan {
  public:
    IndexFan(const KvReader& reader, Index index) : reader_(&reader), index_(index) {}

    // Adds the entries of `part` at or above part.from and below part.until. Refuses store_corrupt.
    Result<void> add(const IndexPart& part);
    bool end() const { return open_.empty(); }
    // The smallest entry left. Requires !end().
    const IndexEntry& least();
    // Leaves the entry that least() gave. Refuses store_corrupt.
    Result<void> next();
    const std::deque<RunCursor>& walks() const { return walks_; }

  private:
    const KvReader* reader_;
    Index index_;
    std::deque<RunCursor> walks_;
    std::vector<RunCursor*> open_;
    std::size_t least_ = 0;
};

}  // namespace xinwang
