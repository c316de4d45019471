#include "tools/cli/terminal.h"

#include "node/api/answer.h"

namespace xinwang::cli {

Exit exit_of_status(int status) {
    switch (status) {
        case 400:
        case 405:
            return Exit::usage;
        case 403:
            return Exit::not_permitted;
        case 408:
        case 503:
            return Exit::temporary;
        case 413:
        case 431:
            return Exit::limit;
        case 500:
            return Exit::fatal;
        default:
            return status < 400 ? Exit::ok : status < 500 ? Exit::refused : Exit::other;
    }
}

namespace {

Exit exit_of(Code code) {
    if (code == Code::bad_usage) return Exit::usage;
    if (code == Code::node_unreachable) return Exit::unreachable;
    if (code == Code::wait_ended) return Exit::temporary;
    if (code == Code::bad_answer || code == Code::cannot_write_file) return Exit::other;
    return exit_of_status(http_status(code));
}

}  // namespace

Failure failure_of(const Refusal& refusal, const Terminal& terminal) {
    return {exit_of(refusal.code), refusal.line(terminal.language)};
}

Language language_of(const char* lc_all, const char* lc_messages, const char* lang) {
    for (const char* name : {lc_all, lc_messages, lang})
        if (name != nullptr && *name != 0)
            return std::string_view(name).starts_with("zh") ? Language::chinese : Language::english;
    return Language::english;
}

}  // namespace xinwang::cli
