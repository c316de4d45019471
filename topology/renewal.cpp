#include "topology/renewal.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t renewal_version = 1;

void write_claims(Writer& out, const RenewalRequest& r) {
    const NextOpening next = r.next_open.value_or(NextOpening{});
    out.u8(renewal_version);
    out.block(r.node);
    out.u64(r.serial);
    out.block(r.in_force);
    out.block(r.sign_key);
    out.block(r.open_key);
    out.u32(r.open_epoch);
    out.block(next.key);
    out.u32(next.epoch);
    out.i64(next.from_ms);
    out.block(r.transport_key);
    out.u32(r.issuer_epoch);
    out.u16(static_cast<std::uint16_t>(r.logs.size()));
    for (const LogSize& l : r.logs) {
        l.log.write(out);
        out.u64(l.size);
    }
}

Transcript transcript_of(const RenewalRequest& request, const NodeId& issuer) {
    Writer claims;
    write_claims(claims, request);
    return hash<Transcript>("XW-renewal", {issuer.view(), claims.bytes()});
}

Bytes to_sign(const Transcript& transcript) {
    Writer out;
    out.raw(view(std::string_view("XW-renewal-sign\0", 16)));
    out.block(transcript);
    return out.take();
}

// Both sides compute it: one with its own secret and the other's key, the other the other way round.
Result<Proof> key_proof(const OpeningKey& own, const OpenPublicKey& other, const OpenPublicKey& issuers,
                        const OpenPublicKey& proven, const Transcript& transcript) {
    XW_TRY(secret, own.agree(other));
    SharedSecret key;
    blake2b(key.bytes, {view("XW-renewal-key"), issuers.view(), proven.view()}, secret.view());
    Proof proof;
    blake2b(proof.bytes, {transcript.view()}, key.view());
    return proof;
}

// A transport key is an X25519 key like the others.
OpenPublicKey as_x25519(const TransportPublicKey& key) {
    return *OpenPublicKey::from(key.view());
}

tl::unexpected<Refusal> bad_renewal(std::string_view field, const std::string& value, std::string_view wanted) {
    return refuse(Code::renewal_field, field, value, wanted);
}

}  // namespace

RenewalNeed renewal_need(const Certificate& held, const RenewalTerms& terms, Instant now) {
    RenewalNeed need;
    need.term = (held.expires_ms - now.ms) * 3 < held.expires_ms - held.issued_ms;
    const auto& next = held.next_open;
    const std::uint32_t epoch = std::max(held.open_epoch, next ? next->epoch : 0u);
    // One that is to be used later than it can have been published was published under a wrong clock.
    const bool far_off = next && next->from_ms > now.ms + (terms.ahead + terms.epoch).count();
    if (next && next->from_ms > now.ms && !far_off) return need;
    const std::int64_t since = next && !far_off ? next->from_ms : held.issued_ms;
    const std::int64_t end = since + terms.epoch.count();
    // Without a next key only the certificate's own date says since when the present one is used: a renewal of
    // the term, which changes that date, takes the next key along.
    const bool with_term = need.term && !next;
    if (!far_off && !with_term && now.ms < end - terms.ahead.count()) return need;
    need.opening = epoch + 1;
    need.from_ms = far_off ? now.ms + terms.ahead.count() : std::max(end, now.ms + terms.ahead.count());
    return need;
}

std::pair<OpenPublicKey, std::uint32_t> opening_at(const Certificate& c, Instant now) {
    if (c.next_open && c.next_open->from_ms <= now.ms) return {c.next_open->key, c.next_open->epoch};
    return {c.open_key, c.open_epoch};
}

Certificate renewed_fields(const Certificate& held, Instant now) {
    Certificate wanted = held;
    wanted.serial = held.serial + 1;
    if (held.next_open && held.next_open->from_ms <= now.ms) {
        std::tie(wanted.open_key, wanted.open_epoch) = opening_at(held, now);
        wanted.next_open.reset();
    }
    return wanted;
}

Bytes encode(const RenewalRequest& r) {
    Writer out;
    write_claims(out, r);
    out.block(r.sign_proof);
    out.block(r.new_sign_proof);
    out.block(r.next_proof);
    out.block(r.transport_proof);
    return out.take();
}

Result<RenewalRequest> parse_renewal(View bytes) {
    if (bytes.size() > limits::renewal_bytes_max)
        return refuse(Code::too_large, "renewal", std::to_string(bytes.size()),
                      std::to_string(limits::renewal_bytes_max));
    Reader in(bytes, "renewal");
    if (const std::uint8_t its = in.u8(); in.good() && its != renewal_version)
        return refuse(Code::certificate_version, "renewal", std::to_string(its),
                      std::to_string(renewal_version));
    RenewalRequest r;
    r.node = in.block<NodeId>();
    r.serial = in.u64();
    r.in_force = in.block<SignPublicKey>();
    r.sign_key = in.block<SignPublicKey>();
    r.open_key = in.block<OpenPublicKey>();
    r.open_epoch = in.u32();
    const NextOpening next{in.block<OpenPublicKey>(), in.u32(), in.i64()};
    if (next != NextOpening{}) r.next_open = next;
    r.transport_key = in.block<TransportPublicKey>();
    r.issuer_epoch = in.u32();
    for (std::uint16_t left = in.u16(); left > 0 && in.good(); --left) {
        XW_TRY(log, LogId::read(in));
        r.logs.push_back({log, in.u64()});
        const std::size_t n = r.logs.size();
        if (n > 1 && !(r.logs[n - 2].log < log)) return bad_renewal("logs", log.origin_line(), "rising");
    }
    r.sign_proof = in.block<Signature>();
    r.new_sign_proof = in.block<Signature>();
    r.next_proof = in.block<Proof>();
    r.transport_proof = in.block<Proof>();
    XW_TRY_VOID(in.finish());
    for (const LogSize& l : r.logs)
        if (l.log.origin != r.node) return bad_renewal("logs", l.log.origin_line(), r.node.hex());
    return r;
}

