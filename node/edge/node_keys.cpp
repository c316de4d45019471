#include "node/edge/node_keys.h"

#include <algorithm>
#include <charconv>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr const char* sealed_name = "sealed";
constexpr std::string_view later_open = "open.";
constexpr std::size_t digits = 2 * named_secret_bytes;
constexpr std::size_t sealed_bytes_max = 64u << 10;

std::optional<std::uint32_t> epoch_of(std::string_view name) {
    if (name == "open") return 1;
    if (!name.starts_with(later_open)) return std::nullopt;
    name.remove_prefix(later_open.size());
    std::uint32_t epoch = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), epoch);
    if (error != std::errc() || end != name.data() + name.size() || epoch < 2) return std::nullopt;
    return epoch;
}

bool is_secret_name(const std::string& name) {
    return name == "sign" || name == "sign.next" || name == "transport" || name == "transport.next" ||
           epoch_of(name).has_value();
}

int digit(std::uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// By hand, because a secret's text may not lie about in memory.
Result<GuardedSecret> read_secret_file(const Path& path) {
    XW_TRY(read, read_secret(path, 4096));
    View text = read.view();
    while (!text.empty() && text.back() == '\n') text = text.first(text.size() - 1);
    std::array<std::uint8_t, named_secret_bytes> secret{};
    const WipeOnExit wiped(secret);
    bool good = text.size() == digits;
    for (std::size_t i = 0; good && i < secret.size(); ++i) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        secret[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    if (!good) return refuse(Code::bad_key_file, path.string(), "", "64 hexadecimal digits");
    return keep_secret(View(secret));
}

Result<void> write_secret_file(const Path& path, View secret) {
    constexpr std::string_view alphabet = "0123456789abcdef";
    std::array<std::uint8_t, digits + 1> text{};
    const WipeOnExit wiped(text);
    for (std::size_t i = 0; i < named_secret_bytes; ++i) {
        text[2 * i] = static_cast<std::uint8_t>(alphabet[secret[i] >> 4]);
        text[2 * i + 1] = static_cast<std::uint8_t>(alphabet[secret[i] & 15]);
    }
    text.back() = '\n';
    return write_file_atomic(path, text, FileMode::secret);
}

}  // namespace

// --- the store

Result<KeyStore> KeyStore::open(const Path& keys) {
    KeyStore store(keys);
    const Path sealed = keys / sealed_name;
    if (!std::filesystem::exists(sealed)) {
        XW_TRY_VOID(store.read_files());
        return store;
    }
    XW_TRY(bytes, read_file(sealed, sealed_bytes_max));
    XW_TRY(passphrase, ask_passphrase(sealed));
    XW_TRY(box, KeyBox::of(passphrase.view(), bytes));
    XW_TRY(secrets, box.open(bytes));
    store.box_ = box;
    store.secrets_ = secrets;
    // A change from files to `sealed`, or back, that was cut short.
    XW_TRY_VOID(store.remove_files());
    return store;
}

Result<void> KeyStore::read_files() {
    for (const std::string& name : key_file_names(keys_)) {
        XW_TRY(secret, read_secret_file(keys_ / name));
        secrets_.insert_or_assign(name, secret);
    }
    return {};
}

View KeyStore::find(const std::string& name) const {
    const auto it = secrets_.find(name);
    return it == secrets_.end() ? View() : View(it->second.get(), named_secret_bytes);
}

Result<void> KeyStore::write_file(const std::string& name) const {
    return write_secret_file(keys_ / name, find(name));
}

Result<void> KeyStore::write_sealed() const {
    return write_file_atomic(keys_ / sealed_name, box_->seal(secrets_), FileMode::secret);
}

Result<void> KeyStore::remove_files() const {
    for (const std::string& name : key_file_names(keys_))
        if (name != sealed_name) XW_TRY_VOID(remove_file(keys_ / name).map([](bool) {}));
    return {};
}

Result<void> KeyStore::put(const std::string& name, View secret) {
    XW_CHECK(is_secret_name(name) && secret.size() == named_secret_bytes);
    XW_TRY_VOID(make_dir(keys_));
    secrets_.insert_or_assign(name, keep_secret(secret));
    return box_ ? write_sealed() : write_file(name);
}

Result<void> KeyStore::remove(const std::string& name) {
    if (secrets_.erase(name) == 0) return {};
    if (box_) return write_sealed();
    return remove_file(keys_ / name).map([](bool) {});
}

Result<void> KeyStore::protect(View passphrase, PassphraseCost cost) {
    XW_TRY(box, KeyBox::create(passphrase, cost));
    box_ = box;
    XW_TRY_VOID(write_sealed());
    return remove_files();
}

Result<void> KeyStore::unprotect() {
    for (const auto& [name, secret] : secrets_) XW_TRY_VOID(write_file(name));
    box_.reset();
    return remove_file(keys_ / sealed_name).map([](bool) {});
}

std::vector<std::string> key_file_names(const Path& keys) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator(keys, none))
        if (const std::string name = file.path().filename().string();
            is_secret_name(name) || name == sealed_name)
            names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

