// A record's owner in a net of real cores: nobody else corrects, withdraws or publishes it, the city's verdict
// comes down to whoever tried, and records are handed over by an ancestor.
#include "node/core/judged.h"
#include "tests/node/core_net.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace core_authority_test {
namespace {

struct Judged {
    City city;
    CoreNet net{city};
    Catalogue catalogue = *parse_catalogue(licence_catalogue_toml());
    Sampler sampler{catalogue, {}};

    Judged() {
        net.start_all();
        REQUIRE(net.at(city.city).core->publish_catalogue(net.now(), std::string(licence_catalogue_toml())));
        net.run(10);
    }
    // As a node's own intake never would: whatever kind, in whatever lane.
    LogId say(const Node& who, const Entry& entry, Lane lane = Lane::records,
              std::optional<std::uint16_t> policy = {}) {
        Core& core = *net.at(who).core;
        core.author({lane, {}}, policy.value_or(policy_of(catalogue, sampler.entry(0).fields)), entry);
        net.run(8);
        return core.own_log({lane, {}});
    }
    Entry entry(EntryKind kind, std::uint64_t number = 0) const {
        Entry made = sampler.entry(number);
        made.kind = kind;
        if (kind == EntryKind::correct) made.fields.back() = "更正";
        if (kind != EntryKind::withdraw) return made;
        Values key(catalogue.fields.size());
        for (const std::uint16_t field : catalogue.key) key[field] = made.fields[field];
        made.fields = std::move(key);
        made.fields.emplace_back("重复");
        return made;
    }
    // What `who` was told of the newest batch of its log: none yet, in effect (0), or a refusal's number.
    std::optional<int> told(const Node& who, const LogId& log) {
        const CoreNode& n = net.at(who);
        const Seq last = n.core->logbook().find(log)->size - 1;
        const auto verdict = verdict_of(n.store->snapshot(), log, last);
        REQUIRE(verdict);
        if (!verdict->told) return std::nullopt;
        const Refusal* refused = verdict->refused_at(0);
        return refused == nullptr ? 0 : static_cast<int>(refused->code);
    }
    std::optional<ReadEntry> latest(const Node& who, const RecordId& record) {
        auto found = read_latest(net.at(who).store->snapshot(), record, *net.at(who).room);
        REQUIRE(found);
        return *found;
    }
};

}  // namespace

TEST_CASE("a second node neither withdraws, corrects nor replaces a record, and is told so") {
    Judged all;
    const City& city = all.city;
    const Entry published = all.entry(EntryKind::publish);
    const LogId own = all.say(city.first, published);
    CHECK(all.told(city.first, own) == 0);

    const std::pair<Entry, Code> tries[] = {
        {all.entry(EntryKind::withdraw), Code::not_the_owner},
        {all.entry(EntryKind::correct), Code::not_the_owner},
        {published, Code::record_held_same},
    };
    for (const Lane lane : {Lane::records, Lane::rights})
        for (const auto& [entry, code] : tries) {
            INFO(entry_kind_name(entry.kind) << " in " << lane_name(lane));
            const LogId log = all.say(city.second, entry, lane);
            CHECK(all.told(city.second, log) == static_cast<int>(code));
            for (const Node* reader : {&city.city, &city.first}) {
                const auto latest = all.latest(*reader, published.record);
                REQUIRE(latest);
                CHECK(latest->log.origin == city.first.certificate.node);
                CHECK(latest->entry->kind == EntryKind::publish);
            }
        }
    Entry differs = published;
    differs.fields.back() = "另一内容";
    CHECK(all.told(city.second, all.say(city.second, differs)) == static_cast<int>(Code::record_held_other));

    // The owner goes on as before.
    CHECK(all.told(city.first, all.say(city.first, all.entry(EntryKind::withdraw), Lane::rights)) == 0);
    CHECK(all.latest(city.city, published.record)->entry->kind == EntryKind::withdraw);
}

TEST_CASE("what is wrong with an entry comes back to its origin, and nobody reads it") {
    Judged all;
    const City& city = all.city;
    Entry no_catalogue = all.entry(EntryKind::publish, 1), wrong_id = all.entry(EntryKind::publish, 2);
    no_catalogue.catalogue = "nosuch";
    wrong_id.record.bytes.fill(9);
    Entry enrol;
    enrol.kind = EntryKind::enrol;
    const std::pair<Entry, Code> tries[] = {{no_catalogue, Code::catalogue_unknown},
                                            {wrong_id, Code::record_id_wrong},
                                            {enrol, Code::kind_not_in_lane}};
    for (const auto& [entry, code] : tries) {
        CHECK(all.told(city.first, all.say(city.first, entry)) == static_cast<int>(code));
        CHECK_FALSE(all.latest(city.city, entry.record));
    }
    const LogId left_out =
        all.say(city.first, all.entry(EntryKind::publish, 3), Lane::records, audience_county);
    CHECK(all.told(city.first, left_out) == static_cast<int>(Code::city_left_out));
    // A line that is right, behind them all.
    CHECK(all.told(city.first, all.say(city.first, all.entry(EntryKind::publish, 4))) == 0);
    CHECK(all.net.at(city.city).core->quarantined() == 0);
}

