#include "storage/index.h"

#include "protocol/base/check.h"

namespace xinwang {
namespace {

SipKey derive(View secret, std::string_view domain) {
    SipKey key;
    blake2b(key.bytes, {view(domain)}, secret);
    return key;
}

}  // namespace

IndexHasher::IndexHasher(View secret) {
    XW_CHECK(secret.size() == index_secret_bytes);
    record_ = derive(secret, "XW-record");
    subject_ = derive(secret, "XW-subject");
    catalogue_ = derive(secret, "XW-catalogue");
}

std::uint64_t IndexHasher::record(const RecordId& record) const {
    return std::max<std::uint64_t>(siphash(record_, record.view()), 1);
}

std::uint64_t IndexHasher::subject(std::string_view subject) const {
    return std::max<std::uint64_t>(siphash(subject_, view(subject)), 1);
}

std::uint32_t IndexHasher::catalogue(std::string_view id) const {
    return std::max<std::uint32_t>(static_cast<std::uint32_t>(siphash(catalogue_, view(id)) >> 33), 1);
}

}  // namespace xinwang
