// The folders shared with the front-end machine: packages go out, feedback files come in.
//
// Outbox. A package becomes visible file by file, each whole and synced under its own name; the last file
// says "complete". A crash leaves `.part` files, which the next attempt replaces. Writing the same package
// again is harmless: if its last file is there with the same bytes, the package is done, even if the receiver
// has taken the others away already. Different content under the same name is never overwritten.
//
//   (nothing) -> x.csv.part -> x.csv -> x.head.part -> x.head = complete
//
// Inbox (node/DESIGN.md, F1). A file counts once it has kept its size and time for `settle` as seen by this
// process, or once `<name>.ok` stands beside it. Only regular files with one name and an allowed owner are
// opened, never through a symbolic link, never blocking. The file is copied to a private spool, read twice
// and hashed; only the copy is processed; after the caller's commit the original goes to done/.
//
// Errors: a fault of the folder's state (full, missing, other bytes, a link) is a refusal, and the caller
// tries again later. A failed fsync is the machine's fault and throws std::system_error; it is never tried
// again on the same file. One thread at a time.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/links/package.h"
#include "protocol/base/time.h"

namespace xinwang {

// Writes the package's files; all are durably in `folder` on return. Refuses package_conflict, folder_full,
// folder_unusable, bad_file_name.
Result<void> write_package(const std::string& folder, const std::vector<PackageFile>& files);

struct InboxRule {
    std::string folder;  // done/ is made inside it
    std::string spool;   // private; made with mode 0700
    Duration settle{10'000};
    std::vector<std::uint32_t> owners;  // user ids; empty: any
};

struct TakenFile {
    std::string name;
    Hash256 hash;  // SHA-256 of the bytes: with the folder, the key that makes a second taking harmless
    Bytes bytes;
};

class Inbox {
  public:
    explicit Inbox(InboxRule rule) : rule_(std::move(rule)) {}

    // Names of the files that have settled, sorted. Dot files, `.part` and `.ok` are not files of this
    // folder. `now` may be any clock that does not jump.
    Result<std::vector<std::string>> settled(Instant now);
    // Copies the file to the spool, durably. The original stays.
    // Refuses unsafe_inbox_file, changing_inbox_file, too_large, folder_full, folder_unusable.
    Result<TakenFile> take(std::string_view name);
    // Moves the original to done/ and removes the spool copy; call after the caller's commit. Harmless when
    // repeated. A file that has been replaced since is left for another round.
    Result<void> finish(const TakenFile& taken);

  private:
    struct Seen {
        std::uint64_t bytes;
        std::int64_t modified_ns;
        Instant since;
    };
    InboxRule rule_;
    std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace xinwang
