#include "node/core/roster_rows.h"

namespace xinwang {

Result<Roster> read_roster(const Snapshot& kept) {
    XW_TRY(root, kept.get(Table::meta, view("root-key")));
    const auto key = root ? SignPublicKey::from(*root) : std::nullopt;
    if (!key) return refuse(Code::store_corrupt, table_name(Table::meta), "root-key", "missing");
    Roster roster = Roster::create(*key);
    std::vector<Bytes> certificates;
    kept.scan(Table::certificates, {}, [&](View, View value) {
        certificates.push_back(to_bytes(value));
        return true;
    });
    // A certificate needs its issuer first, and the table is ordered by node id: tiers come one after another.
    for (int tiers = 0; tiers < 4 && !certificates.empty(); ++tiers)
        std::erase_if(certificates, [&](const Bytes& c) { return roster.add(c).has_value(); });
    if (!certificates.empty())
        return refuse(Code::store_corrupt, table_name(Table::certificates), std::to_string(certificates.size()),
                      "certificates without an issuer");
    return roster;
}

}  // namespace xinwang