TEST_CASE("a batch of rubbish is held, says nothing, and stops no log") {
    Judged all;
    const City& city = all.city;
    Bytes cut = encode(all.entry(EntryKind::publish, 5));
    cut.pop_back();  // its front parses, so that whoever sealed it had no trouble
    EntryBlock rubbish;
    rubbish.add(encode(all.entry(EntryKind::publish, 6)));
    rubbish.add(cut);
    Core& first = *all.net.at(city.first).core;
    first.seal_block(policy_of(all.catalogue, all.sampler.entry(0).fields), std::move(rubbish));
    all.net.run(8);
    const LogId log = all.net.records(city.first);
    REQUIRE(all.net.at(city.city).size(log) == 1);
    CHECK(all.told(city.first, log) == static_cast<int>(Code::bad_entry));
    CHECK_FALSE(all.latest(city.city, all.entry(EntryKind::publish, 6).record));
    CHECK(all.told(city.first, all.say(city.first, all.entry(EntryKind::publish, 6))) == 0);
    CHECK(all.latest(city.city, all.entry(EntryKind::publish, 6).record));
}

TEST_CASE("of one batch each entry is judged by itself: new, held by another, wrong, said twice") {
    Judged all;
    const City& city = all.city;
    all.say(city.first, all.entry(EntryKind::publish, 10));
    Entry wrong = all.entry(EntryKind::publish, 12);
    wrong.record.bytes.fill(9);
    EntryBlock mixed;
    mixed.add(encode(all.entry(EntryKind::publish, 10)));  // held of the first village
    mixed.add(encode(all.entry(EntryKind::publish, 11)));  // new
    mixed.add(encode(wrong));
    mixed.add(encode(all.entry(EntryKind::withdraw, 10)));  // not its own
    mixed.add(encode(all.entry(EntryKind::correct, 11)));   // its own, of this batch
    CoreNode& second = all.net.at(city.second);
    second.core->seal_block(policy_of(all.catalogue, all.sampler.entry(0).fields), std::move(mixed));
    all.net.run(8);
    const LogId log = all.net.records(city.second);
    const auto verdict = verdict_of(second.store->snapshot(), log, 0);
    REQUIRE(verdict);
    REQUIRE(verdict->told);
    const auto code_at = [&](std::uint32_t position) -> std::optional<Code> {
        const Refusal* refused = verdict->refused_at(position);
        return refused == nullptr ? std::nullopt : std::optional(refused->code);
    };
    CHECK(code_at(0) == Code::record_held_same);
    CHECK_FALSE(code_at(1));
    CHECK(code_at(2) == Code::record_id_wrong);
    CHECK(code_at(3) == Code::not_the_owner);
    CHECK_FALSE(code_at(4));
    const auto latest = all.latest(city.city, all.entry(EntryKind::publish, 11).record);
    REQUIRE(latest);
    CHECK(latest->entry->kind == EntryKind::correct);
}

TEST_CASE("an ancestor of both hands records over, and nobody else does") {
    Judged all;
    const City& city = all.city;
    const Entry published = all.entry(EntryKind::publish);
    all.say(city.first, published);
    Core& township = *all.net.at(city.hill).core;
    const auto first = city.first.certificate.code, second = city.second.certificate.code;
    CHECK_FALSE(all.net.at(city.lake).core->transfer(all.net.now(), {first, second, "", "", "合并"}));
    REQUIRE(township.transfer(all.net.now(), {first, second, "", "", "合并"}));
    all.net.run(8);

    CHECK(all.told(city.first, all.say(city.first, all.entry(EntryKind::correct), Lane::rights)) ==
          static_cast<int>(Code::not_the_owner));
    CHECK(all.told(city.second, all.say(city.second, all.entry(EntryKind::correct), Lane::rights)) == 0);
    CHECK(all.latest(city.city, published.record)->log.origin == city.second.certificate.node);
}

TEST_CASE("a city that was restored says what it had said") {
    Judged all;
    const City& city = all.city;
    const MemoryDisk before = *all.net.at(city.city).disk;
    const Entry published = all.entry(EntryKind::publish);
    all.say(city.first, published);
    const LogId log = all.say(city.second, published);
    REQUIRE(all.told(city.second, log) == static_cast<int>(Code::record_held_same));

    all.net.set_back(city.city, before);
    all.net.run(120);
    const auto latest = all.latest(city.city, published.record);
    REQUIRE(latest);
    CHECK(latest->log.origin == city.first.certificate.node);
    CHECK(all.told(city.city, log) == static_cast<int>(Code::record_held_same));
}

}  // namespace core_authority_test
