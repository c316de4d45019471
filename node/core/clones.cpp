#include "node/core/clones.h"

#include <algorithm>

#include "protocol/base/codec.h"
#include "protocol/base/hash.h"
#include "topology/division_code.h"

namespace xinwang {
namespace {

constexpr std::uint8_t version = 1;

}  // namespace

// Unlike every number that Ping uses by itself, which are moments, and unlike another life's of this parent.
std::uint64_t CloneWatch::ask(const NodeId& peer, std::uint64_t older, std::uint64_t newer,
                              std::uint64_t seed) {
    Writer text;
    text.u64(seed);
    text.u64(++asked_);
    const auto drawn = hash<Hash256>("XW-sign-of-life", {text.bytes()});
    Reader in(drawn.view(), "number");
    const std::uint64_t nonce = in.u64();
    open_[peer] = {nonce, {older, newer}, {}};
    return nonce;
}

CloneWatch::Answer CloneWatch::answered(std::uint64_t connection, std::uint64_t nonce) {
    for (auto it = open_.begin(); it != open_.end(); ++it) {
        auto& [peer, question] = *it;
        if (question.nonce != nonce) continue;
        for (std::size_t i = 0; i < question.connections.size(); ++i)
            if (question.connections[i] == connection) question.alive[i] = true;
        Answer answer{true, std::nullopt};
        if (std::all_of(question.alive.begin(), question.alive.end(), [](bool alive) { return alive; })) {
            answer.two = peer;
            open_.erase(it);
        }
        return answer;
    }
    return {};
}

Bytes encode(const Freeze& f) {
    Writer out;
    out.u8(version);
    out.u8(static_cast<std::uint8_t>(f.what));
    out.block(f.node);
    out.block(f.by);
    out.i64(f.at.ms);
    f.log.write(out);
    out.bytes16(f.first);
    out.bytes16(f.second);
    out.text16(f.reason);
    return out.take();
}

Result<Freeze> parse_freeze(View body) {
    Reader in(body, "evidence");
    if (const std::uint8_t its = in.u8(); in.good() && its != version)
        return refuse(Code::bad_number, "evidence", std::to_string(its), std::to_string(version));
    Freeze f;
    const std::uint8_t what = in.u8();
    if (in.good() && (what < 1 || what > 3))
        return refuse(Code::bad_number, "evidence", std::to_string(what), "1..3");
    f.what = static_cast<Freeze::What>(what);
    f.node = in.block<NodeId>();
    f.by = in.block<NodeId>();
    f.at = {in.i64()};
    XW_TRY(log, LogId::read(in));
    f.log = log;
    f.first = to_bytes(in.bytes16());
    f.second = to_bytes(in.bytes16());
    f.reason = in.text16();
    XW_TRY_VOID(in.finish());
    if (std::max(f.first.size(), f.second.size()) > freeze_proof_bytes_max)
        return refuse(Code::too_large, "evidence", std::to_string(std::max(f.first.size(), f.second.size())),
                      std::to_string(freeze_proof_bytes_max));
    if (!f.reason.empty()) XW_TRY_VOID(check_name(f.reason, "reason"));
    return f;
}

}  // namespace xinwang
