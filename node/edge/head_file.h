// The head file: how far this node has numbered, kept on another file system than its store, so that a store
// that was put back to an earlier state is known at the next start, whatever put it back (node/DESIGN.md,
// B2).
//
//   xinwang-head/1 | node | incarnation | one line for each own log: lane, toward, size, last batch | signature
//
// Written after each commit that numbered something and before anything of it is sent: it never lags behind
// what others may hold. Behind the commit, because a file that is ahead of the store would be a false alarm
// after each crash between the two. Signed with the node's key, so that another node's file or a damaged one
// proves nothing. Blocking; one thread.
#pragma once

#include "node/core/core.h"
#include "node/edge/files.h"

namespace xinwang {

class HeadFile {
  public:
    // `apart`: on another file system than the store; else it says no more than the store's own place does.
    HeadFile(Path file, const NodeId& node, SigningKey key, bool apart)
        : file_(std::move(file)), node_(node), key_(std::move(key)), apart_(apart) {}

    // What it says of the store as it is now. A file that is missing or not this node's: unproven.
    Memory judge(const Snapshot& kept) const;
    // Writes it when this node's logs of its present incarnation have grown since. Refuses what
    // write_file_atomic() refuses.
    Result<void> keep(const Incarnation& present, const Logbook& book);

  private:
    Path file_;
    NodeId node_;
    SigningKey key_;
    bool apart_;
    std::string written_;  // without the signature
};

// True when the two lie on different file systems. `file` need not exist, its directory must.
bool is_apart(const Path& file, const Path& other);

}  // namespace xinwang
