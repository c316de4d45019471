// A new city: its root's keys, its node's directory, and the first directory statement (topology/README.md,
// the ceremony).
//
// Each root key is written to the file that the caller names for it, never below the node's directory, and
// this process forgets the keys when it ends. The ceremony may be repeated after a crash: keys and files made
// before are used again.
#pragma once

#include "node/edge/node_dir.h"

namespace xinwang {

struct CityOptions {
    std::string code;
    std::string name;
    std::string data_listen;   // "host:port"
    std::string enrol_listen;  // "host:port"
    std::filesystem::path catalogues_dir;
    std::filesystem::path profile;                 // of the provincial link; may be empty
    std::vector<std::filesystem::path> root_keys;  // 1..9 files
    std::string passphrase;                        // for the root keys; empty: none
    std::uint8_t threshold = 2;
    std::vector<Operator> operators;
};

struct NewCity {
    NodeDirSummary node;
    std::string root;  // its id, hexadecimal
    std::uint8_t threshold = 0;
    std::vector<std::string> root_keys;  // their files
    std::vector<std::string> operators;
    std::int64_t expires_ms = 0;  // of the first statement
};

// Makes the city. Refuses already_a_node, not_a_city_code, root_key_place (below the node's directory, or one
// file for two keys), key_folder_missing, file_exists, bad codes, names and addresses, same_address,
// operator_twice, catalogues that do not parse, directory_field. Every refusal comes before anything is made.
Result<NewCity> new_city(const std::filesystem::path& dir, const CityOptions& options);

}  // namespace xinwang
