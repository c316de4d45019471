#include "node/core/expired.h"

namespace xinwang {

Result<ExpiryStatement> verify_statement(std::string_view note, const Roster& roster) {
    XW_TRY(holder, expiry_holder(note));
    if (roster.find(holder) == nullptr) return refuse(Code::node_unknown, "holder", holder.hex());
    const auto keys = roster.sign_keys(holder);
    return by_one_of(keys, [&](const SignPublicKey& key) { return verify_expiry(note, holder, key); });
}

}  // namespace xinwang
