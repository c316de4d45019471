// Core, conversations: hello and welcome, what each side holds, keeping alive. WIRE.md section 7.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/roster_rows.h"

namespace xinwang {
namespace {

constexpr int silent_pings_max = 3;
constexpr std::uint64_t hello_doublings_max = 3;  // of the pause between two Hellos that nobody answers

std::string version_range(std::uint16_t low, std::uint16_t high) {
    return std::to_string(low) + ".." + std::to_string(high);
}

}  // namespace

void Core::receive(Instant now, const Arrival& arrival) {
    const Hearing hearing(*this, arrival);
    if (arrival.side == Side::enrol) return receive_enrolment(now, arrival);
    auto message = decode_message(arrival.body);
    const std::uint64_t cost = message ? message_cost(*message) : limits::unread_messages;
    if (const auto over = overspent(now, arrival, cost)) return cut(now, heard_, arrival.connection, *over);
    if (!message) {
        find(now, message.error());
        if (arrival.side == Side::parent) return;
        const auto it = by_connection_.find(arrival.connection);
        if (it != by_connection_.end()) drop_session(it->second);
        sends_.push_back(
            {Side::child, arrival.connection, encode(Refused{{}, Refused::no_seq, message.error()})});
        return;
    }
    if (arrival.side == Side::parent) return receive_from_parent(now, std::move(*message));
    receive_from_child(now, arrival, std::move(*message));
}

void Core::receive_from_child(Instant now, const Arrival& arrival, Message message) {
    if (const auto* hello = std::get_if<Hello>(&message)) return on_hello(now, arrival, *hello);
    if (const auto* pong = std::get_if<Pong>(&message);
        pong && on_sign_of_life(now, arrival.connection, pong->nonce))
        return;
    // It stops. No answer: nobody is there to hear it.
    if (const auto* refused = std::get_if<Refused>(&message); refused && refused->seq == Refused::no_seq)
        return child_connection_lost(arrival.connection);
    const auto it = by_connection_.find(arrival.connection);
    if (it == by_connection_.end()) {
        // The peer speaks as if welcomed: its connection was remade beneath it, or this process is new. It
        // greets again.
        const Refused again{{}, Refused::no_seq, Refusal(Code::no_session)};
        sends_.push_back({Side::child, arrival.connection, encode(again)});
        return;
    }
    on_message(now, sessions_.at(it->second), std::move(message));
}

Result<const Certificate*> Core::check_hello(Instant now, const Arrival& arrival, const Hello& hello) const {
    if (hello.version_min > protocol_version_max || hello.version_max < protocol_version_min)
        return refuse(Code::version_unsupported, "protocol",
                      version_range(hello.version_min, hello.version_max),
                      version_range(protocol_version_min, protocol_version_max));
    if (hello.expected_parent != identity_.node)
        return refuse(Code::wrong_parent, "parent", hello.expected_parent.hex(), identity_.node.hex());
    const Certificate* child = roster_.by_transport_key(arrival.key);
    if (const Revocation* gone = roster_.revoked_by_transport_key(arrival.key); gone && child == nullptr)
        return tl::unexpected(revoked_refusal(gone->node));
    if (child == nullptr) return refuse(Code::not_enrolled, "transport key", arrival.key.hex());
    if (child->node != hello.node)
        return refuse(Code::not_your_key, "node", hello.node.hex(), child->node.hex());
    // Its own child, or one from further below whose parent is away; or one that has moved and, cut off until
    // now, is to learn it here.
    if (!roster_.was_below(child->node, identity_.node))
        return refuse(Code::not_my_child, "node", child->code.text(), certificate().code.text());
    if (const auto it = frozen_.find(child->node);
        it != frozen_.end() && roster_.is_below(child->node, it->second.by))
        return tl::unexpected(frozen_refusal(child->node));
    if (auto outside = outside_refusal(now, child->node)) return tl::unexpected(*outside);
    if (draining_) return refuse(Code::node_drains, "node", certificate().code.text());
    if (auto over = takes_over(now, child->node)) return tl::unexpected(*over);
    return child;
}

void Core::on_hello(Instant now, const Arrival& arrival, const Hello& hello) {
    const auto child = check_hello(now, arrival, hello);
    if (!child) {
        find(now, child.error());
        sends_.push_back(
            {Side::child, arrival.connection, encode(Refused{{}, Refused::no_seq, child.error()})});
        return;
    }
    if (!budgets_[hello.node].greetings.take(now)) {
        const Refusal often(Code::speaks_too_often, (*child)->code.text(), "Hello",
                            per_second(limits::greeting_returns));
        return cut(now, hello.node, arrival.connection, often);
    }
    if (arrival.key == (*child)->transport_key && roster_.earlier_transport_key(hello.node) != nullptr) {
        // It speaks with its new key: nobody else may with the old one.
        roster_.forget_earlier(hello.node);
        writes_.emplace_back(Erase{Table::certificates, earlier_transport_row_key(hello.node)});
        admission_changed_ = true;
    }
    const auto nonce = last_nonce_.find(hello.node);
    const bool same_life = nonce != last_nonce_.end() && nonce->second == hello.boot_nonce;
    last_nonce_[hello.node] = hello.boot_nonce;
    std::optional<ConnectionId> older;  // another process had it, the last time we heard of it
    if (const Session* before = session_of(hello.node); before != nullptr && !same_life)
        if (before->connection != arrival.connection) older = before->connection;
    Session& session = open_session(now, hello.node, false, arrival.connection);
    session.boot_nonce = hello.boot_nonce;
    if (!same_life) begin_life(session);
    session.incarnation = hello.incarnation;
    Welcome welcome;
    welcome.version = session.version = std::min(hello.version_max, protocol_version_max);
    welcome.node = identity_.node;
    welcome.boot_nonce = identity_.boot_nonce;
    welcome.hello_nonce = hello.hello_nonce;
    say(session, welcome);
    if (older) look_for_clone(hello.node, *older, arrival.connection);
    send_holdings(session);
}

std::vector<NodeId> Core::guests() const {
    std::vector<NodeId> found;
    for (const auto& [peer, number] : by_peer_)
        if (const Certificate* c = roster_.find(peer); c != nullptr && number != parent_session_ &&
                                                       c->parent != identity_.node &&
                                                       roster_.is_below(peer, identity_.node))
            found.push_back(peer);
    return found;
}

// The node itself when it is here as a guest, else whoever stands between.
Session* Core::session_toward(const NodeId& below) {
    for (const Certificate* c = roster_.find(below); c != nullptr && c->node != identity_.node;
         c = roster_.find(c->parent))
        if (Session* session = session_of(c->node)) return session;
    return nullptr;
}

void Core::set_uplink(Instant now, const NodeId& node) {
    if (uplink_ == node) return;
    uplink_ = node;
    parent_refusal_.reset();
    parent_connection_lost(now);
}

void Core::drain(bool on) {
    draining_ = on;
    if (!on) return;
    const Refusal away(Code::node_drains, "node", certificate().code.text());
    std::vector<SessionNumber> children;
    for (const auto& [number, session] : sessions_) {
        if (session.parent) continue;
        say(session, Refused{{}, Refused::no_seq, away});
        children.push_back(number);
    }
    for (const SessionNumber number : children) drop_session(number);
}

void Core::say_hello(Instant now) {
    Hello hello;
    hello.node = identity_.node;
    hello.expected_parent = uplink();
    hello.incarnation = identity_.incarnation;
    hello.boot_nonce = identity_.boot_nonce;
    hello.hello_nonce = ++hello_nonce_;
    sends_.push_back({Side::parent, 0, encode(hello)});
    // Every Hello is answered with a whole list: on a line so slow that the answer takes longer than the pause,
    // one that did not grow would be asked for again and again, and no answer ever be the newest one's.
    const auto unanswered = std::min<std::uint64_t>(hello_nonce_ - answered_nonce_ - 1, hello_doublings_max);
    next_hello_ = now + timing_.hello_every * (1ll << unanswered);
}

void Core::receive_from_parent(Instant now, Message message) {
    if (const auto* welcome = std::get_if<Welcome>(&message)) return on_welcome(now, *welcome);
    if (const auto* refused = std::get_if<Refused>(&message); refused && refused->seq == Refused::no_seq)
        return on_parent_refused(now, *refused);
    if (Session* session = find_session(parent_session_)) on_message(now, *session, std::move(message));
}

void Core::on_welcome(Instant now, const Welcome& welcome) {
    // An answer to an earlier Hello is late: the one to the latest is on its way.
    if (welcome.hello_nonce != hello_nonce_) return;
    answered_nonce_ = hello_nonce_;
    if (welcome.version < protocol_version_min || welcome.version > protocol_version_max) {
        parent_refusal_ =
            Refusal(Code::version_unsupported, "protocol", version_range(welcome.version, welcome.version),
                    version_range(protocol_version_min, protocol_version_max));
        return;
    }
    if (welcome.node != uplink()) {
        parent_refusal_ = Refusal(Code::wrong_parent, "parent", welcome.node.hex(), uplink().hex());
        return;
    }
    parent_refusal_.reset();
    if (const auto it = refused_by_.find(welcome.node); it != refused_by_.end()) {
        is_settled(it->second);
        refused_by_.erase(it);
    }
    const bool was_frozen = frozen_here_.has_value();
    thawed(welcome.node);
    // What it waits for can come from now on.
    if (was_frozen && !frozen_here_) settle_until_ = now + timing_.settle_max;
    Session& session = open_session(now, welcome.node, true, 0);
    session.boot_nonce = welcome.boot_nonce;
    session.version = welcome.version;
    parent_session_ = session.number;
    send_holdings(session);
}

void Core::on_parent_refused(Instant now, const Refused& refused) {
    answered_nonce_ = hello_nonce_;
    if (refused.refusal.code != Code::no_session) {
        parent_refusal_ = refused.refusal;
        refused_by_.insert_or_assign(uplink(), refused.refusal);
        find(now, refused.refusal);
        if (refused.refusal.code == Code::two_machines || refused.refusal.code == Code::two_histories)
            on_frozen(now, refused.refusal);
    }
    // no_session answers what was under way when the connection was remade; the next Hello is due either way.
    drop_session(parent_session_);
    if (refused.refusal.code == Code::no_session && next_hello_ <= now) say_hello(now);
}

void Core::parent_connection_lost(Instant now) {
    drop_session(parent_session_);
    answered_nonce_ = hello_nonce_;
    next_hello_ = now;
}

void Core::child_connection_lost(ConnectionId connection) {
    if (const auto it = by_connection_.find(connection); it != by_connection_.end()) drop_session(it->second);
}

Session& Core::open_session(Instant now, const NodeId& peer, bool parent, ConnectionId connection) {
    if (const auto old = by_peer_.find(peer); old != by_peer_.end()) drop_session(old->second);
    const SessionNumber number = next_session_++;
    Session& session = sessions_[number];
    session.number = number;
    session.peer = peer;
    session.parent = parent;
    session.connection = connection;
    if (is_fat(peer, parent)) session.receiver = Receiver(limits::window_pieces_fat);
    session.since = session.heard = session.progressed = last_seen_[peer] = now;
    session.next_ping = now + timing_.ping_every;
    by_peer_[peer] = number;
    if (!parent) by_connection_[connection] = number;
    return session;
}

// Between a county and its city.
bool Core::is_fat(const NodeId& peer, bool parent) const {
    const Certificate* other = roster_.find(peer);
    return other != nullptr && (parent ? other->tier : certificate().tier) == Tier::city;
}

void Core::drop_session(SessionNumber number) {
    const auto it = sessions_.find(number);
    if (it == sessions_.end()) return;
    by_peer_.erase(it->second.peer);
    if (it->second.parent) {
        parent_session_ = 0;
        relayed_.clear();
    } else {
        by_connection_.erase(it->second.connection);
    }
    healing_.session_lost(it->second.heard, number);
    std::erase_if(parked_, [&](const auto& parked) { return parked.first == number; });
    sessions_.erase(it);
}

Session* Core::find_session(SessionNumber number) {
    const auto it = sessions_.find(number);
    return it == sessions_.end() ? nullptr : &it->second;
}

Session* Core::session_of(const NodeId& peer) {
    const auto it = by_peer_.find(peer);
    return it == by_peer_.end() ? nullptr : find_session(it->second);
}

const Session* Core::parent_session() const {
    const auto it = sessions_.find(parent_session_);
    return it == sessions_.end() ? nullptr : &it->second;
}

const Session* Core::child_session(const NodeId& child) const {
    const auto it = by_peer_.find(child);
    return it == by_peer_.end() ? nullptr : &sessions_.at(it->second);
}

std::optional<Instant> Core::last_seen(const NodeId& neighbour) const {
    const auto it = last_seen_.find(neighbour);
    return it == last_seen_.end() ? std::nullopt : std::optional(it->second);
}

void Core::say(const Session& session, const Message& message) {
    sends_.push_back({session.parent ? Side::parent : Side::child, session.connection, encode(message)});
}

bool Core::comes_from(const Session& session, const LogId& id) const {
    if (session.parent) return id.origin != identity_.node && !logbook_.goes_up(id, roster_);
    return roster_.find(id.origin) != nullptr &&
           (id.origin == session.peer || roster_.was_below(id.origin, session.peer));
}

// Every log that passes between the two, in either direction: the sizes are the resume cursors, and what is
// confirmed tells the parent which receipts the child still lacks.
void Core::send_holdings(const Session& session) {
    if (const auto credit = sessions_.at(session.number).receiver.next_credit()) say(session, *credit);
    Have have;
    const auto flush = [&] {
        if (!have.holdings.empty()) say(session, have);
        have.holdings.clear();
    };
    for (const auto& [id, log] : logbook_.all()) {
        if (log.size == 0 || !passes_between(session, id)) continue;
        have.holdings.push_back({id, log.size, log.last, confirmed_above(id)});
        if (have.holdings.size() == Have::per_message_max) flush();
    }
    flush();
    say(session, HaveEnd{});
}

void Core::on_message(Instant now, Session& session, Message message) {
    session.heard = last_seen_[session.peer] = now;
    struct Visitor {
        Core& core;
        Instant now;
        Session& session;
        void operator()(Hello&) {}
        void operator()(Welcome&) {}
        void operator()(Have& m) {
            for (const Holding& h : m.holdings)
                session.resumed ? core.go_back(session, h) : core.note_stated(session, h);
        }
        void operator()(HaveEnd&) { core.begin_sending(now, session); }
        void operator()(Piece& m) { core.on_piece(now, session, std::move(m)); }
        void operator()(Held& m) {
            if (!core.deals_with(session, m.log)) return;
            if (session.resumed && m.size > session.sender.peer_size(m.log)) session.progressed = now;
            session.sender.held(m.log, m.size);
            // What goes up goes to one peer.
            if (session.parent) core.recent_.drop_below(m.log, m.size);
        }
        void operator()(Credit& m) {
            // A list that never ends stalls, whatever is said meanwhile.
            if (session.resumed) session.progressed = now;
            session.sender.credit(m.pieces);
        }
        void operator()(HeadNote& m) { core.on_head(now, session, m); }
        void operator()(ReceiptNote& m) { core.on_receipt(now, session, m); }
        void operator()(Refused& m) {
            if (core.on_want_refused(now, session, m)) return;
            if (!session.sender.knows(m.log)) {
                // What the peer cannot send is news; what it does not want of what nobody sends it is none.
                if (core.comes_from(session, m.log)) core.find(now, m.refusal);
                return;
            }
            session.sender.block(m.log);
            session.refused.insert_or_assign(m.log, RefusedLog{m.refusal, now});
            if (!is_news_of_a_move(m.refusal.code, m.log)) core.find(now, m.refusal);
            if (session.parent && m.refusal.code == Code::branch_refused) core.on_branch(m.log);
        }
        void operator()(Ping& m) {
            core.say(session, Pong{m.nonce});
            // A child's number is its clock.
            if (!session.parent) core.compare_clocks(now, session, Instant{static_cast<std::int64_t>(m.nonce)});
        }
        void operator()(Pong&) {}
        void operator()(Want& m) { core.on_want(now, session, m); }
        void operator()(Renew& m) {
            if (!session.parent) core.on_renew(now, session, m);
        }
        void operator()(RenewAnswer& m) {
            if (session.parent) core.on_renew_answer(now, m);
        }
    };
    const SessionNumber number = session.number;
    std::visit(Visitor{*this, now, session}, message);
    const Session* heard = find_session(number);  // it may have ended meanwhile
    if (heard != nullptr && heard->over) cut(now, heard->peer, heard->connection, *heard->over);
}

// Has this session to do with the log: something of it is held here, or goes to the peer?
bool Core::deals_with(const Session& session, const LogId& log) const {
    return session.sender.knows(log) || logbook_.find(log) != nullptr;
}

// After its list a peer asks for a log from there on, and for receipts that it lacks.
void Core::go_back(Session& session, const Holding& h) {
    if (!deals_with(session, h.log)) return;
    const LogView* log = logbook_.find(h.log);
    if (goes_to(session, h.log) || session.sender.knows(h.log))
        session.sender.offer(h.log, counted(h.log, log == nullptr ? 0 : log->size), h.size);
    // Also of a log that was given back to its origin: it asks for its receipts like any other.
    if (log != nullptr) send_receipts(session, *log, h.confirmed);
}

bool Core::goes_to(const Session& session, const LogId& log) const {
    const bool newer = log.lane == Lane::rights && !log.toward.is_zero();
    if (newer && session.version < protocol_version_verdict) return false;
    return logbook_.goes_to(log, session.peer, session.parent, roster_);
}

void Core::begin_sending(Instant now, Session& session) {
    if (session.resumed) return;
    session.resumed = true;
    session.progressed = now;
    for (const auto& [id, log] : logbook_.all()) {
        const auto it = session.stated.find(id);
        const Seq theirs = it == session.stated.end() ? 0 : it->second.size;
        if (goes_to(session, id)) {
            session.sender.offer(id, counted(id, log.size), theirs);
            if (!log.head_note.empty()) say(session, HeadNote{id, log.head_note});
        } else if (may_be_lost(session, id)) {
            session.sender.offer(id, counted(id, log.size), theirs);
        }
        send_receipts(session, log, it == session.stated.end() ? 0 : it->second.confirmed);
    }
    for (const auto& [id, theirs] : session.stated)
        if (logbook_.find(id) == nullptr && may_be_lost(session, id)) session.sender.offer(id, 0, theirs.size);
    withdraw_receipts(now, session);
    show_own_heads(session);
    check_rollback(now, session);
    notice_branches(session);
    await_lost_part(now, session);
    if (session.parent) end_resume();
    session.stated.clear();
    session.named.clear();
    healing_.session_began(now);
}

// Receipts go down the way the log came up, unless the newest of all ancestors are there already.
void Core::send_receipts(const Session& session, const LogView& log, Seq confirmed) {
    const bool below =
        !session.parent && (log.id.origin == session.peer || roster_.is_below(log.id.origin, session.peer));
    if (!below || confirmed >= log.size) return;
    for (const auto& [ancestor, receipt] : log.receipts)
        say(session, ReceiptNote{log.id, ancestor, receipt.note});
}

// Heads and receipts are said once and may be lost with a connection. What is still unconfirmed is named again.
void Core::refresh(Instant now, const Session& session) {
    next_refresh_ = now + timing_.refresh_every;
    Have have;
    for (const auto& [id, log] : logbook_.all()) {
        if (!logbook_.goes_up(id, roster_)) continue;
        const Seq confirmed = confirmed_above(id);
        if (confirmed >= log.size) continue;
        if (!log.head_note.empty()) say(session, HeadNote{id, log.head_note});
        have.holdings.push_back({id, log.size, log.last, confirmed});
        if (have.holdings.size() == Have::per_message_max) break;
    }
    if (!have.holdings.empty()) say(session, have);
}

void Core::tick(Instant now) {
    if (!certificate().parent.is_zero() && parent_session_ == 0 && next_hello_ <= now) say_hello(now);
    watch_sessions(now);
    give_up_resume(now);
    if (restored_ && !frozen_here_) settle(now);
    if (next_own_heads_ <= now) sign_own_heads(now);
    if (std::exchange(renewal_.certify_anew, false)) certify_children_anew(now);
    renew(now);
    tell_children();
    heal(now);
    end_cuts(now);
    start_seals(now);
}

void Core::retry_refused(Instant now, Session& session) {
    std::erase_if(session.refused, [&](const auto& entry) {
        const auto& [log, refused] = entry;
        // The other side waits for room, or for an entry that is on its way.
        const bool full =
            refused.refusal.code == Code::store_full || refused.refusal.code == Code::signer_not_in_force ||
            refused.refusal.code == Code::wrong_signer || is_news_of_a_move(refused.refusal.code, log);
        if (now - refused.at < (full ? timing_.retry_full : timing_.retry_refused)) return false;
        session.sender.unblock(log);
        return true;
    });
}

void Core::watch_sessions(Instant now) {
    std::vector<SessionNumber> stalled;
    for (auto& [number, session] : sessions_) {
        retry_refused(now, session);
        // A session whose resume never ended (its Welcome or a Have was lost) stalls like one whose pieces go
        // unanswered.
        if (session.resumed && !session.sender.in_flight()) session.progressed = now;
        if (now - session.progressed > timing_.stall_after) stalled.push_back(number);
        if (!session.parent || session.next_ping > now) continue;
        session.next_ping = now + timing_.ping_every;
        say(session, Ping{static_cast<std::uint64_t>(now.ms)});
        if (next_refresh_ <= now && session.resumed) refresh(now, session);
    }
    for (const SessionNumber number : stalled) {
        const Session& session = sessions_.at(number);
        // One that has moved is with its new parent.
        const bool left = !session.parent && !roster_.is_below(session.peer, identity_.node);
        if (!left) find(now, Refusal(Code::session_stalled, "peer", session.peer.hex()));
        if (session.parent) {
            parent_connection_lost(now);
            continue;
        }
        say(session, Refused{{}, Refused::no_seq, Refusal(Code::no_session)});
        drop_session(number);
    }
    const Session* session = parent_session();
    if (session == nullptr || now - session->heard <= timing_.ping_every * silent_pings_max) return;
    const auto silent_s = std::to_string((now - session->heard).count() / 1000);
    find(now, Refusal(Code::parent_gone_silent, "parent", silent_s));
    parent_connection_lost(now);
    reconnect_ = true;
}

// Sends what credit allows and asks for what can be read ahead, unless it is still in memory. After the commit,
// so that only durable batches go out.
void Core::pump(Session& session) {
    for (bool more = true; more;) {
        more = false;
        while (auto frame = session.sender.next_frame())
            sends_.push_back(
                {session.parent ? Side::parent : Side::child, session.connection, std::move(*frame)});
        while (auto job = session.sender.next_load(session.number)) {
            const auto* pieces = recent_.find(job->log, job->seq);
            if (pieces == nullptr) {
                jobs_.push_back(std::move(*job));
                continue;
            }
            session.sender.loaded({job->session, job->log, job->seq, job->wanted, *pieces});
            more = true;
        }
    }
    if (const auto credit = session.receiver.next_credit()) say(session, *credit);
}

}  // namespace xinwang
