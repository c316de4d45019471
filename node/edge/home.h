// The home of a node's store, which tells a copy from the original: the machine, the file, and the time when
// the file was made.
//
// A directory that was copied, unpacked from an archive, or synchronised to another place lies in another
// file; a disk that was moved to another machine is under another machine id. *Limit*: a home does not show a
// snapshot of the whole disk or of the virtual machine, nor a file that was overwritten in place; the parent
// and the head file (head_file.h) show those.
#pragma once

#include "node/core/core.h"
#include "node/edge/files.h"
#include "storage/store.h"

namespace xinwang {

// 32 bytes that differ between a file and any copy of it.
Bytes home_of(const Path& store_file);

// Compares the home that the store noted with `home`: unproven when it noted none, set_back when it lies
// elsewhere now.
Memory judge_home(const Store& store, View home);

}  // namespace xinwang
