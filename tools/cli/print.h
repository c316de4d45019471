// Prints a document to stdout, as the node wrote it or as a table: the end of nearly every verb.
#pragma once

#include "tools/cli/show.h"
#include "tools/cli/verbs.h"

namespace xinwang::cli {

inline void print(const Document& document, const Terminal& terminal) {
    if (terminal.output == Output::json || !show(document.json, terminal))
        terminal.out << document.text << '\n';
}

// Prints a document that the command line makes itself.
inline void print(const Json& document, const Terminal& terminal) {
    print(Document{document.dump(-1, ' ', false, Json::error_handler_t::replace), document}, terminal);
}

}  // namespace xinwang::cli
