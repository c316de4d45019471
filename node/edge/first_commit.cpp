#include "node/edge/first_commit.h"

#include "node/core/roster_rows.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"

namespace xinwang {

std::vector<Write> first_writes(const RootId& root, const NodeId& self, const std::vector<Bytes>& statements,
                                const std::vector<Bytes>& certificates) {
    std::vector<Write> writes;
    writes.emplace_back(Put{Table::meta, to_bytes(view("root")), to_bytes(root.view())});
    writes.emplace_back(Put{Table::meta, to_bytes(view("node")), to_bytes(self.view())});
    writes.emplace_back(Put{Table::meta, to_bytes(view("incarnation")), random_bytes(Incarnation::size)});
    for (const Bytes& bytes : statements) {
        const auto statement = parse_statement(bytes);
        XW_CHECK(statement);
        writes.emplace_back(statement_row(*statement));
    }
    for (const Bytes& bytes : certificates) {
        const auto certificate = parse_certificate(bytes);
        XW_CHECK(certificate);
        writes.emplace_back(Put{Table::certificates, to_bytes(certificate->node.view()), bytes});
    }
    return writes;
}

Result<std::unique_ptr<Store>> open_node_store(const Path& dir, const LmdbOptions& options) {
    XW_TRY(kv, open_lmdb_kv(dir / "store", options));
    return Store::open(std::move(kv));
}

Result<void> make_store(const Path& dir, std::span<const Write> writes) {
    LmdbOptions options;
    options.ballast_bytes = 0;
    XW_TRY(store, open_node_store(dir, options));
    return store->commit(writes);
}

NodeDirSummary summary_of(const Certificate& c) {
    const auto parent = c.code.parent();
    return {c.node.hex(), c.code.text(), c.name, tier_name(c.tier), parent ? parent->text() : ""};
}

}  // namespace xinwang
