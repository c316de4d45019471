// The passphrase of a person's key file: from --passphrase-file, else from $XINWANG_PASSPHRASE, else typed
// where a person watches.
#pragma once

#include "node/edge/passphrase.h"
#include "tools/cli/verbs.h"

namespace xinwang::cli {

enum class Ask { once, twice };  // twice: a new one

// The passphrase; empty when there is none and nobody to ask. `file` names the key file to the person.
// Refuses as read_passphrase() does, passphrase_differs, and for a new passphrase passphrase_short.
Result<SecretText> passphrase_for(const std::string& file, const Arguments& arguments, const Terminal& terminal,
                                  Ask ask);

}  // namespace xinwang::cli
