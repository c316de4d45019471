#include "node/edge/backup.h"

#include <sys/stat.h>

#include <algorithm>

#include "node/core/roster_rows.h"
#include "node/core/submission.h"
#include "node/edge/node_keys.h"
#include "node/edge/offline.h"

namespace xinwang {
namespace {

constexpr const char* parts[] = {"store", "spool", "keys", "node.toml", "profile.toml", backup_marker};

// Of the nearest directory above that is there.
dev_t device_of(Path path) {
    struct stat about {};
    while (::stat(path.c_str(), &about) != 0 && path.has_relative_path()) path = path.parent_path();
    return about.st_dev;
}

Result<void> check_place(const Path& node_dir, const BackupOptions& options) {
    std::error_code none;
    const auto place = std::filesystem::status(options.directory, none);
    if (std::filesystem::exists(place) &&
        (!std::filesystem::is_directory(place) || !std::filesystem::is_empty(options.directory, none)))
        return refuse(Code::place_taken, "directory", options.directory.string());
    if (!options.same_disk && device_of(options.directory) == device_of(node_dir))
        return refuse(Code::backup_on_same_disk, "directory", options.directory.string(), node_dir.string());
    return {};
}

class Backup {
  public:
    Backup(const Path& node_dir, const Store& store, const BackupOptions& options, const CopyWatch& watch)
        : from_(node_dir), to_(options.directory), store_(store), options_(options), watch_(watch) {}

    Result<BackupManifest> run(Instant now) {
        XW_TRY_VOID(check_place(from_, options_));
        XW_TRY_VOID(make_dir(to_));
        auto made = copy_all(now);
        if (!made)
            for (const char* part : parts) std::filesystem::remove_all(to_ / part);
        return made;
    }

  private:
    Result<BackupManifest> copy_all(Instant now) {
        manifest_.program = XINWANG_VERSION;
        manifest_.made = now;
        total_ = store_.used_bytes();
        const auto space = std::filesystem::space(to_);
        if (space.available < total_) return refuse(Code::disk_full, to_.string());
        XW_TRY_VOID(copy_spool());
        XW_TRY_VOID(copy_store());
        XW_TRY_VOID(copy_spool());
        XW_TRY_VOID(read_copy());
        XW_TRY_VOID(copy("node.toml"));
        if (std::filesystem::exists(from_ / "profile.toml")) XW_TRY_VOID(copy("profile.toml"));
        if (options_.with_keys) {
            XW_TRY_VOID(make_dir(to_ / "keys"));
            for (const std::string& name : key_file_names(from_ / "keys")) XW_TRY_VOID(copy("keys/" + name));
        }
        for (const char* name : {"store", "spool", "keys", ""})
            if (std::filesystem::exists(to_ / name)) XW_TRY_VOID(sync_directory(to_ / name));
        std::sort(manifest_.files.begin(), manifest_.files.end(),
                  [](const auto& a, const auto& b) { return a.path < b.path; });
        XW_TRY_VOID(write_manifest(to_, manifest_));
        return manifest_;
    }

    CopyRule rule() {
        return {options_.bytes_per_s_max, [this](std::uint64_t bytes) {
                    return !watch_ || watch_(done_ + bytes, std::max(total_, done_ + bytes));
                }};
    }
    void keep(const std::string& path, const Copied& copied) {
        done_ += copied.bytes;
        manifest_.files.push_back({path, copied.bytes, copied.hash});
    }

    Result<void> copy(const std::string& path) {
        XW_TRY(copied, copy_durably(from_ / path, to_ / path, rule()));
        keep(path, copied);
        return {};
    }

    Result<void> copy_store() {
        XW_TRY_VOID(make_dir(to_ / "store"));
        XW_TRY(copied, store_.copy_to(to_ / "store", rule()));
        keep("store/data.mdb", copied);
        return {};
    }

    // Files that were not copied yet. One may go away meanwhile: its rows are all read.
    Result<void> copy_spool() {
        XW_TRY_VOID(make_dir(to_ / "spool"));
        for (const auto& file : std::filesystem::directory_iterator(from_ / "spool")) {
            const std::string name = file.path().filename().string();
            if (!SubmissionId::parse_hex(name) || std::filesystem::exists(to_ / "spool" / name)) continue;
            const auto copied = copy("spool/" + name);
            if (!copied && copied.error().code != Code::file_missing) return copied;
        }
        return {};
    }

    // What the copy itself says it is of; spooled files that it has read are left out again.
    Result<void> read_copy() {
        XW_TRY(store, open_store_at(to_ / "store", Access::read));
        const Snapshot kept = store->snapshot();
        XW_TRY(node, kept.get(Table::meta, view("node")));
        XW_TRY(incarnation, kept.get(Table::meta, view("incarnation")));
        XW_TRY(roster, read_roster(kept));
        manifest_.node = *NodeId::from(node.value());
        manifest_.incarnation = *Incarnation::from(incarnation.value());
        const Certificate* self = roster.find(manifest_.node);
        if (self == nullptr) return refuse(Code::not_a_node_directory, "store", from_.string());
        manifest_.code = self->code.text();
        manifest_.name = self->name;
        manifest_.tier = tier_name(self->tier);
        for (const LogRow& log : kept.logs())
            if (log.id.origin == manifest_.node)
                manifest_.logs.push_back({log.id.origin_line(), log.size, log.last.hex()});
        std::erase_if(manifest_.files, [&](const BackupManifest::File& file) {
            if (!file.path.starts_with("spool/") || is_open(kept, file.path.substr(6))) return false;
            std::filesystem::remove(to_ / file.path);
            return true;
        });
        std::filesystem::remove(to_ / "store/lock");
        return {};
    }

    static bool is_open(const Snapshot& kept, const std::string& name) {
        const auto row = kept.get(Table::submissions, SubmissionId::parse_hex(name)->view());
        if (!row || !*row) return false;
        const auto submission = decode_submission(**row);
        return submission && submission->open();
    }

    const Path& from_;
    const Path& to_;
    const Store& store_;
    const BackupOptions& options_;
    const CopyWatch& watch_;
    BackupManifest manifest_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

Result<BackupManifest> take_backup(const Path& node_dir, const Store& store, const BackupOptions& options,
                                   Instant now, const CopyWatch& watch) {
    return Backup(node_dir, store, options, watch).run(now);
}

}  // namespace xinwang
