// A key that belongs to a person and not to a machine: a holder of the city's root, an operator. A small text
// file of mode 0600, for a medium of its own:
//
//   xinwang-key/1
//   role root                     or operator
//   name 130600000000 root 1      whose it is, for people
//   public <64 hexadecimal digits>
//   secret <64 hexadecimal digits>
//     or, under a passphrase:
//   locked <base64url of protocol/key_box.h, with the one secret "seed">
//
// A file of 64 hexadecimal digits, as cities of before had for their one root key, is read as a root's.
// Blocking; any thread.
#pragma once

#include "node/edge/files.h"
#include "protocol/keys.h"

namespace xinwang {

enum class KeyRole : std::uint8_t { root, person };

struct PersonKey {
    KeyRole role = KeyRole::root;
    std::string name;
    SigningKey key;
};

// Refuses key_folder_missing: an offline medium that is not mounted must not be taken for one that is.
Result<void> check_key_folder(const Path& file);
// A new key, written durably; under `passphrase` unless that is empty. One that is there already under this
// role and name is used again, so that a ceremony that was cut short can be repeated; anything else there is
// refused file_exists. Refuses as check_key_folder() too.
Result<PersonKey> make_person_key(const Path& file, KeyRole role, const std::string& name, View passphrase);
// True when the key cannot be read without its passphrase. Refuses as read_person_key().
Result<bool> is_locked(const Path& file);
// Refuses file_missing, bad_person_key, person_passphrase_missing and person_passphrase_wrong.
Result<PersonKey> read_person_key(const Path& file, KeyRole role, View passphrase);

}  // namespace xinwang
