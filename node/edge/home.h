// Where a node's store lies, told so that a copy is told from the original: the machine, the file, and when the
// file was made.
//
// A directory that was copied, unpacked from an archive, or synchronised to another place lies in another file;
// a disk that was moved to another machine is under another machine id. What this does not see: a snapshot of
// the whole disk or of the virtual machine, and a file that was overwritten in place. Those are for the parent
// and the head file (head_file.h) to see.
#pragma once

#include "node/core/core.h"
#include "node/edge/files.h"
#include "storage/store.h"

namespace xinwang {

// 32 bytes that differ between a file and any copy of it.
Bytes home_of(const Path& store_file);

// What the store in `dir` says of itself: unproven when it never did, set_back when it lies elsewhere now.
Memory judge_home(const Store& store, View home);

}  // namespace xinwang
