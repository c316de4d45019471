// Small files that must survive a power cut: keys and configuration.
//
// A name appears only with its whole content behind it: the file is written beside its place, synced,
// renamed, and the directory synced. Blocking; any thread. Errors: a failure that the machine reports is a
// refusal (missing, too large, not permitted, disk full, not a file; machine_refuses for the rest: no more
// descriptors, no memory); a failed sync alone is a std::system_error, and is never tried again
// (node/DESIGN.md, D10).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

using Path = std::filesystem::path;

enum class FileMode : std::uint16_t { secret = 0600, shared = 0640, open = 0644 };

// Reads the whole file. Refuses a missing, unreadable or irregular file, and one of more than `bytes_max`
// bytes.
Result<Bytes> read_file(const Path& path, std::size_t bytes_max);
// Replaces `path` as a whole and durably, or leaves it as it was.
Result<void> write_file_atomic(const Path& path, View content, FileMode mode);
// Makes `path` with its parents, rwx for the owner alone when it is new. An existing directory is fine.
Result<void> make_dir(const Path& path);
// Makes the names in `directory` durable.
Result<void> sync_directory(const Path& directory);
// Removes the file, durably; true when there was such a file.
Result<bool> remove_file(const Path& path);

}  // namespace xinwang
