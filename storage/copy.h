// Copies a store's file to a backup, or back: read from a descriptor to its end, hashed, held to a rate, and
// durable on return. The copy keeps out of the living store's way: it syncs as it goes, so that its pages
// never pile up in front of a commit, and gives its pages back to the machine.
//
// Blocks the caller, on any thread. A failure that an operator can mend is a refusal (disk_full,
// file_not_permitted); any other failure of the machine is a StoreFailure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "protocol/base/ids.h"
#include "protocol/base/refusal.h"

namespace xinwang {

struct CopyRule {
    std::uint64_t bytes_per_s_max = 0;  // 0: as fast as it goes
    // Called with the number of bytes copied, several times a second; false ends the copy (copy_stopped).
    std::function<bool(std::uint64_t bytes)> watch;
};

struct Copied {
    std::uint64_t bytes = 0;
    Hash256 hash;         // BLAKE2b-256 of the bytes, as `b2sum -l 256` prints it
    bool compact = true;  // free pages were left out
};

// Makes `target` (mode 0600), which must not exist. A refused copy removes the bytes that it has written.
Result<Copied> copy_stream(int source, const std::filesystem::path& target, const CopyRule& rule);
// Copies from a file, by the same rules.
Result<Copied> copy_durably(const std::filesystem::path& source, const std::filesystem::path& target,
                            const CopyRule& rule);

}  // namespace xinwang
