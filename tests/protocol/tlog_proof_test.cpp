// Shows that a tlog-proof and a tlog-policy are the public formats, and that a proof has one form.
#include "protocol/tlog_proof.h"

#include <catch2/catch.hpp>

#include "tests/protocol/example.h"

using namespace xinwang;
using xinwang::testing::Example;
using xinwang::testing::repeated;

namespace tlog_proof_test {
namespace {

TlogProof some_proof() {
    return {3, {*Hash256::from(repeated(1)), *Hash256::from(repeated(2))}, "text\n\n— a AAAAAAA=\n"};
}

}  // namespace

TEST_CASE("a tlog-proof is read as it was written") {
    const TlogProof proof = some_proof();
    const std::string text = tlog_proof_text(proof);
    CHECK(text.starts_with("c2sp.org/tlog-proof@v1\nindex 3\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"));
    CHECK(text.ends_with("\n\ntext\n\n— a AAAAAAA=\n"));
    CHECK(*parse_tlog_proof(text) == proof);
    const TlogProof lone{0, {}, "x"};
    CHECK(tlog_proof_text(lone) == "c2sp.org/tlog-proof@v1\nindex 0\n\nx");
    CHECK(*parse_tlog_proof(tlog_proof_text(lone)) == lone);
}

TEST_CASE("a tlog-proof has one form") {
    const std::string good = tlog_proof_text(some_proof());
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string changed = good;
        changed.replace(changed.find(from), from.size(), to);
        return changed;
    };
    for (const std::string& bad :
         {with("@v1", "@v2"), with("index 3", "index 03"), with("index 3", "index"),
          with("index 3", "extra YQ==\nindex 3"), with("index 3", "index 99999999999999999999"),
          with("AQEB", "AQE"), with("AQE=\n", "AQF=\n"), with("AQE=\n", "AQE=\r\n"), with("\n\ntext", "\ntext"),
          std::string(), std::string("c2sp.org/tlog-proof@v1\n")}) {
        const auto refused = parse_tlog_proof(bad);
        REQUIRE(!refused);
        CHECK(refused.error().code == Code::bad_tlog_proof);
    }
}

TEST_CASE("a tlog-policy names the log by its origin line and wants every witness") {
    const Example e;
    const std::string policy =
        tlog_policy_text(head_key(e.log, e.village.public_key()),
                         {{"130600000000", receipt_key(e.city_id, e.city.public_key())},
                          {"130602000000", receipt_key(e.village_id, e.village.public_key())}});
    CHECK(policy.starts_with("log " + e.log.origin_line() + "+"));
    CHECK(policy.find("\nwitness 130600000000 xinwang/" + e.city_id.hex() + "+") != std::string::npos);
    CHECK(policy.ends_with("\ngroup all all 130600000000 130602000000\nquorum all\n"));
}

}  // namespace tlog_proof_test
