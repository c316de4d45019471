#include "node/edge/node_keys.h"

namespace xinwang {
namespace {

using Make = Bytes (*)();

Result<Bytes> read_key(const Path& path) {
    XW_TRY(text_bytes, read_file(path, 4096));
    std::string digits(text(text_bytes));
    while (!digits.empty() && digits.back() == '\n') digits.pop_back();
    const auto secret = from_hex(digits);
    if (!secret || secret->size() != 32)
        return refuse(Code::bad_key_file, path.string(), "", "64 hexadecimal digits");
    return *secret;
}

Result<Bytes> make_key(const Path& path, Make make) {
    if (std::filesystem::exists(path)) return read_key(path);
    const Bytes secret = make();
    XW_TRY_VOID(write_file_atomic(path, view(hex(secret) + "\n"), FileMode::secret));
    return secret;
}

Bytes sign_seed() {
    return to_bytes(SigningKey::generate().seed());
}
Bytes open_secret() {
    return to_bytes(OpeningKey::generate().secret());
}
Bytes transport_secret() {
    return to_bytes(generate_transport_keys().secret_key.view());
}

Result<NodeKeys> keys_of(View sign_bytes, View open_bytes, View transport_bytes) {
    XW_TRY(sign, SigningKey::from_seed(sign_bytes));
    XW_TRY(open, OpeningKey::from_secret(open_bytes));
    const auto secret = TransportSecretKey::from(transport_bytes);
    return NodeKeys{sign, open, {transport_public_key(*secret), *secret}};
}

}  // namespace

Result<NodeKeys> make_node_keys(const Path& keys) {
    XW_TRY_VOID(make_dir(keys));
    XW_TRY(sign, make_key(keys / "sign", sign_seed));
    XW_TRY(open, make_key(keys / "open", open_secret));
    XW_TRY(transport, make_key(keys / "transport", transport_secret));
    return keys_of(sign, open, transport);
}

Result<NodeKeys> read_node_keys(const Path& keys) {
    XW_TRY(sign, read_key(keys / "sign"));
    XW_TRY(open, read_key(keys / "open"));
    XW_TRY(transport, read_key(keys / "transport"));
    return keys_of(sign, open, transport);
}

Result<SigningKey> make_signing_key(const Path& file) {
    XW_TRY(seed, make_key(file, sign_seed));
    return SigningKey::from_seed(seed);
}

}  // namespace xinwang
