#include "tools/cli/passphrase.h"

namespace xinwang::cli {

namespace {

Result<SecretText> given_or_typed(const std::string& file, const Arguments& arguments, const Terminal& terminal,
                                  Ask ask) {
    if (!arguments.passphrase_file.empty()) return read_passphrase(arguments.passphrase_file);
    if (!arguments.passphrase.empty() || !terminal.progress)
        return SecretText(to_bytes(view(arguments.passphrase)));
    const std::string prompt = terminal.say("口令（", "passphrase of ") + file + terminal.say("）：", ": ");
    if (ask == Ask::twice) {
        if (auto typed = type_new_passphrase(prompt)) return std::move(*typed);
    } else if (auto typed = type_passphrase(prompt)) {
        return std::move(*typed);
    }
    return SecretText({});
}

}  // namespace

Result<SecretText> passphrase_for(const std::string& file, const Arguments& arguments, const Terminal& terminal,
                                  Ask ask) {
    auto got = given_or_typed(file, arguments, terminal, ask);
    if (!got || ask == Ask::once || got->view().empty()) return got;
    return long_enough(std::move(*got));
}

}  // namespace xinwang::cli
