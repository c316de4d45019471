// The head file: how far this node has numbered its logs, kept on another file system than its store. At the
// next start it betrays a store that was put back to an earlier state, whatever put it back (node/DESIGN.md,
// B2).
//
//   xinwang-head/1 | node | incarnation | one line for each own log: lane, toward, size, last batch | signature
//
// The file is written after each commit that numbered something, and before anything from that commit is
// sent: it never lags behind what others may hold. It comes after the commit, because a file ahead of the
// store would be a false alarm after each crash between the two. It is signed with the node's key, so that
// another node's file or a damaged one proves nothing. Blocking; one thread.
#pragma once

#include "node/core/core.h"
#include "node/edge/files.h"

namespace xinwang {

class HeadFile {
  public:
    // `apart`: the file is on another file system than the store; when false, it proves no more than the
    // store's own place does.
    HeadFile(Path file, const NodeId& node, SigningKey key, bool apart)
        : file_(std::move(file)), node_(node), key_(std::move(key)), apart_(apart) {}

    // The file's judgement on the store as it is now; unproven when the file is missing or not this node's.
    Memory judge(const Snapshot& kept) const;
    // Writes the file when this node's logs of its present incarnation have grown since the last write.
    // Refuses as write_file_atomic() does.
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
