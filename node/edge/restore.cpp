#include "node/edge/restore.h"

#include <algorithm>

#include "node/core/restored.h"
#include "node/edge/node_keys.h"
#include "node/edge/offline.h"
#include "protocol/base/check.h"
#include "storage/directory_lock.h"

namespace xinwang {
namespace {

constexpr const char* workshop = ".restoring";
constexpr const char* aside_prefix = "before-restore-";

// What an earlier attempt, an earlier restore or mkfs left there is in nobody's way.
bool is_in_the_way(const Path& file) {
    const std::string name = file.filename().string();
    return name != workshop && name != "lost+found" && !name.starts_with(aside_prefix);
}

std::vector<Path> in_the_way(const Path& dir) {
    std::vector<Path> found;
    if (!std::filesystem::exists(dir)) return found;
    for (const auto& file : std::filesystem::directory_iterator(dir))
        if (is_in_the_way(file.path())) found.push_back(file.path());
    std::sort(found.begin(), found.end());
    return found;
}

Result<void> move_to(const Path& from, const Path& to) {
    std::error_code failed;
    std::filesystem::rename(from, to, failed);
    if (failed) return refuse(Code::cannot_write_file, to.string(), failed.message());
    return {};
}

class Restore {
  public:
    Restore(const Path& dir, const RestoreOptions& options, Instant now, const CopyWatch& watch)
        : dir_(dir), made_(dir / workshop), options_(options), now_(now), watch_(watch) {}

    Result<Restored> run() {
        XW_TRY(manifest, read_manifest(options_.backup));
        out_.manifest = std::move(manifest);
        const auto before = in_the_way(dir_);
        if (!before.empty() && !options_.force) {
            const bool node = std::filesystem::exists(dir_ / "node.toml");
            return refuse(node ? Code::already_a_node : Code::place_taken, "directory", dir_.string());
        }
        std::optional<DirectoryLock> lock;
        if (std::filesystem::exists(dir_ / "store")) {
            XW_TRY(taken, DirectoryLock::take(dir_ / "store"));
            lock.emplace(std::move(taken));
        }
        std::filesystem::remove_all(made_);
        auto prepared = prepare();
        if (!prepared) {
            std::filesystem::remove_all(made_);
            return tl::unexpected(prepared.error());
        }
        XW_TRY_VOID(move_aside(before));
        XW_TRY_VOID(move_in());
        return std::move(out_);
    }

  private:
    Result<void> prepare() {
        XW_TRY_VOID(make_dir(made_));
        // Twice the bytes: they are copied, then walked.
        total_ = 3 * out_.manifest.bytes();
        for (const BackupManifest::File& file : out_.manifest.files) XW_TRY_VOID(take(file));
        XW_TRY_VOID(take_keys());
        for (const char* name : {"store", "spool", "keys", ""})
            if (std::filesystem::exists(made_ / name)) XW_TRY_VOID(sync_directory(made_ / name));
        return check_and_mark();
    }

    Result<void> take(const BackupManifest::File& file) {
        const Path to = made_ / file.path;
        XW_TRY_VOID(make_dir(to.parent_path()));
        const CopyRule rule{0,
                            [this](std::uint64_t bytes) { return !watch_ || watch_(done_ + bytes, total_); }};
        XW_TRY(copied, copy_durably(options_.backup / file.path, to, rule));
        done_ += copied.bytes;
        if (copied.hash == file.hash) return {};
        return refuse(Code::backup_damaged, file.path, copied.hash.hex(), file.hash.hex());
    }

    Result<void> take_keys() {
        if (out_.manifest.has_keys()) return {};
        if (options_.keys.empty()) return refuse(Code::backup_without_keys, "backup", options_.backup.string());
        XW_TRY_VOID(KeyStore::open(options_.keys));
        XW_TRY_VOID(make_dir(made_ / "keys"));
        for (const std::string& name : key_file_names(options_.keys))
            XW_TRY_VOID(copy_durably(options_.keys / name, made_ / "keys" / name, {}));
        return {};
    }

    // The new node is whole: its keys are its own, every value, batch and index entry is sound.
    Result<void> check_and_mark() {
        XW_TRY(node, open_offline(made_, Access::write));
        if (node.room->self != out_.manifest.node)
            return refuse(Code::keys_of_another_node, "keys/sign", node.room->self.hex(),
                          out_.manifest.node.hex());
        XW_TRY(
            verification,
            verify_node(*node.store, node.roster, *node.room, [this](std::uint64_t done, std::uint64_t total) {
                return !watch_ || watch_(done_ + done, done_ + std::max(total, done));
            }));
        out_.verification = std::move(verification);
        if (out_.verification.total > 0) return tl::unexpected(out_.verification.findings.front().refusal);
        const Write mark =
            Put{Table::meta, to_bytes(restored_key()), encode(RestoredRow{out_.manifest.made, false})};
        return node.store->commit({&mark, 1});
    }

    Result<void> move_aside(const std::vector<Path>& before) {
        if (before.empty()) return {};
        out_.moved_aside = dir_ / (aside_prefix + std::to_string(now_.ms));
        XW_TRY_VOID(make_dir(out_.moved_aside));
        // Without node.toml it is no node any more, whatever happens from here on.
        if (std::filesystem::exists(dir_ / "node.toml"))
            XW_TRY_VOID(move_to(dir_ / "node.toml", out_.moved_aside / "node.toml"));
        for (const Path& file : before)
            if (file.filename() != "node.toml") XW_TRY_VOID(move_to(file, out_.moved_aside / file.filename()));
        XW_TRY_VOID(sync_directory(out_.moved_aside));
        XW_TRY_VOID(sync_directory(dir_));
        return {};
    }

    Result<void> move_in() {
        for (const char* name : {"store", "keys", "spool", "profile.toml"})
            if (std::filesystem::exists(made_ / name)) XW_TRY_VOID(move_to(made_ / name, dir_ / name));
        XW_TRY_VOID(sync_directory(dir_));
        XW_TRY_VOID(move_to(made_ / "node.toml", dir_ / "node.toml"));
        XW_TRY_VOID(sync_directory(dir_));
        std::filesystem::remove_all(made_);
        return {};
    }

    const Path& dir_;
    const Path made_;
    const RestoreOptions& options_;
    const Instant now_;
    const CopyWatch& watch_;
    Restored out_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

Result<Restored> restore_backup(const Path& dir, const RestoreOptions& options, Instant now,
                                const CopyWatch& watch) {
    return Restore(dir, options, now, watch).run();
}

}  // namespace xinwang