Result<void> verify_renewal(const RenewalRequest& r, const NodeId& issuer) {
    const Bytes text = to_sign(transcript_of(r, issuer));
    if (!verify(r.in_force, text, r.sign_proof)) return refuse(Code::proof_wrong, "sign key in force");
    if (!verify(r.sign_key, text, r.new_sign_proof)) return refuse(Code::proof_wrong, "sign key");
    return {};
}

Result<RenewalRequest> make_renewal(const Certificate& wanted, const Certificate& issuer,
                                    const RenewalSecrets& secrets, std::vector<LogSize> logs) {
    RenewalRequest r;
    r.node = wanted.node;
    r.serial = wanted.serial;
    r.in_force = secrets.in_force.public_key();
    r.sign_key = wanted.sign_key;
    r.open_key = wanted.open_key;
    r.open_epoch = wanted.open_epoch;
    r.next_open = wanted.next_open;
    r.transport_key = wanted.transport_key;
    r.issuer_epoch = issuer.open_epoch;
    if (r.sign_key != r.in_force) r.logs = std::move(logs);
    std::sort(r.logs.begin(), r.logs.end());
    const Transcript transcript = transcript_of(r, issuer.node);
    r.sign_proof = secrets.in_force.sign(to_sign(transcript));
    r.new_sign_proof = secrets.sign.sign(to_sign(transcript));
    if (secrets.next_open) {
        XW_TRY(proof, key_proof(*secrets.next_open, issuer.open_key, issuer.open_key,
                                secrets.next_open->public_key(), transcript));
        r.next_proof = proof;
    }
    if (secrets.transport) {
        XW_TRY(proof, key_proof(*secrets.transport, issuer.open_key, issuer.open_key,
                                secrets.transport->public_key(), transcript));
        r.transport_proof = proof;
    }
    return r;
}

namespace {

Result<void> check_proofs(const RenewalRequest& r, const Certificate& held, const Certificate& issuer,
                          const OpeningKeys& issuer_keys) {
    XW_TRY_VOID(verify_renewal(r, issuer.node));
    const bool new_next = r.next_open && r.next_open != held.next_open;
    const bool new_transport = r.transport_key != held.transport_key;
    if (!new_next && !new_transport) return {};
    const auto own = issuer_keys.find(r.issuer_epoch);
    if (!own) return refuse(Code::opening_key_missing, "renewal", std::to_string(r.issuer_epoch));
    const Transcript transcript = transcript_of(r, issuer.node);
    const auto check = [&](const OpenPublicKey& key, const Proof& claimed, const char* field) -> Result<void> {
        XW_TRY(proof, key_proof(*own, key, own->public_key(), key, transcript));
        if (proof != claimed) return refuse(Code::proof_wrong, field);
        return {};
    };
    if (new_next) XW_TRY_VOID(check(r.next_open->key, r.next_proof, "next opening key"));
    if (new_transport) XW_TRY_VOID(check(as_x25519(r.transport_key), r.transport_proof, "transport key"));
    return {};
}

// What is asked for follows from what is held: keys come in their turn and epochs never fall.
Result<void> check_claims(const RenewalRequest& r, const Certificate& held) {
    if (r.node != held.node) return bad_renewal("node", r.node.hex(), held.node.hex());
    if (r.in_force != held.sign_key)
        return bad_renewal("sign key in force", r.in_force.hex(), held.sign_key.hex());
    if (r.serial != held.serial + 1)
        return refuse(Code::renewal_serial, "serial", std::to_string(r.serial),
                      std::to_string(held.serial + 1));
    const bool kept = r.open_key == held.open_key && r.open_epoch == held.open_epoch;
    const bool moved_on =
        held.next_open && r.open_key == held.next_open->key && r.open_epoch == held.next_open->epoch;
    if (!kept && !moved_on)
        return bad_renewal("open key", std::to_string(r.open_epoch), std::to_string(held.open_epoch));
    if (r.next_open && r.next_open->epoch <= r.open_epoch)
        return bad_renewal("next epoch", std::to_string(r.next_open->epoch),
                           "> " + std::to_string(r.open_epoch));
    return {};
}

}  // namespace

Result<Certificate> grant_renewal(const RenewalRequest& r, const Certificate& held, const Certificate& issuer,
                                  const OpeningKeys& issuer_keys, const RenewalTerms& terms, Instant now) {
    XW_TRY_VOID(check_claims(r, held));
    XW_TRY_VOID(check_proofs(r, held, issuer, issuer_keys));
    if (expiry(issuer, now).expired) return refuse(Code::issuer_ended, issuer.code.text());
    Certificate fields = held;
    fields.serial = r.serial;
    fields.sign_key = r.sign_key;
    fields.open_key = r.open_key;
    fields.open_epoch = r.open_epoch;
    fields.next_open = r.next_open;
    fields.transport_key = r.transport_key;
    const bool same_keys = r.sign_key == held.sign_key && r.transport_key == held.transport_key &&
                           (!r.next_open || r.next_open == held.next_open);
    if (same_keys && !renewal_need(held, terms, now).term)
        return refuse(Code::renewal_not_due, held.code.text(), std::to_string(expiry(held, now).days_left));
    fields.issued_ms = now.ms;
    fields.expires_ms = (now + terms.certificate).ms;
    XW_TRY_VOID(check_fields(fields));
    return fields;
}

}  // namespace xinwang
