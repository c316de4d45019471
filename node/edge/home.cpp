#include "node/edge/home.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr const char* machine_id_file = "/etc/machine-id";
constexpr std::size_t machine_id_bytes_max = 256;

}  // namespace

// Without the device's number: it changes when disks are found in another order. The time of making tells apart
// two files that were given the same inode one after the other.
Bytes home_of(const Path& store_file) {
    struct statx found {};
    if (statx(AT_FDCWD, store_file.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0)
        throw std::system_error(errno, std::generic_category(), store_file.string());
    Writer out;
    const auto machine = read_file(machine_id_file, machine_id_bytes_max);
    out.u64(found.stx_ino);
    out.i64(found.stx_btime.tv_sec);
    out.u32(found.stx_btime.tv_nsec);
    return to_bytes(hash<Hash256>("XW-home", {machine ? View(*machine) : View(), out.bytes()}).view());
}

Memory judge_home(const Store& store, View home) {
    const auto kept = store.snapshot().get(Table::meta, view("home"));
    if (!kept) throw StoreCorrupt(kept.error());
    if (!*kept) return Memory::unproven;
    return equal(**kept, home) ? Memory::proven : Memory::set_back;
}

}  // namespace xinwang
