// A disk that can lose power: it is fed the operations that a process made (operations.h) and says what a
// directory may hold if the power goes right behind the last of them.
//
// *Model*, the strictest that a local journalling file system on an honest disk allows:
//   - what was written is durable once its file was synced, or at once through O_DSYNC; before, any part of it
//   may be
//     there, in units of 4 KiB (pages of the cache) or 512 bytes (sectors), whatever else is there or not;
//   - a sector is written whole or not at all;
//   - a file's length may have grown over what was not written: zeros;
//   - creations, renames and removals are durable once their directory was synced; before, the first few of
//   them are
//     there, in order, as journals keep it.
// Pure, but for the random numbers, which come from a seed.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "tests/crash/operations.h"

namespace xinwang::crash {

// What of the unsynced is on the disk when the power comes back.
enum class Loss {
    nothing,   // all that was written is there
    all,       // nothing of it is
    pages,     // a random half of its pages
    sectors,   // a random half of its sectors
    torn_4k,   // all but the last write, of which only the first so many pages are
    torn_512,  // the same in sectors
};
inline constexpr Loss losses[] = {Loss::nothing, Loss::all,     Loss::pages,
                                  Loss::sectors, Loss::torn_4k, Loss::torn_512};
const char* name_of(Loss loss);

// A directory's files by path below it. `identity` is equal for states that are equal.
struct DiskState {
    std::map<std::string, std::string> files;
    std::string identity;
};

class Disk {
  public:
    void apply(const Operation& operation);
    // As after the last operation. Empty where the loss makes no sense: nothing is unsynced, or nothing was
    // torn. The identity alone is cheap: it copies no file.
    enum class Want { identity, files };
    std::optional<DiskState> after(Loss loss, std::uint64_t seed, Want want) const;

  private:
    struct Write {
        std::uint64_t offset;
        std::string_view bytes;
        std::uint64_t number;  // of the operation
    };
    struct File {
        std::string durable;
        std::uint64_t durable_at = 0;  // the operation that made it so
        std::vector<Write> unsynced;
        std::uint64_t size = 0;  // with all writes
    };
    using FilePtr = std::shared_ptr<File>;
    using Names = std::map<std::string, FilePtr>;

    static void apply_name(const Operation& operation, Names& names, const FilePtr& file);
    static void put(std::string& content, std::uint64_t offset, std::string_view bytes);
    // Adds to `identity`; the content goes into `into` unless that is null.
    void add_content(const File& file, Loss loss, std::uint64_t seed, std::string& identity,
                     std::string* into) const;
    bool was_torn(Loss loss) const;
    bool is_synced() const;

    std::map<std::uint64_t, FilePtr> files_;  // by inode
    Names durable_names_;
    std::vector<std::pair<Operation, FilePtr>> unsynced_names_;
    std::uint64_t operations_ = 0;
    std::optional<Write> last_write_;  // when the last operation was one
};

}  // namespace xinwang::crash
