// Shows that the hex and text blocks of WIRE.md are what the code reads and writes.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "protocol/transfer.h"
#include "protocol/verdict.h"
#include "tests/protocol/example.h"

using namespace xinwang;

namespace wire_test {

using xinwang::testing::Example;
using xinwang::testing::example_record;

namespace {

// The lines between "```<kind> <name>" and the next "```".
std::string block(const std::string& kind, const std::string& name) {
    std::ifstream file(XINWANG_SOURCE_DIR "/protocol/WIRE.md");
    REQUIRE(file);
    std::string line, out;
    while (std::getline(file, line) && line != "```" + kind + " " + name) continue;
    while (std::getline(file, line) && line != "```") out += line + "\n";
    INFO(name);
    REQUIRE(!out.empty());
    return out;
}

Bytes hex_block(const std::string& name) {
    std::istringstream lines(block("hex", name));
    std::string line, digits;
    while (std::getline(lines, line)) digits += line;
    const auto bytes = from_hex(digits);
    REQUIRE(bytes);
    return *bytes;
}

}  // namespace

TEST_CASE("WIRE.md: identifiers and an entry") {
    const Example e;
    CHECK(hex_block("node-id") == to_bytes(e.village_id.view()));
    Writer log;
    e.log.write(log);
    CHECK(hex_block("log-id") == log.bytes());
    CHECK(hex_block("entry") == encode(example_record(1)));
    CHECK(*decode_entry(hex_block("entry")) == example_record(1));
}

TEST_CASE("WIRE.md: a verdict and a transfer") {
    const Example e;
    Verdict verdict{e.log, 0, 1, 0, true, 1'795'000'120'000, {}};
    verdict.refused.push_back(
        {Refusal(Code::not_the_owner, "130602001001", "2026-11-05", "withdraw"), {{1, 1}}});
    CHECK(hex_block("verdict") == encode(verdict));
    CHECK(parse_verdict(hex_block("verdict")) == verdict);
    NodeId to;
    to.bytes.fill(0x5a);
    const Transfer transfer{e.city_id, e.village_id, to, 1'795'000'180'000, "licence", "", "镇机构改革"};
    CHECK(hex_block("transfer") == encode(transfer));
    CHECK(parse_transfer(hex_block("transfer")) == transfer);
}

TEST_CASE("WIRE.md: the batch verifies and opens for village and city, in both versions of the envelope") {
    const Example e;
    const std::string version = GENERATE("", "-of-version-1");
    const Bytes header = hex_block("batch-header" + version), piece = hex_block("batch-piece-1" + version);
    const View pieces[] = {piece};
    const auto h = verify_batch(header, pieces, e.village.public_key());
    REQUIRE(h);
    CHECK((hex_block("batch-id") == to_bytes(h->id.view())) == (h->version == 2));
    CHECK(h->version == (version.empty() ? 2 : 1));
    const SealRequest r = e.request();
    CHECK(h->log == r.log);
    CHECK(h->created_ms == r.created_ms);
    CHECK(h->directory_version == r.directory_version);
    CHECK(h->directory_hash == r.directory_hash);
    CHECK(h->policy_id == r.policy_id);
    CHECK(h->stanza_for(e.village_id)->epoch == 1);
    CHECK(h->stanza_for(e.city_id)->epoch == 3);
    for (const auto& [id, key] :
         {std::pair{e.village_id, &e.village_open}, std::pair{e.city_id, &e.city_open}}) {
        const auto cek = unwrap(*h, id, key);
        REQUIRE(cek);
        const auto opened = xinwang::testing::open_all(*h, pieces, *cek);
        REQUIRE(opened);
        REQUIRE(opened->size() == 2);
        for (std::uint32_t i = 0; i < 2; ++i) CHECK(*decode_entry((*opened)[i]) == example_record(i + 1));
    }
}

TEST_CASE("WIRE.md: head and receipt are what the example's keys sign") {
    const Example e;
    const auto id = *BatchId::from(hex_block("batch-id"));
    CHECK(block("text", "head") == e.head(id));
    CHECK(block("text", "receipt") == e.receipt(id));
    CHECK(verify_head(block("text", "head"), e.village_id, e.village.public_key())->size == 1);
    CHECK(verify_receipt(block("text", "receipt"), e.city_id, e.city.public_key())->seconds == 1'795'000'060);
}

}  // namespace wire_test
