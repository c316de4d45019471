// node.toml: the addresses of one node and of its parents. The file is for operators: every key is optional
// but those of the parent, unknown keys are refused by name, and `xinwang-node --check` reads the file
// without starting.
#pragma once

#include <filesystem>

#include "node/core/core.h"
#include "node/edge/parent_choice.h"

namespace xinwang {

// An ancestor further up that serves the node while its parent is away.
struct Standby {
    DivisionCode code;
    std::string address;  // "host:port"
};

struct NodeConfig {
    std::string data_listen;   // [listen] data = "host:port": children connect here
    std::string enrol_listen;  // [listen] enrol = "host:port": newcomers connect here
    std::string
        public_data_address;  // [public] data: as children reach it, when it is not the listening address
    std::string public_enrol_address;  // [public] enrol
    std::string parent_address;        // [parent] address = "host:port"
    TransportPublicKey parent_key;     // [parent] key, hexadecimal
    std::vector<Standby> standby;      // [standby] parents = "code@host:port, …", in order of preference
    ParentChoice::Patience patience;   // [standby] away_ms, home_ms, trial_ms
    Timing timing;                     // [timing] hello_ms, ping_ms, stall_ms, resume_ms, refresh_ms, head_ms;
                                       // [keys] certificate_ms, epoch_ms, ahead_ms, ask_ms;
                                       // [scrub] bytes_per_s, every_ms, retry_first_ms, retry_max_ms
    Duration reconnect_first{5'000};   // [timing] reconnect_first_ms
    Duration reconnect_max{300'000};   // [timing] reconnect_max_ms
    int workers = 2;                   // [node] workers
    std::string head_file;             // [node] head_file: on another file system (head_file.h)
    RetentionSetting retention;        // [retention] carried_days, settle_days
    Duration retention_every{0};       // [retention] apply_every_ms; 0: by hand only
};

// Checks that two listeners have two addresses. Refuses same_address.
Result<void> check_apart(std::string_view data, std::string_view enrol);
// Both refuse bad_config, naming the key and the line.
Result<NodeConfig> parse_config(std::string_view toml);
Result<NodeConfig> read_config(const std::filesystem::path& file);
// Sets another parent in a file that an operator may have written: all else stays as it is, remarks included.
Result<void> set_parent(const std::filesystem::path& file, const std::string& address,
                        const TransportPublicKey& key);
Result<void> write_config(const std::filesystem::path& file, const NodeConfig& config);

}  // namespace xinwang