// --- a node's keys

namespace {

Result<NodeKeys> keys_of(const KeyStore& store) {
    for (const char* name : {"sign", "transport"})
        if (store.find(name).empty()) return refuse(Code::file_missing, std::string("keys/") + name);
    XW_TRY(sign, SigningKey::from_seed(store.find("sign")));
    std::optional<OpeningKeys> ring;
    for (const auto& [name, secret] : store.all()) {
        const auto epoch = epoch_of(name);
        if (!epoch) continue;
        XW_TRY(key, OpeningKey::from_secret({secret.get(), named_secret_bytes}));
        if (ring)
            ring->add(*epoch, key);
        else
            ring.emplace(key, *epoch);
    }
    if (!ring) return refuse(Code::file_missing, "keys/open");
    const OpeningKeys& open = *ring;
    const auto secret = TransportSecretKey::from(store.find("transport"));
    const TransportKeys transport{transport_public_key(*secret), *secret};
    NodeKeys keys{sign, open, transport, transport, std::nullopt, std::nullopt};
    if (const View next = store.find("sign.next"); !next.empty()) {
        XW_TRY(key, SigningKey::from_seed(next));
        keys.next_sign = key;
    }
    if (const View next = store.find("transport.next"); !next.empty()) {
        XW_TRY(key, OpeningKey::from_secret(next));
        keys.next_transport = key;
    }
    return keys;
}

}  // namespace

std::string opening_key_name(std::uint32_t epoch) {
    return epoch == 1 ? "open" : std::string(later_open) + std::to_string(epoch);
}

Result<NodeKeys> keys_in_force(const KeyStore& store, const Certificate& own) {
    XW_TRY(keys, keys_of(store));
    if (keys.next_sign && keys.next_sign->public_key() == own.sign_key)
        keys.sign = *std::exchange(keys.next_sign, std::nullopt);
    if (keys.sign.public_key() != own.sign_key)
        return refuse(Code::keys_of_another_node, "keys/sign", node_id_of(keys.sign.public_key()).hex(),
                      own.node.hex());
    if (keys.next_transport && equal(keys.next_transport->public_key().view(), own.transport_key.view())) {
        const auto secret = TransportSecretKey::from(keys.next_transport->secret());
        keys.transport = {own.transport_key, *secret};
        keys.next_transport.reset();
    }
    return std::move(keys);
}

Result<NodeKeys> make_node_keys(const Path& keys) {
    XW_TRY(store, KeyStore::open(keys));
    if (store.find("sign").empty()) XW_TRY_VOID(store.put("sign", SigningKey::generate().seed()));
    if (store.find("open").empty()) XW_TRY_VOID(store.put("open", OpeningKey::generate().secret()));
    if (store.find("transport").empty())
        XW_TRY_VOID(store.put("transport", generate_transport_keys().secret_key.view()));
    return keys_of(store);
}

}  // namespace xinwang
