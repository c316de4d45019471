// The passphrase of sealed keys is read from the first of these: the file that XINWANG_PASSPHRASE_FILE names,
// the systemd credential xinwang-passphrase, the terminal. One trailing newline does not count.
#pragma once

#include "node/edge/files.h"
#include "protocol/guarded.h"

namespace xinwang {

inline constexpr std::size_t passphrase_bytes_max = 4096;
inline constexpr std::size_t passphrase_bytes_min = 12;  // of a new one

// Bytes that are wiped on destruction. Movable only: a copy would be one more to wipe.
class SecretText {
  public:
    explicit SecretText(Bytes bytes) : bytes_(std::move(bytes)) {}
    ~SecretText() { wipe(bytes_); }
    SecretText(SecretText&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
    SecretText& operator=(SecretText&&) = delete;
    View view() const { return bytes_; }

  private:
    Bytes bytes_;
};

// Reads a file that only its owner may read, or a systemd credential, whose access systemd guards. Refuses as
// read_file() does, and secret_file_lax.
enum class SecretKind : std::uint8_t { file, credential };
Result<SecretText> read_secret(const Path& path, std::size_t bytes_max, SecretKind kind = SecretKind::file);

// The bytes of such a file without the newline at its end. Refuses as read_secret() does, and
// passphrase_file_empty.
Result<SecretText> read_passphrase(const Path& path, SecretKind kind = SecretKind::file);
// Takes a passphrase at the controlling terminal, which does not show it; nothing when there is no terminal.
std::optional<SecretText> type_passphrase(const std::string& prompt);
// Takes a new passphrase, typed twice. Refuses passphrase_differs.
std::optional<Result<SecretText>> type_new_passphrase(const std::string& prompt);

// Checks the length of a new passphrase, for a node or a person. Refuses passphrase_short.
Result<SecretText> long_enough(SecretText passphrase);

// The passphrase of the sealed keys; the prompt names the file `sealed`. Refuses passphrase_missing, and as
// read_secret() does.
Result<SecretText> ask_passphrase(const Path& sealed);
// A new passphrase for sealing: from `file`, or typed twice at the terminal. Also refuses passphrase_short.
Result<SecretText> new_passphrase(const Path& file);

}  // namespace xinwang
