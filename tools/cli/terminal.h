// The outputs of the command line and its reader: data goes to `out`, everything else to `err`, in the
// reader's language. A value made once by main; tests make their own. Exit codes are those of
// tools/README.md.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "protocol/base/refusal.h"

namespace xinwang::cli {

enum class Exit : int {
    ok = 0,
    other = 1,
    usage = 2,
    unreachable = 3,
    not_permitted = 4,
    temporary = 5,
    refused = 6,
    fatal = 7,
    limit = 8,
    nothing_to_do = 9
};

enum class Output { table, json };

struct Terminal {
    std::ostream& out;
    std::ostream& err;
    Language language = Language::english;
    Output output = Output::table;
    bool colour = false;         // on out
    bool progress = false;       // err is a terminal that a person watches
    std::istream* in = nullptr;  // a person's answers; none where nobody can be asked

    const char* say(const char* zh, const char* en) const { return language == Language::chinese ? zh : en; }
};

// The early end of a verb: the line for stderr, and the exit code.
struct Failure {
    Exit exit = Exit::other;
    std::string line;
};
template <class T>
using Outcome = tl::expected<T, Failure>;

// The failure for a refusal that the command line itself made, on this side of the socket.
Failure failure_of(const Refusal& refusal, const Terminal& terminal);
// The same failure, in the form that a verb returns.
inline tl::unexpected<Failure> fail(const Refusal& refusal, const Terminal& terminal) {
    return tl::unexpected(failure_of(refusal, terminal));
}
// The exit code for an HTTP status (the table in API.md).
Exit exit_of_status(int status);

// The language that LC_ALL, LC_MESSAGES or LANG ask for, in this order; an empty one is passed over.
Language language_of(const char* lc_all, const char* lc_messages, const char* lang);

}  // namespace xinwang::cli
