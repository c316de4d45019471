// xinwang: the operator's command line.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "tools/cli/cli.h"

int main(int argc, char** argv) try {
    using namespace xinwang::cli;
    std::signal(
        SIGPIPE,
        SIG_IGN);  // a node that closes early has said why; a reader that closes early is no error of ours
    // Some verbs hold secrets: none of them may end in a core dump.
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    const Surroundings around{[](const char* name) -> const char* { return std::getenv(name); }, isatty(1) == 1,
                              isatty(2) == 1, isatty(0) == 1 ? &std::cin : nullptr};
    const int exit = run({argv + 1, argv + argc}, around, std::cout, std::cerr);
    return std::cout.flush() ? exit : static_cast<int>(Exit::other);
} catch (const std::exception& error) {
    std::cerr << "xinwang: " << error.what() << '\n';
    return static_cast<int>(xinwang::cli::Exit::fatal);
}
