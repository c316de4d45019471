// The address and key by which a moved node reaches its new parent. They lie in `meta` under "parent-move"
// (text16 address | key) from the commit of the move until the node's configuration says the same. Pure.
#pragma once

#include <optional>
#include <string>

#include "storage/store.h"

namespace xinwang {

struct MovedTo {
    std::string address;  // "host:port"
    TransportPublicKey key;
};

Put moved_to_row(const MovedTo& to);
Erase no_moved_to_row();
// Refuses store_corrupt.
Result<std::optional<MovedTo>> read_moved_to(const Snapshot& kept);

}  // namespace xinwang
