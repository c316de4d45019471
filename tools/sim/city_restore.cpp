// A disk that is lost some time after a backup of it was taken, and a node that is made again from the backup:
// what `xinwang backup` and `xinwang restore` do to the store, on virtual time.
#include "node/core/restored.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr int tries_max = 60;

}  // namespace

// Files that are being read would be read again from where the backup stands, and count their rows otherwise:
// correct, but not what the people's book says. So the moment is one at which none is.
void City::back_up(std::size_t node) {
    const SimNode& n = nodes_[node];
    if (!n.core || !n.parent || n.people->waiting()) return;
    say(n.name + ": a backup");
    after(60'000, 1'800'000, [this, node, backup = std::make_shared<MemoryDisk>(*n.disk), made = now_] {
        lose_disk(node, backup, made, tries_max);
    });
}

// What no neighbour has is gone with the disk: the budget of S1. So the disk lasts until they have it.
void City::lose_disk(std::size_t node, const std::shared_ptr<MemoryDisk>& backup, Instant made, int tries) {
    SimNode& n = nodes_[node];
    if (healing_) return;
    if (!n.core || n.people->waiting() || !checks_.can_come_back(node)) {
        if (tries > 0) after(5'000, 60'000, [=, this] { lose_disk(node, backup, made, tries - 1); });
        return;
    }
    crash(node, "for ever, with its disk");
    *n.disk = *backup;
    // A new disk: what was short on the old one, or was to fail on it, is gone with it.
    n.disk->fail_next_commit = MemoryDisk::Fault::none;
    n.disk->bytes_max = n.disk->bytes_quota = ~0ull;
    const auto store = Store::open(make_memory_kv(n.disk));
    XW_CHECK(store);
    for (const SubmissionId& id : n.people->ids_taken()) {
        const auto known = (*store)->snapshot().get(Table::submissions, id.view());
        XW_CHECK(known);
        if (!*known) n.forgotten.insert(n.people->file_of(id));
    }
    const Write begin[] = {Put{Table::meta, to_bytes(view("incarnation")), random_bytes(Incarnation::size)},
                           Put{Table::meta, to_bytes(restored_key()), encode(RestoredRow{made, true})},
                           Erase{Table::meta, to_bytes(view("home"))}};
    XW_CHECK((*store)->commit(begin));
    checks_.set_back(node, **store);
    // It is another machine.
    n.clock_off = Duration(random_.between(-day_ms, day_ms));
    ++restores_;
}

}  // namespace xinwang::sim
