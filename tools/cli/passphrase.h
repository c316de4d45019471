// The passphrase of a person's key file: from --passphrase-file, else from $XINWANG_PASSPHRASE, else typed
// where a person watches.
#pragma once

#include "node/edge/passphrase.h"
#include "tools/cli/verbs.h"

namespace xinwang::cli {

enum class Ask { once, twice };  // twice: a new one

// Empty when there is none and nobody to ask. `file` names the key file to the person. Refuses what
// read_passphrase() refuses, passphrase_differs, and of a new one passphrase_short.
Result<SecretText> passphrase_for(const std::string& file, const Arguments& arguments, const Terminal& terminal,
                                  Ask ask);

}  // namespace xinwang::cli
