#include "storage/index.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

std::uint64_t keyed_hash(View secret, std::string_view domain, View what) {
    XW_CHECK(secret.size() == index_secret_bytes);
    std::array<std::uint8_t, 16> out;
    blake2b(out, {view(domain), what}, secret);
    const auto hash = ordered_number<std::uint64_t>(out);
    return hash == 0 ? 1 : hash;  // 0 means "none" in an IndexRow
}

}  // namespace

std::uint64_t record_hash(View secret, const RecordId& record) {
    return keyed_hash(secret, "XW-record", record.view());
}

std::uint64_t subject_hash(View secret, std::string_view subject) {
    return keyed_hash(secret, "XW-subject", view(subject));
}

IndexKey index_key(std::uint64_t hash, Locator locator) {
    const Bytes bytes = ordered_key(hash, locator.packed());
    IndexKey key;
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

}  // namespace xinwang
