#include "node/edge/passphrase.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

namespace xinwang {
namespace {

constexpr const char* credential_name = "xinwang-passphrase";

// Also as editors of other systems end a line.
void drop_newline(Bytes& bytes) {
    if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
    if (!bytes.empty() && bytes.back() == '\r') bytes.pop_back();
}

// The controlling terminal with its echo off, for as long as this lives.
class QuietTerminal {
  public:
    QuietTerminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
        if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        usable_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
    }
    ~QuietTerminal() {
        if (usable_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
        if (fd_ >= 0) ::close(fd_);
    }
    QuietTerminal(const QuietTerminal&) = delete;
    QuietTerminal& operator=(const QuietTerminal&) = delete;
    bool usable() const { return usable_; }

    SecretText ask(const std::string& prompt) const {
        tell(prompt);
        Bytes line(passphrase_bytes_max);
        const ssize_t n = ::read(fd_, line.data(), line.size());
        line.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        drop_newline(line);
        tell("\n");
        return SecretText(std::move(line));
    }

  private:
    void tell(const std::string& text) const { (void)!::write(fd_, text.data(), text.size()); }
    int fd_;
    termios before_{};
    bool usable_ = false;
};

const char* environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != 0 ? value : nullptr;
}

}  // namespace

Result<SecretText> long_enough(SecretText passphrase) {
    const std::size_t bytes = passphrase.view().size();
    if (bytes < passphrase_bytes_min)
        return refuse(Code::passphrase_short, "passphrase", std::to_string(bytes),
                      std::to_string(passphrase_bytes_min));
    return Result<SecretText>(std::move(passphrase));
}

Result<SecretText> read_secret(const Path& path, std::size_t bytes_max, SecretKind kind) {
    struct stat about {};
    if (kind == SecretKind::file && ::stat(path.c_str(), &about) == 0 && (about.st_mode & 077) != 0)
        return refuse(Code::secret_file_lax, path.string(), fmt::format("{:04o}", about.st_mode & 07777),
                      "0600");
    XW_TRY(bytes, read_file(path, bytes_max));
    return SecretText(std::move(bytes));
}

Result<SecretText> read_passphrase(const Path& path, SecretKind kind) {
    XW_TRY(secret, read_secret(path, passphrase_bytes_max, kind));
    Bytes bytes = to_bytes(secret.view());
    drop_newline(bytes);
    SecretText passphrase(std::move(bytes));
    if (passphrase.view().empty()) return refuse(Code::passphrase_file_empty, path.string());
    return Result<SecretText>(std::move(passphrase));
}

std::optional<SecretText> type_passphrase(const std::string& prompt) {
    const QuietTerminal terminal;
    if (!terminal.usable()) return std::nullopt;
    return terminal.ask(prompt);
}

std::optional<Result<SecretText>> type_new_passphrase(const std::string& prompt) {
    const QuietTerminal terminal;
    if (!terminal.usable()) return std::nullopt;
    SecretText first = terminal.ask(prompt);
    if (!equal(first.view(), terminal.ask("再输入一次 once more: ").view()))
        return refuse(Code::passphrase_differs, "passphrase");
    return Result<SecretText>(std::move(first));
}

Result<SecretText> ask_passphrase(const Path& sealed) {
    if (const char* file = environment("XINWANG_PASSPHRASE_FILE"))
        return read_passphrase(file, SecretKind::file);
    if (const char* directory = environment("CREDENTIALS_DIRECTORY")) {
        const Path file = Path(directory) / credential_name;
        std::error_code none;
        if (std::filesystem::exists(file, none)) return read_passphrase(file, SecretKind::credential);
    }
    auto typed = type_passphrase(fmt::format("口令 passphrase ({}): ", sealed.string()));
    if (!typed) return refuse(Code::passphrase_missing, sealed.string());
    return std::move(*typed);
}

Result<SecretText> new_passphrase(const Path& file) {
    if (!file.empty()) {
        auto read = read_passphrase(file, SecretKind::file);
        return read ? long_enough(std::move(*read)) : std::move(read);
    }
    auto typed = type_new_passphrase("新口令 new passphrase: ");
    if (!typed) return refuse(Code::passphrase_missing, "keys/sealed");
    return *typed ? long_enough(std::move(**typed)) : std::move(*typed);
}

}  // namespace xinwang
