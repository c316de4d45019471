// One simulated node: the production core with everything that a machine around it would provide. A value
// owned by City.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "node/core/core.h"
#include "storage/memory_kv.h"
#include "tools/sim/submitter.h"

namespace xinwang::sim {

struct SimNode {
    // Stable for the whole run.
    std::string name;  // tier and division code
    NodeId node;
    Certificate certificate;
    SigningKey sign_key;
    OpeningKeys open_keys;
    std::optional<std::size_t> parent;  // its line goes to this node
    std::vector<std::size_t> parents;   // all that it may have had in anybody's directory, without repeats
    Duration clock_off{0};              // how wrong its clock is

    // Outlives a crash: the disk, the spool, the people.
    std::shared_ptr<MemoryDisk> disk;
    std::map<SubmissionId, std::string> spool;
    std::unique_ptr<Submitter> people;
    Instant last_offer;
    // Submissions made after the backup that this node was restored from. The node would take such a file for
    // new, and an old file that is read again behind later ones undoes their corrections: people do not hand
    // it in again.
    std::set<SubmissionId> forgotten;

    // One life of the process; null while down.
    std::unique_ptr<Store> store;
    std::unique_ptr<JobRoom> room;
    std::unique_ptr<Core> core;
    std::uint64_t life = 0;                           // rises with every start and with every core built anew
    std::map<ConnectionId, std::size_t> connections;  // children's
    std::vector<std::function<void(Core&)>> inbox;    // events that wait for the next turn
    std::vector<std::function<void(bool)>> answers;   // requests of that turn: true when durable
    bool turn_due = false;
    Instant next_room_check;
    bool is_twin = false;          // a second machine of a node earlier in the list
    bool is_gone = false;          // stopped for ever
    std::uint64_t boot_nonce = 0;  // of this life of the process
};

// A node before its first start, with an empty disk.
SimNode blank_node(const Certificate& certificate, const SigningKey& sign, const OpeningKeys& open,
                   std::optional<std::size_t> parent);

}  // namespace xinwang::sim
