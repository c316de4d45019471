// A node's secrets on disk, 32 bytes each under a name, below its directory keys/:
//
//   sign, open, transport   of its first certificate          sign.next, transport.next   asked for, not
//   certified yet open.N                  the opening key of epoch N >= 2
//
// Kept in one of two ways: a file of 64 hexadecimal digits for each, mode 0600, or all of them in the file
// `sealed`, under a passphrase (key_box.h). `sealed` is the truth where it lies. keys/root, at a new city, is
// none of them. Errors: what an operator can mend is a refusal, a failed sync an exception (files.h). One
// thread.
#pragma once

#include <optional>

#include "node/edge/files.h"
#include "node/edge/passphrase.h"
#include "node/edge/transport.h"
#include "protocol/key_box.h"
#include "protocol/keys.h"
#include "topology/certificate.h"

namespace xinwang {

class KeyStore {
  public:
    // An empty one when the directory is missing. Refuses bad_key_file, secret_file_lax, passphrase_missing,
    // passphrase_wrong, sealed_keys_damaged.
    static Result<KeyStore> open(const Path& keys);

    bool sealed() const { return box_.has_value(); }
    // Empty when there is none of this name.
    View find(const std::string& name) const;
    const NamedSecrets& all() const { return secrets_; }
    // Durable when it returns; replaces.
    Result<void> put(const std::string& name, View secret);
    Result<void> remove(const std::string& name);
    // All of them, from now on, in `sealed`, or in files again.
    Result<void> protect(View passphrase, PassphraseCost cost = {});
    Result<void> unprotect();

  private:
    explicit KeyStore(Path keys) : keys_(std::move(keys)) {}
    Result<void> read_files();
    Result<void> write_file(const std::string& name) const;
    Result<void> write_sealed() const;
    Result<void> remove_files() const;

    Path keys_;
    NamedSecrets secrets_;
    std::optional<KeyBox> box_;
};

struct NodeKeys {
    SigningKey sign;
    OpeningKeys open;
    TransportKeys transport;  // certified: the node reaches its parent with it
    TransportKeys listen;     // its children reach it by this one: the one before while they are being told
    // Made, and not certified.
    std::optional<SigningKey> next_sign;
    std::optional<OpeningKey> next_transport;
};

// Names of secrets.
std::string opening_key_name(std::uint32_t epoch);

// Makes those that are missing of the first three: keys made once are used again.
Result<NodeKeys> make_node_keys(const Path& keys);
// Those that this certificate of the node names: a change of keys may have come into force, or not yet, while
// the store was written. Refuses also keys_of_another_node.
Result<NodeKeys> keys_in_force(const KeyStore& store, const Certificate& own);

// Names of the files below keys/ that hold a node's secrets, `sealed` among them; for whoever copies them.
std::vector<std::string> key_file_names(const Path& keys);

}  // namespace xinwang
