#include <algorithm>

#include "node/links/folder.h"
#include "node/links/outbox.h"
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

std::int64_t modified_ns(const struct stat& status) {
    return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

bool is_unsafe(const struct stat& status, const std::vector<std::uint32_t>& owners, std::string& why) {
    if (!S_ISREG(status.st_mode))
        why = "a regular file";
    else if (status.st_nlink != 1)
        why = "a file with one name only";
    else if (!owners.empty() && std::find(owners.begin(), owners.end(), status.st_uid) == owners.end())
        why = "a file of an allowed owner";
    else
        return false;
    return true;
}

bool is_candidate(std::string_view name) {
    return Folder::is_plain_name(name) && name != "done" && !name.ends_with(".part") && !name.ends_with(".ok");
}

Result<Descriptor> open_safely(const Folder& folder, const std::string& name,
                               const std::vector<std::uint32_t>& owners) {
    XW_TRY(file, folder.open_file(name));
    if (!file) return refuse(Code::changing_inbox_file, name);
    std::string why;
    if (is_unsafe(status_of(file), owners, why)) return refuse(Code::unsafe_inbox_file, name, "", why);
    return std::move(file);
}

}  // namespace

Result<std::vector<std::string>> Inbox::settled(Instant now) {
    XW_TRY(folder, Folder::open(rule_.folder));
    XW_TRY(names, folder.names());
    std::vector<std::string> settled;
    std::map<std::string, Seen, std::less<>> seen;
    for (const auto& name : names) {
        if (!is_candidate(name)) continue;
        const auto file = open_safely(folder, name, rule_.owners);
        if (!file) {
            // take() says what is wrong with it; something that merely vanished is no news.
            if (file.error().code == Code::unsafe_inbox_file) settled.push_back(name);
            continue;
        }
        const auto status = status_of(*file);
        Seen now_seen{static_cast<std::uint64_t>(status.st_size), modified_ns(status), now};
        const auto before = seen_.find(name);
        if (before != seen_.end() && before->second.bytes == now_seen.bytes &&
            before->second.modified_ns == now_seen.modified_ns)
            now_seen.since = before->second.since;
        const bool marked = std::binary_search(names.begin(), names.end(), name + ".ok");
        if (marked || now - now_seen.since >= rule_.settle) settled.push_back(name);
        seen.emplace(name, now_seen);
    }
    seen_ = std::move(seen);
    return settled;
}

Result<TakenFile> Inbox::take(std::string_view name) {
    TakenFile taken;
    taken.name = name;
    if (!is_candidate(name)) return refuse(Code::unsafe_inbox_file, name, "", "a plain file name");
    XW_TRY(folder, Folder::open(rule_.folder));
    XW_TRY(file, open_safely(folder, taken.name, rule_.owners));
    const auto before = status_of(file);
    XW_TRY(bytes, read_whole(file, name, limits::feedback_bytes_max));
    XW_TRY(again, read_whole(file, name, limits::feedback_bytes_max));
    const auto after = status_of(file);
    if (bytes != again || before.st_size != after.st_size || modified_ns(before) != modified_ns(after) ||
        static_cast<std::size_t>(after.st_size) != bytes.size())
        return refuse(Code::changing_inbox_file, name);
    taken.hash = sha256({bytes});
    taken.bytes = std::move(bytes);
    XW_TRY(spool, Folder::open(rule_.spool, Making::may_make));
    XW_TRY_VOID(spool.write_part(taken.hash.hex(), taken.bytes));
    XW_TRY(placed, spool.publish_part(taken.hash.hex()));
    if (!placed) spool.remove(taken.hash.hex() + ".part");  // taken before; named by its content
    spool.sync();
    return taken;
}

Result<void> Inbox::finish(const TakenFile& taken) {
    XW_TRY(folder, Folder::open(rule_.folder));
    XW_TRY(done, folder.inner("done", Making::may_make));
    const auto file = open_safely(folder, taken.name, rule_.owners);
    if (file) {
        XW_TRY(bytes, read_whole(*file, taken.name, limits::feedback_bytes_max));
        if (sha256({bytes}) == taken.hash) {
            // A name used before keeps its file: this one gets its hash behind the name.
            XW_TRY(moved, folder.move(taken.name, done, taken.name));
            const std::string longer = taken.name + "." + taken.hash.hex().substr(0, 16);
            if (!moved) {
                XW_TRY(moved_longer, folder.move(taken.name, done, longer));
                // The very same file was done under this name already.
                if (!moved_longer) folder.remove(taken.name);
            }
            folder.remove(taken.name + ".ok");
            done.sync();
            folder.sync();
        }
    }
    XW_TRY(spool, Folder::open(rule_.spool, Making::may_make));
    spool.remove(taken.hash.hex());
    return {};
}

}  // namespace xinwang
