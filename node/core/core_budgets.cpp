// Core, hostile neighbours: what one of them may name, begin, say and get wrong; who goes over is told why and
// stays outside for a while. WIRE.md section 7.7, peer_limits.h.
#include <algorithm>

#include "node/core/core.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// Nobody's id: findings about those who are not enrolled are put down to it.
NodeId strangers() {
    NodeId id;
    id.bytes.fill(0xff);
    return id;
}

// A Ping that is no moment (another program counts them) says nothing of a clock.
constexpr std::int64_t moment_least_ms = 1'000'000'000, moment_most_ms = 7'258'118'400'000;

}  // namespace

std::string Core::per_second(Duration every) {
    constexpr std::int64_t second = 1000;
    return std::to_string(std::max<std::int64_t>(1, second / every.count()));
}

Core::Hearing::Hearing(Core& core, const Arrival& arrival) : core_(core) {
    const Certificate* who = arrival.side == Side::child ? core.roster_.by_transport_key(arrival.key) : nullptr;
    core.heard_ = arrival.side == Side::parent ? core.uplink() : who != nullptr ? who->node : strangers();
}

// --- cutting

std::optional<Refusal> Core::overspent(Instant now, const Arrival& arrival, std::uint64_t messages) {
    const Certificate* who = arrival.side == Side::child ? roster_.find(heard_) : nullptr;
    if (who == nullptr || budgets_[who->node].messages.take(now, messages)) return std::nullopt;
    return Refusal(Code::speaks_too_often, who->code.text(), std::to_string(limits::messages_at_once),
                   per_second(limits::message_returns));
}

// A parent that goes over loses its session and nothing else: there is no other way up.
void Core::cut(Instant now, const NodeId& peer, ConnectionId connection, const Refusal& why) {
    const Session* session = session_of(peer);
    const bool is_parent = session != nullptr && session->parent;
    const bool again = outside(now, peer) != nullptr;  // what it had said before it was told
    if (!again) find(now, why, std::nullopt, peer);
    if (is_parent) return parent_connection_lost(now);
    if (!again) budgets_[peer].put_outside(now, why);
    sends_.push_back({Side::child, connection, encode(Refused{{}, Refused::no_seq, why})});
    cut_.push_back(connection);
    if (session != nullptr) drop_session(session->number);
    admission_changed_ = true;
}

void Core::end_cuts(Instant now) {
    for (auto& [peer, budget] : budgets_) {
        if (!budget.cut || budget.cut->until > now || budget.cut->since == budget.cut->until) continue;
        budget.cut->since = budget.cut->until;  // told once
        admission_changed_ = true;
    }
}

const PeerBudget::Cut* Core::outside(Instant now, const NodeId& node) const {
    const auto it = budgets_.find(node);
    return it != budgets_.end() && it->second.is_outside(now) ? &*it->second.cut : nullptr;
}

std::optional<Refusal> Core::outside_refusal(Instant now, const NodeId& node) const {
    const PeerBudget::Cut* cut = outside(now, node);
    if (cut == nullptr) return std::nullopt;
    return Refusal(Code::neighbour_cut, roster_.find(node)->code.text(),
                   std::to_string(static_cast<unsigned>(cut->why.code)),
                   std::to_string((cut->until - now).count() / 1000 + 1));
}

void Core::over_budget(Instant now, ConnectionId connection, const TransportPublicKey& key, Code what,
                       std::size_t bytes, std::size_t bytes_max) {
    const Certificate* who = roster_.by_transport_key(key);
    if (who == nullptr) return;
    const Refusal why(what, who->code.text(), std::to_string(bytes), std::to_string(bytes_max));
    // Who only reads too slowly has done nothing wrong.
    if (what == Code::reads_nothing) return find(now, why, std::nullopt, who->node);
    cut(now, who->node, connection, why);
}

// --- what a peer names

// Of what is not held here only that matters which may pass between the two, and so much of each origin.
void Core::note_stated(Session& session, const Holding& h) {
    if (logbook_.find(h.log) == nullptr && !session.stated.contains(h.log)) {
        if (!passes_between(session, h.log) && !may_be_lost(session, h.log)) return;
        const std::size_t named = ++session.named[h.log.origin];
        if (named > limits::named_logs_of_origin_max || session.stated.size() >= limits::named_logs_max) {
            const auto most = named > limits::named_logs_of_origin_max ? limits::named_logs_of_origin_max
                                                                       : limits::named_logs_max;
            session.over =
                Refusal(Code::names_too_many_logs, roster_.find(session.peer)->code.text(),
                        std::to_string(std::max(named, session.stated.size())), std::to_string(most));
            return;
        }
    }
    session.stated[h.log] = h;
}

