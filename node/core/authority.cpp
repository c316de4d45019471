#include "node/core/authority.h"

#include <fmt/format.h>

#include <ctime>
#include <limits>

#include "protocol/base/limits.h"
#include "protocol/identifiers.h"

namespace xinwang {
namespace {

std::string name_of_field(const Field& field) {
    return field.label + "(" + field.code + ")";
}

std::optional<Refusal> judge_lane(const BatchClaim& batch, EntryKind kind) {
    const Lane lane = batch.log.lane;
    const bool trust = !about_record(kind) && kind <= EntryKind::evidence;
    const bool fits = says_content(kind)            ? lane != Lane::trust
                      : about_record(kind)          ? lane == Lane::rights
                      : trust                       ? lane == Lane::trust
                      : kind == EntryKind::transfer ? lane == Lane::rights
                                                    : false;  // said by the city, downward
    if (fits) return std::nullopt;
    const char* lanes = says_content(kind)                                  ? "records, rights"
                        : about_record(kind) || kind == EntryKind::transfer ? "rights"
                        : trust                                             ? "trust"
                                                                            : "-";
    return Refusal(Code::kind_not_in_lane, entry_kind_name(kind), lane_name(lane), lanes);
}

std::optional<Refusal> judge_fields(const Catalogue& catalogue, const Entry& entry) {
    const std::size_t wanted = catalogue.fields.size() + (entry.kind == EntryKind::withdraw ? 1 : 0);
    if (entry.fields.size() != wanted)
        return Refusal(Code::row_wrong_width, {}, std::to_string(entry.fields.size()), std::to_string(wanted));
    // The one cost that every entry has: it is made of its key fields again.
    if (const RecordId id = record_id(catalogue, entry.fields); id != entry.record)
        return Refusal(Code::record_id_wrong, {}, entry.record.hex(), id.hex());
    if (entry.kind == EntryKind::withdraw) return std::nullopt;
    for (const Field& field : catalogue.fields) {
        const auto at = static_cast<std::size_t>(&field - catalogue.fields.data());
        if (entry.fields[at].empty() && is_required(catalogue, field, entry.fields))
            return Refusal(Code::field_missing, name_of_field(field), {}, catalogue.rule_version());
    }
    if (entry.subject != subject_identifier(catalogue, entry.fields)) {
        const bool person = subject_kind(catalogue, entry.fields) == SubjectKind::person;
        const auto& rule = catalogue.subject;
        // Without its value: it may be a person's.
        return Refusal(
            Code::subject_wrong,
            name_of_field(catalogue.fields[person ? rule.person_identifier : rule.organisation_identifier]));
    }
    const Field& decided = catalogue.fields[catalogue.decision_date];
    const std::string_view text = value_of(entry.fields, catalogue.decision_date);
    if (entry.date != parse_date(text, {}).value_or(0))
        return Refusal(Code::date_wrong, name_of_field(decided), std::to_string(entry.date), text);
    return std::nullopt;
}

// Of an entry that does not carry the fields which say whose it is, either audience of the catalogue will do.
std::optional<Refusal> judge_audience(const Catalogue& catalogue, const BatchClaim& batch, const Entry& entry) {
    const bool whole = entry.kind == EntryKind::publish || entry.kind == EntryKind::correct;
    const std::uint16_t ordered = whole ? policy_of(catalogue, entry.fields) : catalogue.persons_policy;
    if (batch.policy == ordered || (!whole && batch.policy == catalogue.organisations_policy))
        return std::nullopt;
    return Refusal(Code::audience_not_ordered, catalogue.rule_version(), std::to_string(batch.policy),
                   std::to_string(ordered));
}

}  // namespace

bool says_content(EntryKind kind) {
    return kind == EntryKind::publish || kind == EntryKind::correct || kind == EntryKind::withdraw;
}

std::string day_of(std::int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm day{};
    if (gmtime_r(&seconds, &day) == nullptr) return std::to_string(ms);
    return fmt::format("{:04}-{:02}-{:02}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

const Catalogue* Authority::catalogue(const std::string& id, std::uint32_t version) const {
    const auto it = catalogues.find({id, version});
    return it == catalogues.end() ? nullptr : it->second.get();
}

bool Authority::knows_catalogue(const std::string& id) const {
    const auto it = catalogues.lower_bound({id, 0});
    return it != catalogues.end() && it->first.first == id;
}

bool Authority::follows(const NodeId& node, const NodeId& owner) const {
    if (node == owner) return true;
    std::set<NodeId> seen{owner};
    for (std::vector<NodeId> next{owner}; !next.empty();) {
        const auto after = followers.find(next.back());
        next.pop_back();
        if (after == followers.end()) continue;
        for (const NodeId& follower : after->second) {
            if (follower == node) return true;
            if (seen.insert(follower).second) next.push_back(follower);
        }
    }
    return false;
}

std::string Authority::name_of(const NodeId& node) const {
    const auto it = codes.find(node);
    return it == codes.end() ? node.hex() : it->second.text();
}

std::map<NodeId, std::set<NodeId>> followers_of(const Roster& roster,
                                                const std::map<DivisionCode, DivisionCode>& became) {
    std::map<NodeId, std::set<NodeId>> followers;
    const auto add = [&](const NodeId& node, const Certificate* after) {
        if (after != nullptr && after->node != node) followers[node].insert(after->node);
    };
    for (const auto& [node, revocation] : roster.revocations())
        if (const Certificate* gone = roster.find(node)) {
            add(node, roster.by_code(gone->code));
            if (const auto it = became.find(gone->code); it != became.end())
                add(node, roster.by_code(it->second));
        }
    for (const auto& [was, is] : became)
        if (const Certificate* before = roster.by_code(was)) add(before->node, roster.by_code(is));
    return followers;
}

std::optional<Refusal> judge_batch(const BatchClaim& batch) {
    const std::int64_t most = batch.at_ms + limits::moment_ahead_max_ms;
    if (batch.created_ms <= most) return std::nullopt;
    return Refusal(Code::moment_too_far, "created_ms", std::to_string(batch.created_ms), std::to_string(most));
}

std::optional<Refusal> judge_entry(const Authority& authority, const BatchClaim& batch, const Entry& entry) {
    if (auto refused = judge_lane(batch, entry.kind)) return refused;
    if (entry.kind == EntryKind::transfer) return judge_transfer(authority, batch.log.origin, entry.body);
    if (!about_record(entry.kind)) return std::nullopt;
    const Catalogue* catalogue = authority.catalogue(entry.catalogue, entry.catalogue_version);
    if (catalogue == nullptr && !authority.at_city) return std::nullopt;
    if (catalogue == nullptr && !authority.knows_catalogue(entry.catalogue))
        return Refusal(Code::catalogue_unknown, "catalogue", entry.catalogue);
    if (catalogue == nullptr)
        return Refusal(Code::catalogue_version_unknown, entry.catalogue,
                       std::to_string(entry.catalogue_version));
    if (says_content(entry.kind))
        if (auto refused = judge_fields(*catalogue, entry)) return refused;
    return judge_audience(*catalogue, batch, entry);
}

std::optional<Refusal> judge_transfer(const Authority& authority, const NodeId& author, View body) {
    const auto transfer = parse_transfer(body);
    if (!transfer) return transfer.error();
    const auto by = authority.codes.find(author), from = authority.codes.find(transfer->from),
               to = authority.codes.find(transfer->to);
    const bool above = transfer->by == author && by != authority.codes.end() && from != authority.codes.end() &&
                       to != authority.codes.end() && from->second.is_within(by->second) &&
                       to->second.is_within(by->second);
    if (above) return std::nullopt;
    return Refusal(Code::transfer_not_above, authority.name_of(author), authority.name_of(transfer->from),
                   authority.name_of(transfer->to));
}

std::optional<Refusal> Ownership::take(const Said& said) {
    hand_over(said.ordinal);
    if (!owner_) {
        if (!says_content(said.kind) && !said.confirmed)
            return Refusal(Code::record_without_owner, entry_kind_name(said.kind));
        own(said);
        return std::nullopt;
    }
    if (said.origin == *owner_) {
        subject_ = said.subject;
        return std::nullopt;
    }
    if (said.confirmed || authority_.follows(said.origin, *owner_)) {
        ++tenure_;
        own(said);
        return std::nullopt;
    }
    const std::string owner = authority_.name_of(*owner_), since = day_of(since_ms_);
    if (said.kind == EntryKind::publish) return Refusal(Code::record_held, owner, since);
    return Refusal(Code::not_the_owner, owner, since, entry_kind_name(said.kind));
}

const std::optional<NodeId>& Ownership::after_all() {
    hand_over(std::numeric_limits<std::uint64_t>::max());
    return owner_;
}

void Ownership::hand_over(std::uint64_t before) {
    if (!owner_) return;
    for (const TakenTransfer& taken : authority_.transfers) {
        const Transfer& transfer = taken.transfer;
        if (taken.ordinal <= since_ordinal_ || taken.ordinal > before) continue;
        if (!transfer.concerns(catalogue_, subject_) || !authority_.follows(transfer.from, *owner_)) continue;
        ++tenure_;
        owner_ = transfer.to;
        since_ordinal_ = taken.ordinal;
        since_ms_ = transfer.at_ms;
    }
}

void Ownership::own(const Said& said) {
    owner_ = said.origin;
    since_ordinal_ = said.ordinal;
    since_ms_ = said.at_ms;
    catalogue_ = said.catalogue;
    subject_ = said.subject;
}

}  // namespace xinwang
