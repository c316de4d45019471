// Core, renewal: this node's own keys and certificate are kept fresh, and its children's are granted. WIRE.md
// sections 9.3 and 9.4.
#include "node/core/core.h"
#include "node/core/directory_entries.h"
#include "protocol/base/check.h"

namespace xinwang {

// Which kinds of keys change at this node's own or its operator's wish, and what is due by the calendar.
void Core::renew(Instant now) {
    if (!identity_.open_keys || renewal_.next > now || disk_full_ || restored_) return;
    const RenewalNeed need = renewal_need(certificate(), timing_.renewal, now);
    const bool asked = identity_.next_sign || identity_.next_transport;
    if (!need.opening && !asked && (!need.term || is_city())) return;
    if (need.opening && !identity_.open_keys->find(*need.opening)) {
        if (!renewal_.wish) renewal_.wish.emplace();
        renewal_.wish->opening = need.opening;  // the edge makes it durable first
        return;
    }
    Session* session = find_session(parent_session_);
    const bool can_ask = session != nullptr && session->resumed && session->peer == certificate().parent &&
                         session->version >= protocol_version_renew;
    if (!is_city() && !can_ask) return;
    renewal_.next = now + timing_.renewal.ask_every;
    const auto done = is_city() ? renew_self(now, need) : ask_renewal(now, *session, need);
    renewal_.refusal = done ? std::nullopt : std::optional(done.error());
    if (!done) find(now, done.error());
}

Certificate Core::wanted_certificate(Instant now, const RenewalNeed& need) const {
    Certificate wanted = renewed_fields(certificate(), now);
    if (need.opening)
        wanted.next_open =
            NextOpening{identity_.open_keys->find(*need.opening)->public_key(), *need.opening, need.from_ms};
    if (identity_.next_sign && !is_city()) wanted.sign_key = identity_.next_sign->public_key();
    if (identity_.next_transport)
        wanted.transport_key = *TransportPublicKey::from(identity_.next_transport->public_key().view());
    return wanted;
}

Result<void> Core::ask_renewal(Instant now, const Session& session, const RenewalNeed& need) {
    RenewalSecrets secrets{identity_.sign_key, identity_.next_sign.value_or(identity_.sign_key), {}, {}};
    if (need.opening) secrets.next_open = identity_.open_keys->find(*need.opening);
    secrets.transport = identity_.next_transport;
    std::vector<LogSize> logs;
    for (const auto& [id, log] : logbook_.all())
        if (id.origin == identity_.node) logs.push_back({id, log.size});
    XW_TRY(request,
           make_renewal(wanted_certificate(now, need), *roster_.find(session.peer), secrets, std::move(logs)));
    say(session, Renew{encode(request)});
    return {};
}

// The city has nobody above it to ask: its signing key, which the root has certified, vouches for the others,
// but neither for a new signing key nor for a longer term.
Result<void> Core::renew_self(Instant now, const RenewalNeed& need) {
    const Certificate wanted = wanted_certificate(now, need);
    XW_TRY(bytes, issue_certificate(wanted, identity_.sign_key));
    XW_TRY(change, learn(now, EntryKind::enrol, bytes));
    if (change.changed) author({Lane::trust, {}}, policy_open, enrol_entry(bytes));
    return {};
}

// --- the parent's side

void Core::on_renew(Instant now, const Session& session, const Renew& asked) {
    RenewAnswer answer;
    const auto request = parse_renewal(asked.request);
    const auto may = may_renew(now, session.peer);
    const auto granted = !may      ? may
                         : request ? grant(now, session.peer, *request, asked.request)
                                   : Result<void>(tl::unexpected(request.error()));
    if (request) answer.serial = request->serial;
    if (!granted) {
        answer.refusal = granted.error();
        find(now, granted.error());
    }
    say(session, answer);
}

Result<void> Core::grant(Instant now, const NodeId& peer, const RenewalRequest& request, View request_bytes) {
    const Certificate& held = *roster_.find(peer);
    // The answer was lost: the certificate is on its way in the trust log.
    if (request.node == peer && request.serial == held.serial && request.sign_key == held.sign_key &&
        request.transport_key == held.transport_key && request.next_open == held.next_open)
        return {};
    if (!identity_.open_keys)
        return refuse(Code::opening_key_missing, "renewal", std::to_string(request.issuer_epoch));
    XW_TRY(fields, grant_renewal(request, held, certificate(), *identity_.open_keys, timing_.renewal, now));
    const bool rekeyed = fields.sign_key != held.sign_key;
    XW_TRY(bytes, issue_certificate(fields, identity_.sign_key));
    const Entry entry = rekeyed ? rekey_entry(bytes, request_bytes) : enrol_entry(bytes);
    XW_TRY(change, learn(now, entry.kind, entry.body));
    if (change.changed) author({Lane::trust, {}}, policy_open, entry);
    return {};
}

void Core::on_renew_answer(Instant now, const RenewAnswer& answer) {
    renewal_.refusal = answer.refusal;
    if (answer.refusal) find(now, *answer.refusal);
}

// Under a new signing key the children's certificates are signed again, with nothing else changed: a newcomer
// below knows this node by its present key alone. So is a child's that a move has brought; and when this node
// itself was moved, all of them, with codes below its new one.
void Core::certify_children_anew(Instant now) {
    if (!identity_.open_keys) return;
    const bool changed = roster_.signers().rekeyed(identity_.node) || !roster_.moves(identity_.node).empty();
    for (const NodeId& child : roster_.children(identity_.node)) {
        Certificate fields = *roster_.find(child);
        if (fields.parent != identity_.node || (!changed && roster_.moves(child).empty())) continue;
        if (fields.code.parent() == certificate().code &&
            verify_certificate(fields, encode(fields), identity_.sign_key.public_key()))
            continue;
        fields.code = code_below(fields);
        if (const auto issued = issue_again(now, fields); !issued) find(now, issued.error());
    }
}

// --- keys

std::optional<KeyWish> Core::take_key_wish() {
    return std::exchange(renewal_.wish, std::nullopt);
}

void Core::offer_keys(const KeyWish& wish, const NewKeys& keys) {
    if (wish.opening && keys.opening) identity_.open_keys->add(*wish.opening, *keys.opening);
    if (keys.sign) identity_.next_sign = keys.sign;
    if (keys.transport) identity_.next_transport = keys.transport;
    renewal_.next = Instant{};
}

void Core::keys_failed(Instant now, const Refusal& why) {
    find(now, why);
    renewal_.refusal = why;
    renewal_.next = now + timing_.renewal.ask_every;
}

Result<void> Core::change_keys(bool sign, bool transport) {
    if (!identity_.open_keys) return refuse(Code::not_at_this_node, "keys", certificate().code.text());
    if (sign && is_city()) return refuse(Code::city_sign_key, certificate().code.text());
    KeyWish wish = renewal_.wish.value_or(KeyWish{});
    wish.sign = wish.sign || (sign && !identity_.next_sign);
    wish.transport = wish.transport || (transport && !identity_.next_transport);
    if (wish.any()) renewal_.wish = wish;
    renewal_.next = Instant{};
    return {};
}

// A certificate of this node's own has come: what it names is in force from here on.
void Core::adopt_own_keys() {
    const Certificate& own = certificate();
    if (identity_.next_sign && identity_.next_sign->public_key() == own.sign_key) {
        identity_.sign_key = *identity_.next_sign;
        identity_.next_sign.reset();
        renewal_.adopted.sign = renewal_.certify_anew = true;
    }
    if (identity_.next_transport &&
        equal(identity_.next_transport->public_key().view(), own.transport_key.view())) {
        identity_.next_transport.reset();
        renewal_.adopted.transport = true;
        identity_.listens_behind = !addresses_.data.empty();
        renewal_.to_tell.reset();
    }
    renewal_.next = Instant{};
}

// A child that does not know the new transport key could never reach this node again.
std::vector<NodeId> Core::children_not_told() const {
    std::vector<NodeId> left;
    if (!identity_.listens_behind) return left;
    for (const NodeId& child : roster_.children(identity_.node)) {
        const Session* session = child_session(child);
        bool told = renewal_.to_tell && session != nullptr && session->resumed;
        if (told)
            for (const auto& [log, size] : *renewal_.to_tell)
                told = told && session->sender.peer_size(log) >= size;
        if (!told) left.push_back(child);
    }
    return left;
}

void Core::tell_children() {
    if (!identity_.listens_behind || renewal_.told) return;
    if (!renewal_.to_tell && authoring_.waiting() == 0) {
        renewal_.to_tell.emplace();
        for (const auto& [id, log] : logbook_.all())
            if (id.lane == Lane::trust && id.toward.is_zero() && logbook_.way(id, roster_) != Way::up)
                renewal_.to_tell->emplace(id, log.size);
    }
    if (!children_not_told().empty()) return;
    renewal_.told = renewal_.children_told = true;
}

KeyWish Core::take_adopted() {
    return std::exchange(renewal_.adopted, KeyWish{});
}

}  // namespace xinwang
