#include "tools/cli/passphrase.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "node/edge/files.h"

namespace xinwang::cli {
namespace {

constexpr std::size_t passphrase_bytes_max = 1024;

std::string first_line(std::string text) {
    return text.substr(0, text.find_first_of("\r\n"));
}

// Nothing is shown of what is typed, however this ends.
class Silence {
  public:
    Silence() {
        tcgetattr(STDIN_FILENO, &before_);
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~Silence() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

  private:
    termios before_{};
};

std::string typed(const std::string& prompt, const Terminal& terminal) {
    terminal.err << prompt << std::flush;
    std::string line;
    {
        const Silence silence;
        std::getline(std::cin, line);
    }
    terminal.err << '\n';
    return line;
}

}  // namespace

Result<std::string> passphrase_for(const std::string& file, const Arguments& arguments,
                                   const Terminal& terminal, Ask ask) {
    if (!arguments.passphrase_file.empty()) {
        XW_TRY(bytes, read_file(arguments.passphrase_file, passphrase_bytes_max));
        return first_line(std::string(text(bytes)));
    }
    if (!arguments.passphrase.empty()) return arguments.passphrase;
    if (!terminal.progress || isatty(STDIN_FILENO) == 0) return std::string();
    const std::string once =
        typed(terminal.say("口令（", "passphrase of ") + file + terminal.say("）：", ": "), terminal);
    if (ask == Ask::twice && typed(terminal.say("再输入一次：", "the same again: "), terminal) != once)
        return refuse(Code::person_passphrase_wrong, file);
    return once;
}

}  // namespace xinwang::cli
