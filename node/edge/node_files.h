// The files that make a directory a node's: the store, the keys, node.toml. Looked for at a start, to say what
// is missing and how to come back, and while the node runs, because nothing else would notice: a process goes
// on with a file that was deleted, and loses it when it ends. Reads names only; any thread.
#pragma once

#include <vector>

#include "node/edge/files.h"

namespace xinwang {

// For a start. Refuses not_a_node_directory for what never was one, node_part_missing for one of which a part
// is there and another is not.
Result<void> check_node_files(const Path& dir);

class NodeFiles {
  public:
    // Of a node that has opened its store.
    explicit NodeFiles(const Path& dir);
    // node_file_gone for each that is not where it was; a store of another inode is another store.
    std::vector<Refusal> gone() const;

  private:
    Path dir_;
    std::uint64_t device_ = 0, inode_ = 0;
};

}  // namespace xinwang
