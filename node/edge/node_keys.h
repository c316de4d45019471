// A node's three keys as files: keys/sign, keys/open, keys/transport, 32 secret bytes each in hexadecimal,
// mode 0600.
#pragma once

#include "node/edge/files.h"
#include "node/edge/transport.h"
#include "protocol/keys.h"

namespace xinwang {

struct NodeKeys {
    SigningKey sign;
    OpeningKey open;
    TransportKeys transport;
};

// Reads the three below `keys`, making those that are missing: keys made once are used again. Refuses
// bad_key_file.
Result<NodeKeys> make_node_keys(const Path& keys);
// Makes none. Refuses file_missing and bad_key_file.
Result<NodeKeys> read_node_keys(const Path& keys);
// The same for a single signing key, the root's.
Result<SigningKey> make_signing_key(const Path& file);

}  // namespace xinwang
