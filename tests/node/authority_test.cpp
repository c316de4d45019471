// Who may say what of a record, as one rule over values: lanes, contents, audiences, owners, transfers.
#include <catch2/catch.hpp>

#include "node/core/authority.h"
#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/verdict.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

using namespace xinwang;

namespace authority_test {
namespace {

NodeId node(std::uint8_t number) {
    NodeId id;
    id.bytes.fill(number);
    return id;
}
DivisionCode code(std::string_view text) {
    return *DivisionCode::parse(text);
}
const NodeId village = node(1), other = node(2), heir = node(3), township = node(4), stranger = node(5);

// The city's: it knows its catalogue, and where everybody is.
struct Rules {
    std::shared_ptr<const Catalogue> catalogue =
        std::make_shared<const Catalogue>(*parse_catalogue(licence_catalogue_toml()));
    Sampler sampler{*catalogue, {}};
    Authority authority;
    Rules() {
        authority.at_city = true;
        authority.catalogues[{catalogue->id, catalogue->version}] = catalogue;
        authority.codes = {{village, code("990102001001")},
                           {other, code("990102001002")},
                           {heir, code("990102001003")},
                           {township, code("990102001000")},
                           {stranger, code("990103000000")}};
    }
    Entry entry(EntryKind kind = EntryKind::publish) const {
        Entry made = sampler.entry(0);
        made.kind = kind;
        if (kind != EntryKind::withdraw) return made;
        Values key(catalogue->fields.size());
        for (const std::uint16_t field : catalogue->key) key[field] = made.fields[field];
        made.fields = std::move(key);
        made.fields.emplace_back("重复");
        return made;
    }
    BatchClaim batch(Lane lane = Lane::records) const {
        return {{village, {}, lane, {}}, policy_of(*catalogue, sampler.entry(0).fields), 1000, 1000};
    }
    std::optional<Code> judged(const BatchClaim& claim, const Entry& made) const {
        const auto refused = judge_entry(authority, claim, made);
        return refused ? std::optional(refused->code) : std::nullopt;
    }
};

Ownership::Said said(const NodeId& origin, EntryKind kind, std::uint64_t ordinal, bool confirmed = false) {
    return {ordinal, origin, kind, 1'795'485'600'000, "xzxk", "91", confirmed};
}
std::optional<Code> code_of(const std::optional<Refusal>& refused) {
    return refused ? std::optional(refused->code) : std::nullopt;
}

}  // namespace

TEST_CASE("each kind has its lanes, and no other") {
    const Rules rules;
    using enum EntryKind;
    const std::pair<EntryKind, std::vector<Lane>> table[] = {{publish, {Lane::records, Lane::rights}},
                                                             {correct, {Lane::records, Lane::rights}},
                                                             {withdraw, {Lane::records, Lane::rights}},
                                                             {dispute, {Lane::rights}},
                                                             {resolve, {Lane::rights}},
                                                             {repair, {Lane::rights}},
                                                             {enrol, {Lane::trust}},
                                                             {move, {Lane::trust}},
                                                             {catalogue, {Lane::trust}},
                                                             {evidence, {Lane::trust}},
                                                             {verdict, {}},
                                                             {feedback, {}}};
    for (const auto& [kind, lanes] : table)
        for (const Lane lane : all_lanes) {
            INFO(entry_kind_name(kind) << " in " << lane_name(lane));
            const bool fits = std::find(lanes.begin(), lanes.end(), lane) != lanes.end();
            Entry made = rules.entry(kind);
            if (!about_record(kind)) made.fields.clear();
            const auto refused = rules.judged(rules.batch(lane), made);
            CHECK((refused == Code::kind_not_in_lane) == !fits);
        }
}

TEST_CASE("what an entry says by itself is held against its catalogue") {
    const Rules rules;
    const auto wrong = [&](auto&& change, EntryKind kind = EntryKind::publish) {
        Entry made = rules.entry(kind);
        BatchClaim claim = rules.batch();
        change(made, claim);
        return rules.judged(claim, made);
    };
    CHECK(wrong([](Entry&, BatchClaim&) {}) == std::nullopt);
    CHECK(wrong([](Entry&, BatchClaim&) {}, EntryKind::withdraw) == std::nullopt);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.record.bytes.fill(7); }) == Code::record_id_wrong);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.record.bytes.fill(7); }, EntryKind::withdraw) ==
          Code::record_id_wrong);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.subject = "91130600MA00000000"; }) == Code::subject_wrong);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.date = 20200101; }) == Code::date_wrong);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.catalogue = "nosuch"; }) == Code::catalogue_unknown);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.catalogue_version = 99; }) == Code::catalogue_version_unknown);
    CHECK(wrong([](Entry& e, BatchClaim&) { e.fields.pop_back(); }) == Code::row_wrong_width);
    CHECK(wrong([](Entry&, BatchClaim& b) { b.policy = audience_county; }) == Code::audience_not_ordered);
    CHECK(wrong([](Entry&, BatchClaim& b) { b.policy = audience_county; }, EntryKind::withdraw) ==
          Code::audience_not_ordered);
    const auto& fields = rules.catalogue->fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto& key = rules.catalogue->key;
        const bool in_key = std::find(key.begin(), key.end(), i) != key.end();
        if (fields[i].need != Need::always || in_key) continue;
        INFO(fields[i].code);
        CHECK(wrong([&](Entry& e, BatchClaim&) { e.fields[i].clear(); }) != std::nullopt);
    }
    // Who is not the city leaves to it what it does not know.
    Authority county = rules.authority;
    county.at_city = false;
    Entry unknown = rules.entry();
    unknown.catalogue_version = 99;
    CHECK_FALSE(judge_entry(county, rules.batch(), unknown));
}

