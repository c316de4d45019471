#include "topology/receipt_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "protocol/base/check.h"
#include "topology/move.h"

namespace xinwang {
namespace {

std::string statement_name(std::uint64_t number) {
    return fmt::format("chain/statement-{}", number);
}
std::string certificate_name(DivisionCode code) {
    return fmt::format("chain/{}.certificate", code.text());
}
std::string rekey_name(DivisionCode code, std::size_t number) {
    return fmt::format("chain/{}.rekey-{}", code.text(), number);
}
std::string move_name(DivisionCode code) {
    return fmt::format("chain/{}.move", code.text());
}

bool is_one_of(std::span<const SignPublicKey> keys, const SignPublicKey& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// The newest, and the ids of all root sets on the way to it.
Result<DirectoryStatement> verify_statements(const ReceiptFiles& files, std::vector<RootId>& roots) {
    std::optional<DirectoryStatement> newest;
    for (std::uint64_t number = 1; number == 1 || files.contains(statement_name(number)); ++number) {
        const std::string name = statement_name(number);
        XW_TRY(bytes, file_of(files, name));
        auto next = parse_statement(bytes);
        if (!next) return in_file(name, next.error());
        Result<void> follows;
        if (newest)
            follows = check_follows(*newest, *next);
        else if (next->number != 1)
            follows = refuse(Code::directory_skips, "number", std::to_string(next->number), "1");
        else
            follows = check_signatures(*next, next->roots);
        if (!follows) return in_file(name, follows.error());
        newest = std::move(*next);
        roots.push_back(root_id_of(newest->roots));
    }
    return std::move(*newest);
}

// The keys before the present one, from its own words: each rekey was signed by the key before and the key
// after.
Result<std::vector<SignPublicKey>> keys_of(const ReceiptFiles& files, const Certificate& c) {
    std::vector<SignPublicKey> keys{c.sign_key};
    std::size_t count = 0;
    while (files.contains(rekey_name(c.code, count + 1))) ++count;
    for (std::size_t n = count; n > 0; --n) {
        const std::string name = rekey_name(c.code, n);
        XW_TRY(bytes, file_of(files, name));
        auto rekey = parse_rekey(bytes);
        if (!rekey) return in_file(name, rekey.error());
        if (auto verified = verify_renewal(rekey->request, rekey->certificate.parent); !verified)
            return in_file(name, verified.error());
        if (rekey->request.node != c.node || !is_one_of(keys, rekey->request.sign_key))
            return in_file(name, Refusal(Code::receipt_chain_broken, "sign key", rekey->request.sign_key.hex(),
                                         c.code.text()));
        keys.insert(keys.begin(), rekey->request.in_force);
    }
    return keys;
}

// By its parent, or until that has certified it by whoever moved it there: one of those above.
Result<void> verify_link(const ReceiptFiles& files, const Certificate& c, View bytes,
                         std::span<const ProvenNode> above) {
    const ProvenNode& parent = above.back();
    if (c.parent != parent.certificate.node || c.code.parent() != parent.certificate.code)
        return refuse(Code::not_issuers_code, "parent", c.code.text(), parent.certificate.code.text());
    const auto by = [&](std::span<const SignPublicKey> keys) {
        return by_one_of(keys, [&](const SignPublicKey& key) { return verify_certificate(c, bytes, key); });
    };
    const auto moved = files.find(move_name(c.code));
    if (moved == files.end()) return by(parent.keys);
    XW_TRY(move, parse_move(moved->second));
    for (const ProvenNode& mover : above) {
        if (mover.certificate.node != move.mover) continue;
        const bool spoken = std::any_of(mover.keys.begin(), mover.keys.end(), [&](const SignPublicKey& key) {
            return verify_move(move, moved->second, key);
        });
        if (spoken && equal(move.certificate, bytes)) return by(mover.keys);
    }
    return refuse(Code::receipt_chain_broken, "mover", move.mover.hex(), c.code.text());
}

// A name that belongs to no node on the way, or a gap in the numbers, is nobody's file.
Result<void> verify_names(const ReceiptFiles& files, const std::vector<DivisionCode>& codes) {
    std::set<std::string> known;
    for (std::uint64_t number = 1; files.contains(statement_name(number)); ++number)
        known.insert(statement_name(number));
    for (const DivisionCode code : codes) {
        known.insert({certificate_name(code), move_name(code)});
        for (std::size_t n = 1; files.contains(rekey_name(code, n)); ++n) known.insert(rekey_name(code, n));
    }
    for (auto it = files.lower_bound("chain/"); it != files.end() && it->first.starts_with("chain/"); ++it)
        if (!known.contains(it->first)) return refuse(Code::receipt_file_strange, it->first);
    return {};
}

}  // namespace

tl::unexpected<Refusal> in_file(std::string_view file, const Refusal& refusal) {
    return refuse(refusal.code,
                  refusal.field.empty() ? std::string(file) : fmt::format("{}: {}", file, refusal.field),
                  refusal.value, refusal.limit);
}

Result<View> file_of(const ReceiptFiles& files, std::string_view name) {
    const auto it = files.find(name);
    if (it == files.end()) return refuse(Code::receipt_file_missing, name);
    return View(it->second);
}

void write_chain(ReceiptFiles& files, const std::vector<Bytes>& statements,
                 const std::vector<ChainLink>& links) {
    for (std::size_t i = 0; i < statements.size(); ++i) files[statement_name(i + 1)] = statements[i];
    for (const ChainLink& link : links) {
        const auto c = parse_certificate(link.certificate);
        XW_CHECK(c);
        files[certificate_name(c->code)] = link.certificate;
        for (std::size_t i = 0; i < link.rekeys.size(); ++i) files[rekey_name(c->code, i + 1)] = link.rekeys[i];
        if (link.move) files[move_name(c->code)] = *link.move;
    }
}

bool ProvenChain::goes_by(const RootId& root) const {
    return std::find(roots.begin(), roots.end(), root) != roots.end();
}

Result<ProvenChain> verify_chain(const ReceiptFiles& files, const RootId& root, DivisionCode origin) {
    ProvenChain chain;
    XW_TRY(newest, verify_statements(files, chain.roots));
    if (!chain.goes_by(root))
        return refuse(Code::receipt_other_root, statement_name(newest.number), chain.roots.back().hex(),
                      root.hex());
    XW_TRY(city, parse_certificate(newest.city));
    std::vector<DivisionCode> codes{origin};
    while (const auto parent = codes.back().parent()) codes.push_back(*parent);
    std::reverse(codes.begin(), codes.end());
    std::vector<ProvenNode>& proven = chain.nodes;
    for (const DivisionCode code : codes) {
        const std::string name = certificate_name(code);
        XW_TRY(bytes, file_of(files, name));
        const auto c = parse_certificate(bytes);
        if (!c) return in_file(name, c.error());
        Result<void> holds;
        if (c->code != code)
            holds = refuse(Code::receipt_chain_broken, "code", c->code.text(), code.text());
        else if (!proven.empty())
            holds = verify_link(files, *c, bytes, proven);
        else if (c->node != city.node || c->code != city.code)
            holds = refuse(Code::receipt_chain_broken, "city", c->node.hex(), city.node.hex());
        else
            holds = verify_certificate(*c, bytes, city.sign_key);
        if (!holds) return in_file(name, holds.error());
        XW_TRY(keys, keys_of(files, *c));
        proven.push_back({*c, keys});
    }
    XW_TRY_VOID(verify_names(files, codes));
    std::reverse(proven.begin(), proven.end());
    return chain;
}

}  // namespace xinwang