// The first batch is on its way, or this is the last that is heard of the log.
void Core::keep_early(Session& session, SignedHead head) {
    const LogId log = head.head.log;
    if (!session.early.contains(log) && session.early.size() >= limits::early_logs_max) return;
    session.early[log].add(std::move(head));
}

void Core::take_early_heads(Session& session, LogView& log) {
    const auto early = session.early.extract(log.id);
    if (!early) return;
    log.ahead = early.mapped();
    for (const auto* head : {&log.ahead.nearest, &log.ahead.newest})
        if (*head) log.claimed_size = std::max(log.claimed_size, (*head)->head.size);
}

// --- what it begins

// The first batch of a log that is not held here: the life that it is of is known, or one of the few that
// begin.
Result<void> Core::check_life(Instant now, const LogId& log) {
    if (log.origin == identity_.node) return {};  // its own, come back: signed by itself
    const auto [held, known] = logbook_.lives(log.origin, log.incarnation);
    if (known) return {};
    Allowance& allowance =
        lives_.try_emplace(log.origin, limits::lives_at_once, limits::life_returns).first->second;
    if (held < limits::lives_of_origin_max && allowance.take(now)) return {};
    return refuse(Code::too_many_lives, roster_.find(log.origin)->code.text(), std::to_string(held),
                  std::to_string(Duration(86'400'000) / limits::life_returns));
}

Result<void> Core::may_renew(Instant now, const NodeId& peer) {
    // Where terms are short a sound node asks more often.
    const Duration every = std::min(limits::renewal_returns, timing_.renewal.ask_every);
    auto& renewals = budgets_[peer].renewals;
    if (!renewals) renewals.emplace(limits::renewals_at_once, every);
    if (renewals->take(now)) return {};
    return refuse(Code::renewals_too_many, roster_.find(peer)->code.text(),
                  std::to_string(renewals->taken(now)), std::to_string(Duration(3'600'000) / every));
}

// --- what it gets wrong

void Core::keep_refused(Instant now, Admission& admission, const NodeId& by, const Refusal& refusal) {
    leave_quarantine(admission.log, admission.seq);
    std::size_t bytes = 0;
    for (const SharedBytes& piece : admission.pieces) bytes += piece->size();
    const auto pieces = static_cast<std::uint16_t>(admission.pieces.size());
    if (!quarantine_.add({admission.log, admission.seq}, pieces, bytes, by)) {
        const Certificate* who = roster_.find(by);
        return find(
            now,
            Refusal(Code::quarantine_share_full, who == nullptr ? by.hex() : who->code.text(),
                    std::to_string(quarantine_.share(by)), std::to_string(limits::quarantine_share_bytes)),
            std::nullopt, by);
    }
    for (Put& put : quarantine(admission.log, admission.seq, refusal, now, admission.pieces))
        writes_.emplace_back(std::move(put));
}

// Who brought it is not written down: the child on the way to its origin, or the parent.
void Core::restore_refused(View key, View value) {
    if (key.size() == quarantine_row_key_bytes) {
        const auto row = decode_quarantine_row(key, value);
        XW_CHECK(row);
        const auto child = roster_.next_hop(identity_.node, row->log.origin);
        quarantine_.restore({row->log, row->seq}, row->pieces, child.value_or(certificate().parent));
    } else if (key.size() == quarantine_row_key_bytes + sizeof(std::uint16_t)) {
        Reader in(key, "quarantine key");
        const auto log = LogId::read(in);
        if (log) quarantine_.restore_piece({*log, in.u64()}, value.size());
    }
}

void Core::count_refused(Instant now, Session& session, const Refusal& refusal) {
    // These pass by themselves.
    if (refusal.code == Code::store_full || refusal.code == Code::signer_not_in_force ||
        refusal.code == Code::wrong_signer)
        return;
    if (budgets_[session.peer].refused.take(now)) return;
    session.over = Refusal(Code::refused_too_often, roster_.find(session.peer)->code.text(),
                           std::to_string(limits::refused_at_once), per_second(limits::refused_returns));
    if (heard_.is_zero()) cut(now, session.peer, session.connection, Refusal(*session.over));
}

// --- its clock

// Day by day, so that it is one finding and not thousands.
void Core::compare_clocks(Instant now, const Session& session, Instant theirs) {
    if (theirs.ms < moment_least_ms || theirs.ms > moment_most_ms) return;
    const Duration apart = theirs < now ? now - theirs : theirs - now;
    if (apart <= limits::clock_apart_max) return;
    const auto days = apart / Duration(86'400'000);
    find(now,
         Refusal(Code::neighbour_clock, roster_.find(session.peer)->code.text(), day_of(theirs.ms),
                 std::to_string(days) + " d"),
         std::nullopt, session.peer);
}

}  // namespace xinwang
