// Shows until when a record is kept by its catalogue, and that a statement of expiry has one form and one
// signer.
#include "protocol/expiry.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

using namespace xinwang;

namespace expiry_test {
namespace {

std::string penalty_toml() {
    std::ifstream file(XINWANG_SOURCE_DIR "/deploy/catalogues/xzcf.toml");
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

Catalogue parsed(const std::string& toml) {
    auto catalogue = parse_catalogue(toml);
    INFO((catalogue ? "" : catalogue.error().line(Language::english)));
    REQUIRE(catalogue);
    return std::move(*catalogue);
}

struct Dates {
    const char* decided = "2024/02/29";
    const char* valid_until = "";
    const char* shown_until = "";
};

Values row(const Catalogue& catalogue, const char* kind, const Dates& dates) {
    Values values(catalogue.fields.size());
    const auto set = [&](const char* code, const char* value) { values[*catalogue.find(code)] = value; };
    set("CF_XDR_LB", kind);
    set("CF_JDRQ", dates.decided);
    set("CF_YXQ", dates.valid_until);
    set("CF_GSJZQ", dates.shown_until);
    return values;
}

std::string without_retention() {
    std::string toml = penalty_toml();
    const auto at = toml.find("[retention]"), end = toml.find("[[field]]");
    REQUIRE((at != toml.npos && at < end));
    return toml.erase(at, end - at);
}

std::string with_retention(const std::string& table) {
    std::string toml = without_retention();
    return toml.insert(toml.find("[[field]]"), "[retention]\n" + table + "\n");
}

ExpiryStatement some_statement(const SigningKey& key) {
    ExpiryStatement s;
    s.log.origin = node_id_of(key.public_key());
    s.log.lane = Lane::records;
    s.seq = 7;
    s.batch.bytes.fill(9);
    s.seconds = 1'795'000'000;
    s.reasons = {{"xzcf/1", 12, 20260930}, {"carried", 3, 0}};
    return s;
}

}  // namespace

TEST_CASE("an organisation's penalty is kept to the end of publication, else of validity") {
    const Catalogue c = parsed(penalty_toml());
    const char* org = "法人及非法人组织";
    CHECK(kept_until(c, row(c, org, {"2024/01/01", "2025/06/30", "2025/01/31"})) == 20250131u);
    CHECK(kept_until(c, row(c, org, {"2024/01/01", "2025-06-30", ""})) == 20250630u);
    CHECK(kept_until(c, row(c, "个体工商户", {"2024/01/01", "20250630", " "})) == 20250630u);
    // Long-term, and no date at all, are no end.
    CHECK(!kept_until(c, row(c, org, {"2024/01/01", "2025/06/30", "2099/12/31"})));
    CHECK(!kept_until(c, row(c, org, {"2024/01/01", "2099/12/31", ""})));
    CHECK(!kept_until(c, row(c, org, {"2024/01/01", "", ""})));
    CHECK(!kept_until(c, row(c, org, {"2024/01/01", "", "never"})));
}

TEST_CASE("a person's penalty is kept for five years after the decision, whatever it says of publication") {
    const Catalogue c = parsed(penalty_toml());
    CHECK(kept_until(c, row(c, "自然人", {"2021/03/15", "2099/12/31", "2099/12/31"})) == 20260315u);
    CHECK(kept_until(c, row(c, "自然人", {"2024/02/29", "2025/01/01", ""})) == 20290228u);
    // What is no known kind is taken for a person: the narrower rule.
    CHECK(kept_until(c, row(c, "", {"2021/03/15", "2099/12/31", ""})) == 20260315u);
    CHECK(!kept_until(c, row(c, "自然人", {"", "2025/01/01", ""})));
}

TEST_CASE("without a rule everything is kept, and persons may follow the ends of publication") {
    const Catalogue none = parsed(without_retention());
    CHECK(!kept_until(none, row(none, "法人及非法人组织", {"2020/01/01", "2020/06/30", "2020/06/30"})));
    CHECK(!kept_until(none, row(none, "自然人", {"2010/01/01", "2010/06/30", ""})));
    const Catalogue ends = parsed(with_retention("publication_ends = [\"CF_YXQ\"]"));
    CHECK(kept_until(ends, row(ends, "自然人", {"2010/01/01", "2010/06/30", ""})) == 20100630u);
}

TEST_CASE("a rule that cannot hold is refused with the whole catalogue") {
    for (const char* table :
         {"publication_ends = [\"CF_NR\"]", "publication_ends = [\"NO_SUCH\"]", "persons_years = 5",
          "persons_from = \"CF_JDRQ\"", "persons_from = \"CF_JDRQ\"\npersons_years = 0",
          "persons_from = \"CF_NR\"\npersons_years = 5", "forever = true"}) {
        INFO(table);
        CHECK(!parse_catalogue(with_retention(table)));
    }
}

TEST_CASE("a statement of expiry comes back as it was signed, and from nobody else") {
    const SigningKey key = SigningKey::generate(), other = SigningKey::generate();
    const NodeId holder = node_id_of(key.public_key());
    const ExpiryStatement statement = some_statement(key);
    const std::string note = sign_expiry(statement, holder, key);
    const auto read = verify_expiry(note, holder, key.public_key());
    REQUIRE(read);
    CHECK(*read == statement);
    CHECK(*parse_expiry(note) == statement);
    CHECK(!verify_expiry(note, holder, other.public_key()));
    CHECK(!verify_expiry(note, node_id_of(other.public_key()), key.public_key()));
    for (std::size_t i = 0; i < note.size(); ++i) {
        std::string changed = note;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        INFO(i);
        CHECK(!verify_expiry(changed, holder, key.public_key()));
    }
    for (std::size_t size = 0; size < note.size(); ++size)
        CHECK(!verify_expiry(note.substr(0, size), holder, key.public_key()));
}

}  // namespace expiry_test