TEST_CASE("a moment a hundred years ahead of its arrival is not in effect") {
    BatchClaim claim = Rules().batch();
    claim.created_ms = claim.at_ms + limits::moment_ahead_max_ms;
    CHECK_FALSE(judge_batch(claim));
    claim.created_ms += 1;
    CHECK(judge_batch(claim)->code == Code::moment_too_far);
    claim.created_ms = std::numeric_limits<std::int64_t>::max();
    CHECK(judge_batch(claim));
}

TEST_CASE("a record belongs to the first who is in effect, and nobody else speaks for it") {
    const Rules rules;
    using enum EntryKind;
    Ownership owns(rules.authority);
    CHECK(code_of(owns.take(said(other, dispute, 1))) == Code::record_without_owner);
    CHECK_FALSE(owns.take(said(village, publish, 2)));
    for (const EntryKind kind : {correct, withdraw, dispute, resolve, repair}) {
        CHECK(code_of(owns.take(said(other, kind, 3))) == Code::not_the_owner);
        CHECK_FALSE(owns.take(said(village, kind, 3)));
    }
    const auto refused = owns.take(said(other, publish, 4));
    REQUIRE(refused);
    CHECK(refused->code == Code::record_held);
    CHECK(refused->field == "990102001001");
    CHECK(refused->value == "2026-11-24");
    // What the city has said is in effect, whatever is known here.
    CHECK_FALSE(owns.take(said(other, publish, 5, true)));
    CHECK(owns.owner() == other);
    CHECK(owns.tenure() == 1);
}

TEST_CASE("who follows the owner by certificate is the owner") {
    Rules rules;
    rules.authority.followers = {{village, {heir}}, {heir, {stranger}}};
    CHECK(rules.authority.follows(stranger, village));
    CHECK_FALSE(rules.authority.follows(village, heir));
    Ownership owns(rules.authority);
    CHECK_FALSE(owns.take(said(village, EntryKind::publish, 1)));
    CHECK(owns.take(said(other, EntryKind::correct, 2)));
    CHECK_FALSE(owns.take(said(stranger, EntryKind::correct, 3)));
    CHECK(owns.take(said(village, EntryKind::correct, 4)));
}

TEST_CASE("a transfer moves what was owned before it, as far as it names it") {
    Rules rules;
    const Transfer all{township, village, other, 0, "", "", "合并"};
    rules.authority.transfers = {{5, all}};
    Ownership owns(rules.authority);
    CHECK_FALSE(owns.take(said(village, EntryKind::publish, 1)));
    CHECK_FALSE(owns.take(said(village, EntryKind::correct, 4)));
    CHECK(owns.take(said(village, EntryKind::correct, 6)));
    CHECK_FALSE(owns.take(said(other, EntryKind::withdraw, 7)));
    CHECK(owns.tenure() == 1);
    Ownership later(rules.authority);
    CHECK_FALSE(later.take(said(village, EntryKind::publish, 6)));
    CHECK_FALSE(later.take(said(village, EntryKind::correct, 9)));
    CHECK(later.after_all() == village);

    rules.authority.transfers.front().transfer.catalogue = "xzcf";
    Ownership elsewhere(rules.authority);
    CHECK_FALSE(elsewhere.take(said(village, EntryKind::publish, 1)));
    CHECK(elsewhere.after_all() == village);
}

TEST_CASE("a transfer is an ancestor's of both") {
    const Rules rules;
    const auto judged = [&](const NodeId& by, const NodeId& from, const NodeId& to) {
        return code_of(judge_transfer(rules.authority, by, encode(Transfer{by, from, to, 0, "", "", "合并"})));
    };
    CHECK(judged(township, village, other) == std::nullopt);
    CHECK(judged(township, village, stranger) == Code::transfer_not_above);
    CHECK(judged(village, village, other) == Code::transfer_not_above);
    CHECK(judged(stranger, village, other) == Code::transfer_not_above);
    // Nobody says it in another's name.
    const Transfer forged{township, village, other, 0, "", "", "合并"};
    CHECK(code_of(judge_transfer(rules.authority, stranger, encode(forged))) == Code::transfer_not_above);
}

TEST_CASE("a verdict is bounded however a batch is refused") {
    VerdictGroups groups;
    for (std::uint32_t i = 0; i < limits::batch_entries_max; ++i)
        groups.add(i,
                   Refusal(i % 2 == 0 ? Code::record_id_wrong : Code::record_held, std::to_string(i % 1000)));
    CHECK(groups.all().size() <= Verdict::reasons_max);
    const LogId log{village, {}, Lane::records, {}};
    const auto parts = verdict_of_batch(log, 7, 1, groups.all());
    std::size_t bytes = 0;
    std::vector<bool> refused(limits::batch_entries_max);
    for (const Verdict& part : parts) {
        const Bytes body = encode(part);
        CHECK(body.size() < limits::entry_bytes_max - 200);
        bytes += body.size();
        const auto read = parse_verdict(body);
        REQUIRE(read);
        CHECK(*read == part);
        for (const VerdictGroup& group : part.refused)
            for (const VerdictRange& range : group.ranges)
                for (std::size_t i = range.from; i <= range.to; ++i) refused[i] = true;
    }
    CHECK(parts.back().last);
    CHECK(std::count(refused.begin(), refused.end(), true) == static_cast<long>(limits::batch_entries_max));
    CHECK(bytes < 512u << 10);
}

}  // namespace authority_test
