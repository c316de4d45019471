#include "node/core/roster_rows.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr std::uint8_t rekey_mark = 'k', revocation_mark = 'r', earlier_mark = 't', unplaced_mark = 'w',
                       move_mark = 'm';

bool has_mark(View key, std::uint8_t mark) {
    return key.size() > NodeId::size && key[NodeId::size] == mark;
}

Bytes marked(View key, std::uint8_t mark) {
    Bytes out = to_bytes(key);
    out.push_back(mark);
    return out;
}

Bytes numbered(const NodeId& node, std::uint8_t mark, std::uint64_t serial) {
    Bytes key = marked(node.view(), mark);
    for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<std::uint8_t>(serial >> shift));
    return key;
}

// What a rekey's body holds behind its certificate.
Result<RenewalRequest> request_of(View rekey) {
    Reader in(rekey, "rekey");
    (void)in.bytes16();
    const View request = in.bytes16();
    XW_TRY_VOID(in.finish());
    return parse_renewal(request);
}

// A store of before there were statements has a root key in place of the roots' id.
Result<Roster> believing(const Snapshot& kept) {
    XW_TRY(pinned, kept.get(Table::meta, view("root")));
    if (const auto id = pinned ? RootId::from(*pinned) : std::nullopt) return Roster::create(*id);
    XW_TRY(root, kept.get(Table::meta, view("root-key")));
    const auto key = root ? SignPublicKey::from(*root) : std::nullopt;
    if (!key) return refuse(Code::store_corrupt, table_name(Table::meta), "root", "missing");
    return Roster::create(*key);
}

Result<Roster> with_statements(const Snapshot& kept) {
    XW_TRY(roster, believing(kept));
    Result<void> taken;
    kept.scan(Table::statements, {}, [&](View, View value) {
        if (const auto change = roster.adopt(value); !change) taken = tl::unexpected(change.error());
        return taken.has_value();
    });
    if (!taken) return refuse(Code::store_corrupt, table_name(Table::statements), taken.error().number());
    return std::move(roster);
}

}  // namespace

Put statement_row(const DirectoryStatement& statement) {
    Bytes key(8);
    for (int i = 0; i < 8; ++i) key[i] = static_cast<std::uint8_t>(statement.number >> (56 - 8 * i));
    return {Table::statements, std::move(key), encode(statement)};
}

Bytes rekey_row_key(View body) {
    const auto request = request_of(body);
    XW_CHECK(request);
    return numbered(request->node, rekey_mark, request->serial);
}

Bytes move_row_key(View statement) {
    const auto m = parse_move(statement);
    XW_CHECK(m);
    const auto c = parse_certificate(m->certificate);
    XW_CHECK(c);
    // Two movers may say two of one serial.
    Bytes key = numbered(c->node, move_mark, c->serial);
    append(key, hash<NodeId>("XW-move-row", {statement}).view());
    return key;
}

std::vector<Bytes> read_rekeys(const Snapshot& kept, const Roster& roster, const NodeId& node) {
    std::vector<Bytes> bodies;
    // Those that a move has brought come first; the rows are in the order of their serials.
    for (const Move& m : roster.moves(node))
        for (const Bytes& body : m.rekeys)
            if (std::find(bodies.begin(), bodies.end(), body) == bodies.end()) bodies.push_back(body);
    kept.scan(Table::certificates, marked(node.view(), rekey_mark), [&](View, View value) {
        Bytes body = to_bytes(value);
        if (std::find(bodies.begin(), bodies.end(), body) == bodies.end()) bodies.push_back(std::move(body));
        return true;
    });
    return bodies;
}

Bytes revocation_row_key(const NodeId& node) {
    return marked(node.view(), revocation_mark);
}

Bytes earlier_transport_row_key(const NodeId& node) {
    return marked(node.view(), earlier_mark);
}

Bytes unplaced_row_key(const Entry& entry) {
    return marked(hash<NodeId>("XW-unplaced", {entry.body}).view(), unplaced_mark);
}

Bytes encode_unplaced(const Entry& entry) {
    Bytes out{static_cast<std::uint8_t>(entry.kind)};
    append(out, entry.body);
    return out;
}

std::map<Bytes, Entry> read_unplaced(const Snapshot& kept) {
    std::map<Bytes, Entry> waiting;
    kept.scan(Table::certificates, {}, [&](View key, View value) {
        if (!has_mark(key, unplaced_mark) || value.empty()) return true;
        Entry entry;
        entry.kind = EntryKind{value.front()};
        entry.body = to_bytes(value.subspan(1));
        waiting.emplace(to_bytes(key), std::move(entry));
        return true;
    });
    return waiting;
}

Result<Roster> read_roster(const Snapshot& kept) {
    XW_TRY(roster, with_statements(kept));
    std::vector<Certificate> certificates;
    std::vector<RenewalRequest> rekeys;
    std::vector<Revocation> revocations;
    std::vector<Move> moves;
    std::vector<std::pair<NodeId, TransportPublicKey>> earlier;
    Result<void> read;
    const auto take = [&](auto parsed, auto& into) {
        if (parsed)
            into.push_back(std::move(*parsed));
        else if (read)
            read = tl::unexpected(parsed.error());
    };
    kept.scan(Table::certificates, {}, [&](View row, View value) {
        if (row.size() == NodeId::size) take(parse_certificate(value), certificates);
        if (has_mark(row, rekey_mark)) take(request_of(value), rekeys);
        if (has_mark(row, move_mark)) take(parse_move(value), moves);
        if (has_mark(row, revocation_mark)) take(parse_revocation(value), revocations);
        if (has_mark(row, earlier_mark))
            if (const auto earlier_key = TransportPublicKey::from(value))
                earlier.emplace_back(*NodeId::from(row.first(NodeId::size)), *earlier_key);
        return true;
    });
    if (!read) return refuse(Code::store_corrupt, table_name(Table::certificates), read.error().number());
    // Of two nodes of one code the one that was revoked comes first, and gives way.
    const auto is_revoked = [&](const Certificate& c) {
        return std::any_of(revocations.begin(), revocations.end(),
                           [&](const Revocation& r) { return r.node == c.node; });
    };
    std::stable_partition(certificates.begin(), certificates.end(), is_revoked);
    for (Certificate& c : certificates) roster.put_back(std::move(c));
    for (Move& m : moves) {
        if (roster.find(m.mover) == nullptr)
            return refuse(Code::store_corrupt, table_name(Table::certificates), m.mover.hex(), "no mover");
        roster.put_back(std::move(m));
    }
    for (const RenewalRequest& rekey : rekeys) roster.put_back(rekey);
    for (const auto& [node, transport] : earlier) roster.keep_earlier(node, transport);
    for (Revocation& r : revocations) roster.put_back(std::move(r));
    for (const Certificate* c : roster.all())
        if (!c->parent.is_zero() && roster.find(c->parent) == nullptr)
            return refuse(Code::store_corrupt, table_name(Table::certificates), c->code.text(), "no issuer");
    return std::move(roster);
}

}  // namespace xinwang
