// The files that make a directory a node's: the store, the keys, node.toml. They are looked for at a start,
// to say which is missing and how to come back, and while the node runs, because nothing else would notice: a
// process goes on with a file that was deleted, and loses the file when it ends. Reads names only; any
// thread.
#pragma once

#include <vector>

#include "node/edge/files.h"

namespace xinwang {

// Checks a directory before a start. Refuses not_a_node_directory for a directory that never was a node's,
// node_part_missing for one that lacks some of its parts.
Result<void> check_node_files(const Path& dir);

class NodeFiles {
  public:
    // Notes the files of a node that has opened its store.
    explicit NodeFiles(const Path& dir);
    // A node_file_gone refusal for each file that is not where it was; a store with another inode is another
    // store.
    std::vector<Refusal> gone() const;

  private:
    Path dir_;
    std::uint64_t device_ = 0, inode_ = 0;
};

}  // namespace xinwang
