#include "node/links/outbox.h"

#include "node/links/folder.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

enum class Presence { absent, same, other };

Result<Presence> presence(const Folder& folder, const PackageFile& file) {
    auto opened = folder.open_file(file.name);
    if (!opened) {
        // A link under our name is somebody else's file.
        if (opened.error().code == Code::unsafe_inbox_file) return Presence::other;
        return tl::unexpected(opened.error());
    }
    if (!*opened) return Presence::absent;
    const auto status = status_of(*opened);
    if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) != file.bytes.size())
        return Presence::other;
    XW_TRY(bytes, read_whole(*opened, file.name, file.bytes.size()));
    return bytes == file.bytes ? Presence::same : Presence::other;
}

// Puts one file in place whole, or finds it there.
Result<void> place(const Folder& folder, const PackageFile& file) {
    XW_TRY(found, presence(folder, file));
    if (found == Presence::other) return refuse(Code::package_conflict, file.name);
    if (found == Presence::absent) {
        XW_TRY_VOID(folder.write_part(file.name, file.bytes));
        XW_TRY(placed, folder.publish_part(file.name));
        if (!placed) return refuse(Code::package_conflict, file.name);
    }
    // Also when it was there: the crash may have come between the new name and its sync.
    folder.sync();
    return {};
}

}  // namespace

Result<void> write_package(const std::string& folder_path, const std::vector<PackageFile>& files) {
    if (files.empty()) return {};
    XW_TRY(folder, Folder::open(folder_path));
    for (const auto& file : files)
        if (!Folder::is_plain_name(file.name))
            return refuse(Code::bad_file_name, "package file", file.name, "a plain file name");
    // The last file was written last: when it is there the package was complete, and a receiver that has since
    // taken the others must not be given them again.
    XW_TRY(last, presence(folder, files.back()));
    if (last == Presence::same) {
        folder.sync();
        return {};
    }
    for (const auto& file : files) XW_TRY_VOID(place(folder, file));
    return {};
}

}  // namespace xinwang
