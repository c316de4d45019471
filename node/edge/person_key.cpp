#include "node/edge/person_key.h"

#include <fmt/format.h>

#include <map>

#include "protocol/key_box.h"

namespace xinwang {
namespace {

constexpr std::size_t key_file_bytes_max = 4096;
constexpr std::string_view first_line = "xinwang-key/1";
constexpr const char* seed_name = "seed";

const char* role_name(KeyRole role) {
    return role == KeyRole::root ? "root" : "operator";
}

tl::unexpected<Refusal> bad(const Path& file, std::string_view line, std::string_view wanted) {
    return refuse(Code::bad_person_key, file.string(), line, wanted);
}

// "word rest of the line", each word once.
Result<std::map<std::string, std::string>> read_lines(const Path& file) {
    XW_TRY(bytes, read_file(file, key_file_bytes_max));
    std::map<std::string, std::string> lines;
    std::string_view rest = text(bytes);
    // What `keys/root` was before cities had several root keys: 64 digits and nothing else.
    if (const auto seed = from_hex(rest.substr(0, rest.find_last_not_of("\r\n") + 1));
        seed && seed->size() == 32) {
        XW_TRY(key, SigningKey::from_seed(*seed));
        return std::map<std::string, std::string>{
            {"role", "root"}, {"public", key.public_key().hex()}, {"secret", hex(*seed)}};
    }
    bool first = true;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (first && line != first_line) return bad(file, "", first_line);
        if (!first && !line.empty()) {
            const auto space = std::min(line.find(' '), line.size());
            lines[std::string(line.substr(0, space))] =
                std::string(line.substr(std::min(space + 1, line.size())));
        }
        first = false;
    }
    return lines;
}

Result<Bytes> lock(View seed, View passphrase) {
    XW_TRY(box, KeyBox::create(passphrase));
    NamedSecrets secrets;
    secrets.emplace(seed_name, keep_secret(seed));
    return box.seal(secrets);
}

// Refuses passphrase_wrong, and a box that is no person's as sealed_keys_damaged.
Result<SigningKey> unlock(View locked, View passphrase) {
    XW_TRY(box, KeyBox::of(passphrase, locked));
    XW_TRY(secrets, box.open(locked));
    const auto seed = secrets.find(seed_name);
    if (seed == secrets.end()) return refuse(Code::sealed_keys_damaged, seed_name, "", "a seed");
    return SigningKey::from_seed({seed->second.get(), named_secret_bytes});
}

}  // namespace

Result<void> check_key_folder(const Path& file) {
    std::error_code none;
    if (!file.has_parent_path() || std::filesystem::is_directory(file.parent_path(), none)) return {};
    return refuse(Code::key_folder_missing, file.string(), file.parent_path().string());
}

Result<PersonKey> make_person_key(const Path& file, KeyRole role, const std::string& name, View passphrase) {
    if (std::filesystem::exists(file)) {
        auto held = read_person_key(file, role, passphrase);
        if (held && held->name == name) return held;
        return refuse(Code::file_exists, file.string());
    }
    PersonKey made{role, name, SigningKey::generate()};
    std::string secret = "secret " + hex(made.key.seed());
    if (!passphrase.empty()) {
        XW_TRY(locked, lock(made.key.seed(), passphrase));
        secret = "locked " + base64url(locked);
    }
    const std::string content = fmt::format("{}\nrole {}\nname {}\npublic {}\n{}\n", first_line,
                                            role_name(role), name, made.key.public_key().hex(), secret);
    XW_TRY_VOID(check_key_folder(file));
    XW_TRY_VOID(write_file_atomic(file, view(content), FileMode::secret));
    return made;
}

Result<bool> is_locked(const Path& file) {
    XW_TRY(lines, read_lines(file));
    return lines.contains("locked");
}

Result<PersonKey> read_person_key(const Path& file, KeyRole role, View passphrase) {
    XW_TRY(lines, read_lines(file));
    if (lines["role"] != role_name(role)) return bad(file, "role " + lines["role"], role_name(role));
    Result<SigningKey> key = bad(file, "secret", "64 hexadecimal digits");
    if (lines.contains("locked")) {
        const auto locked = from_base64url(lines["locked"]);
        if (!locked) return bad(file, "locked", "base64url");
        if (passphrase.empty()) return refuse(Code::person_passphrase_missing, file.string());
        key = unlock(*locked, passphrase);
        if (!key && key.error().code == Code::passphrase_wrong)
            return refuse(Code::person_passphrase_wrong, file.string());
    } else if (const auto seed = from_hex(lines["secret"]); seed && seed->size() == 32) {
        key = SigningKey::from_seed(*seed);
    }
    if (!key) return tl::unexpected(key.error());
    if (lines["public"] != key->public_key().hex()) return bad(file, "public", key->public_key().hex());
    return PersonKey{role, lines["name"], *key};
}

}  // namespace xinwang
