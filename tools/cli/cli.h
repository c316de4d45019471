// The command line `xinwang`: one table of verbs, read by CLI11 (which has its only home here), run against a
// node's API.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/cli/terminal.h"

namespace xinwang::cli {

// The process's environment, its terminals and its answers.
struct Surroundings {
    std::function<const char*(const char*)> environment;  // getenv
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    std::istream* answers = nullptr;  // stdin, when a person sits at it
};

// Runs one command line; `arguments` come without the program's name. Returns the exit code of PEERS and
// tools/README.md.
int run(std::vector<std::string> arguments, const Surroundings& surroundings, std::ostream& out,
        std::ostream& err);

// Names of all verbs, for completion and for tests.
std::vector<std::string> verb_names();

}  // namespace xinwang::cli
