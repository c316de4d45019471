#include "node/core/healing.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/base/refusal_codec.h"

namespace xinwang {
namespace {

constexpr std::uint8_t of_a_batch = 1, of_no_batch = 2;

Bytes wound_key(const BatchName& name) {
    Writer key;
    name.log.write(key);
    key.u64(name.seq);
    key.u8(of_a_batch);
    return key.take();
}

Bytes lost_key(const DamagePlace& place) {
    std::array<std::uint8_t, 16> digest;
    blake2b(digest, {view("XW-lost"), place.key});
    Writer key;
    key.u8(of_no_batch);
    key.u8(static_cast<std::uint8_t>(place.table));
    key.raw(digest);
    return key.take();
}

Put row(Bytes key, Instant since, const Refusal& refusal) {
    Writer value;
    value.i64(since.ms);
    write(value, refusal);
    return {Table::quarantine, std::move(key), value.take()};
}

}  // namespace

Bytes healed_row_key() {
    return to_bytes(view("healed"));
}

const char* wound_state_name(WoundState state) {
    switch (state) {
        case WoundState::waiting:
            return "waiting";
        case WoundState::examining:
            return "examining";
        case WoundState::asked:
            return "asked";
        case WoundState::mending:
            return "mending";
    }
    return "?";
}

Result<bool> Healing::restore(View key, View value) {
    const bool batch = key.size() == wound_key_bytes && key.back() == of_a_batch;
    if (!batch && !(key.size() == lost_key_bytes && key.front() == of_no_batch)) return false;
    Reader in(value, "damage row");
    const Instant since{in.i64()};
    XW_TRY(refusal, read_refusal(in));
    XW_TRY_VOID(in.finish());
    if (batch) {
        Reader name(key, "damage key");
        XW_TRY(log, LogId::read(name));
        wounds_.insert_or_assign({log, name.u64()}, Wound{refusal, since});
    } else if (const auto place = damage_place(refusal)) {
        losses_.insert_or_assign(*place, Lost{refusal, since, 0});
    }
    return true;
}

std::optional<Put> Healing::damaged(Instant now, const BatchName& name, const Refusal& refusal,
                                    std::optional<BatchPlace> place) {
    const auto [it, fresh] = wounds_.try_emplace(name, Wound{refusal, now});
    Wound& wound = it->second;
    wound.place = place;
    if (wound.state == WoundState::examining || fresh) wound.state = WoundState::waiting;
    if (!fresh) return std::nullopt;
    return row(wound_key(name), now, refusal);
}

std::optional<Erase> Healing::sound(const BatchName& name) {
    if (wounds_.erase(name) == 0) return std::nullopt;
    return Erase{Table::quarantine, wound_key(name)};
}

std::optional<BatchName> Healing::take_due(Instant now) {
    std::size_t under_way = 0;
    for (auto& [name, wound] : wounds_) {
        if (wound.state == WoundState::asked && wound.next <= now) failed(now, name, std::nullopt);
        if (wound.state != WoundState::waiting) ++under_way;
    }
    if (under_way >= under_way_max) return std::nullopt;
    for (auto& [name, wound] : wounds_) {
        if (wound.state != WoundState::waiting || wound.next > now) continue;
        wound.state = WoundState::examining;
        return name;
    }
    return std::nullopt;
}

void Healing::asked(Instant now, const BatchName& name, SessionNumber session, const NodeId& peer) {
    Wound& wound = wounds_.at(name);
    wound.state = WoundState::asked;
    wound.session = session;
    wound.peer = peer;
    wound.next = now + patience_.silence;
}

bool Healing::may_ask(SessionNumber session) const {
    return std::count_if(wounds_.begin(), wounds_.end(), [&](const auto& entry) {
               return entry.second.state == WoundState::asked && entry.second.session == session;
           }) < static_cast<std::ptrdiff_t>(asked_of_one_max);
}

bool Healing::awaits(SessionNumber session, const BatchName& name) const {
    const auto it = wounds_.find(name);
    return it != wounds_.end() && it->second.state == WoundState::asked && it->second.session == session;
}

void Healing::mending(const BatchName& name) {
    wounds_.at(name).state = WoundState::mending;
}

const Wound* Healing::in_mending(const BatchName& name) const {
    const auto it = wounds_.find(name);
    return it != wounds_.end() && it->second.state == WoundState::mending ? &it->second : nullptr;
}

void Healing::failed(Instant now, const BatchName& name, std::optional<Refusal> why) {
    Wound& wound = wounds_.at(name);
    wound.state = WoundState::waiting;
    wound.session = 0;
    if (why) wound.answer = std::move(why);
    constexpr unsigned doublings_max = 12;
    wound.next = now + std::min(patience_.first * (1 << std::min(wound.tries, doublings_max)), patience_.most);
    ++wound.tries;
}

void Healing::later(Instant now, const BatchName& name) {
    constexpr Duration soon{5'000};
    wounds_.at(name).next = now + soon;
}

void Healing::session_lost(Instant now, SessionNumber session) {
    for (auto& [name, wound] : wounds_)
        if (wound.state == WoundState::asked && wound.session == session) failed(now, name, std::nullopt);
}

void Healing::session_began(Instant now) {
    for (auto& [name, wound] : wounds_)
        if (wound.state == WoundState::waiting) wound.next = std::min(wound.next, now);
}

std::optional<Put> Healing::lost(Instant now, const DamagePlace& place, const Refusal& refusal,
                                 std::uint64_t pass) {
    const auto [it, fresh] = losses_.try_emplace(place, Lost{refusal, now, pass});
    it->second.pass = pass;
    if (!fresh) return std::nullopt;
    return row(lost_key(place), now, refusal);
}

std::vector<Erase> Healing::pass_ended(std::uint64_t pass) {
    std::vector<Erase> gone;
    std::erase_if(losses_, [&](const auto& entry) {
        if (entry.second.pass == pass) return false;
        gone.push_back({Table::quarantine, lost_key(entry.first)});
        return true;
    });
    return gone;
}

}  // namespace xinwang
