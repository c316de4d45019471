// The passphrase of a person's key file: from --passphrase-file, else from $XINWANG_PASSPHRASE, else typed at a
// terminal that does not show it.
#pragma once

#include "tools/cli/verbs.h"

namespace xinwang::cli {

enum class Ask { once, twice };  // twice: a new one

// Empty when there is none and nobody to ask. `file` names the key file to the person.
Result<std::string> passphrase_for(const std::string& file, const Arguments& arguments,
                                   const Terminal& terminal, Ask ask);

}  // namespace xinwang::cli
