#include "node/edge/node_files.h"

#include <sys/stat.h>

#include <optional>

#include "node/edge/node_keys.h"

namespace xinwang {
namespace {

constexpr const char* config_in_dir = "node.toml";
constexpr const char* store_in_dir = "store/data.mdb";
constexpr const char* keys_in_dir = "keys";

std::optional<struct stat> stat_of(const Path& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? std::optional(found) : std::nullopt;
}

bool has_keys(const Path& dir) {
    return stat_of(dir / keys_in_dir) && !key_file_names(dir / keys_in_dir).empty();
}

}  // namespace

Result<void> check_node_files(const Path& dir) {
    const bool config = stat_of(dir / config_in_dir).has_value(),
               store = stat_of(dir / store_in_dir).has_value();
    const bool keys = has_keys(dir);
    if (config && store && keys) return {};
    if (!config && !store && !keys) return refuse(Code::not_a_node_directory, "directory", dir.string());
    return refuse(Code::node_part_missing, dir.string(),
                  !store  ? store_in_dir
                  : !keys ? keys_in_dir
                          : config_in_dir);
}

NodeFiles::NodeFiles(const Path& dir) : dir_(dir) {
    if (const auto store = stat_of(dir_ / store_in_dir)) {
        device_ = store->st_dev;
        inode_ = store->st_ino;
    }
}

std::vector<Refusal> NodeFiles::gone() const {
    std::vector<Refusal> gone;
    const auto say = [&](const char* name) {
        gone.emplace_back(Code::node_file_gone, name, (dir_ / name).string());
    };
    const auto store = stat_of(dir_ / store_in_dir);
    if (!store || store->st_dev != device_ || store->st_ino != inode_) say(store_in_dir);
    if (!has_keys(dir_)) say(keys_in_dir);
    if (!stat_of(dir_ / config_in_dir)) say(config_in_dir);
    return gone;
}

}  // namespace xinwang
