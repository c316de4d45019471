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
// A file of 64 hexadecimal digits, in which earlier cities kept their one root key, is read as a root's.
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

// Checks the folder of a key file. Refuses key_folder_missing: an offline medium that is not mounted must not
// be taken for a mounted one.
Result<void> check_key_folder(const Path& file);
// Makes a new key, written durably; under `passphrase` unless that is empty. A key that the file already
// holds for this role and name is used again, so that a ceremony that was cut short can be repeated; any
// other file there is refused file_exists. Also refuses as check_key_folder() does.
Result<PersonKey> make_person_key(const Path& file, KeyRole role, const std::string& name, View passphrase);
// True when the key cannot be read without its passphrase. Refuses as read_person_key() does.
Result<bool> is_locked(const Path& file);
// Reads a key. Refuses file_missing, bad_person_key, person_passphrase_missing and person_passphrase_wrong.
Result<PersonKey> read_person_key(const Path& file, KeyRole role, View passphrase);

}  // namespace xinwang
