// A node's secrets on disk, 32 bytes each under a name, below its directory keys/:
//
//   sign, open, transport        the keys of its first certificate
//   sign.next, transport.next    asked for, not certified yet
//   open.N                       the opening key of epoch N >= 2
//
// Secrets are kept in one of two ways: a file of 64 hexadecimal digits for each, mode 0600, or all of them in
// the file `sealed`, under a passphrase (key_box.h). Where `sealed` exists, it alone counts. keys/root, at a
// new city, is not one of these secrets. Errors: what an operator can mend is a refusal, a failed sync an
// exception (files.h). One thread.
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
    // Opens the key store; an empty one when the directory is missing. Refuses bad_key_file, secret_file_lax,
    // passphrase_missing, passphrase_wrong, sealed_keys_damaged.
    static Result<KeyStore> open(const Path& keys);

    bool sealed() const { return box_.has_value(); }
    // The secret of this name; empty when there is none.
    View find(const std::string& name) const;
    const NamedSecrets& all() const { return secrets_; }
    // Writes the secret, durably on return; replaces one of the same name.
    Result<void> put(const std::string& name, View secret);
    Result<void> remove(const std::string& name);
    // Moves all secrets into `sealed`, or back into files, for all later writes too.
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
    TransportKeys transport;  // certified: the node reaches its parent with these
    TransportKeys listen;     // its children reach it by these: the earlier keys until they are told
    // Keys that are made and not yet certified.
    std::optional<SigningKey> next_sign;
    std::optional<OpeningKey> next_transport;
};

// Names of secrets.
std::string opening_key_name(std::uint32_t epoch);

// Makes the missing ones of sign, open and transport: keys made once are used again.
Result<NodeKeys> make_node_keys(const Path& keys);
// The keys that this certificate of the node names: a change of keys may or may not have come into force by
// the time the store was written. Also refuses keys_of_another_node.
Result<NodeKeys> keys_in_force(const KeyStore& store, const Certificate& own);

// Names of the files below keys/ that hold a node's secrets, `sealed` among them; for whoever copies them.
std::vector<std::string> key_file_names(const Path& keys);

}  // namespace xinwang
