// Shows that notes, heads and receipts are the public formats (vectors of C2SP and of Go's sumdb), bound to
// their signer and log, and that no changed byte of one is accepted for another statement.
#include <catch2/catch.hpp>

#include "protocol/base/limits.h"
#include "protocol/note.h"
#include "tests/protocol/example.h"

using namespace xinwang;

namespace note_test {

using xinwang::testing::Example;

namespace {

NoteKey parse_verifier_key(const std::string& text) {
    const auto first = text.find('+'), second = text.find('+', first + 1);
    const auto material = from_base64(text.substr(second + 1));
    NoteKey key{text.substr(0, first), static_cast<NoteKeyType>(material->front()),
                *SignPublicKey::from(View(*material).subspan(1))};
    REQUIRE(key.verifier_key() == text);  // with it the key id
    return key;
}

BatchId some_batch() {
    return *BatchId::from(xinwang::testing::repeated(0x55));
}

template <class T>
Code code_of(const Result<T>& result) {
    REQUIRE(!result);
    return result.error().code;
}

}  // namespace

TEST_CASE("the example of the signed-note specification verifies") {
    const auto key =
        parse_verifier_key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
    const std::string text =
        "This is an example message.\n\n"
        "— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const auto note = parse_note(text);
    REQUIRE(note);
    CHECK(verify_note(*note, key));
    auto other = key;
    other.name = "example.com/bar";
    CHECK(code_of(verify_note(*note, other)) == Code::note_not_signed);
}

TEST_CASE("the note of Go's sumdb verifies") {
    const auto key = parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    const std::string text =
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const auto note = parse_note(text);
    REQUIRE(note);
    CHECK(verify_note(*note, key));
}

TEST_CASE("notes out of form are refused") {
    const std::string line = "— a.example/b AAAAAAA=\n";
    REQUIRE(parse_note("text\n\n" + line));
    REQUIRE(parse_note("text\n\nmore\n\n" + line)->body == "text\n\nmore\n");
    for (const std::string& bad : std::vector<std::string>{
             std::string(), "text\n" + line, "text\n\n", "\n\n" + line,
             "text\n\n" + line.substr(0, line.size() - 1), "text\n\n" + line + "\n", "te\txt\n\n" + line,
             "te\xfftext\n\n" + line, "text\n\n- a AAAAAAA=\n", "text\n\n— a AAAAAAB=\n",
             "text\n\n— a AAAAAA==\n", "text\n\n— a+b AAAAAAA=\n", "text\n\n—  AAAAAAA=\n",
             "text\n\n— a\xC2\xA0z AAAAAAA=\n", "text\n\n— a  AAAAAAA=\n",
             std::string(limits::note_bytes_max, 'x') + "\n\n" + line})
        CHECK(!parse_note(bad));
    std::string many = "text\n\n";
    for (std::size_t i = 0; i < limits::note_signatures_max; ++i) many += line;
    CHECK(parse_note(many));
    CHECK(!parse_note(many + line));
}

TEST_CASE("a head says what its log's origin signed") {
    const Example e;
    const std::string note = e.head(some_batch());
    const auto head = verify_head(note, e.village_id, e.village.public_key());
    REQUIRE(head);
    CHECK(head->log == e.log);
    CHECK(head->size == 1);
    CHECK(head->root == leaf_hash(some_batch().view()));
    CHECK(code_of(verify_head(note, e.city_id, e.city.public_key())) == Code::note_not_signed);
    CHECK(code_of(verify_head(note, e.village_id, e.city.public_key())) == Code::note_not_signed);

    // The city signs a head of the village's log with its own key and name: not the origin.
    const std::string body = note.substr(0, note.find("\n\n") + 1);
    const NoteKey city{note_key_name(e.city_id), NoteKeyType::ed25519, e.city.public_key()};
    const std::string forged = body + "\n" + signature_line(city, e.city.sign(view(body)).view());
    CHECK(code_of(verify_head(forged, e.city_id, e.city.public_key())) == Code::wrong_signer);
}

TEST_CASE("a head is signed under both of its origin's names, and holds under either") {
    const Example e;
    const std::string note = e.head(some_batch());
    const auto parsed = parse_note(note);
    REQUIRE(parsed);
    REQUIRE(parsed->signatures.size() == 2);
    CHECK(parsed->signatures[0].name == note_key_name(e.village_id));
    CHECK(parsed->signatures[1].name == e.log.origin_line());
    // What public tools look for: a key whose name is the checkpoint's first line.
    CHECK(verify_note(*parsed, head_key(e.log, e.village.public_key())));
    CHECK(head_key(e.log, e.village.public_key()).verifier_key().starts_with(e.log.origin_line() + "+"));

    const std::string body(parsed->body);
    for (const auto& line : parsed->signatures) {
        const std::string one = body + "\n" + std::string(line.line) + "\n";
        CHECK(verify_head(one, e.village_id, e.village.public_key()));
        // As a release of before two names made it, or as a later one may: the receipt keeps what there is.
        CHECK(head_in_receipt(cosign(one, 5, e.city_id, e.city)) == one);
    }
    CHECK(head_in_receipt(cosign(note, 5, e.city_id, e.city)) == note);
    // One of the two that is false spoils the head.
    const std::string other = e.head(*BatchId::from(xinwang::testing::repeated(0x56)));
    const auto foreign = parse_note(other);
    for (const int good : {0, 1}) {
        const std::string mixed = body + "\n" + std::string(parsed->signatures[good].line) + "\n" +
                                  std::string(foreign->signatures[1 - good].line) + "\n";
        CHECK(code_of(verify_head(mixed, e.village_id, e.village.public_key())) == Code::bad_note_signature);
    }
}

TEST_CASE("a receipt says what an ancestor cosigned, and keeps the origin's line") {
    const Example e;
    const std::string note = e.receipt(some_batch());
    const auto receipt = verify_receipt(note, e.city_id, e.city.public_key());
    REQUIRE(receipt);
    CHECK(receipt->head == *verify_head(note, e.village_id, e.village.public_key()));
    CHECK(receipt->ancestor == e.city_id);
    CHECK(receipt->seconds == 1'795'000'060);
    CHECK(code_of(verify_receipt(e.head(some_batch()), e.city_id, e.city.public_key())) ==
          Code::note_not_signed);
    CHECK(code_of(verify_head(note, e.city_id, e.city.public_key())) == Code::note_not_signed);

    const std::string bare = cosign(checkpoint_text(receipt->head), 5, e.city_id, e.city);
    CHECK(verify_receipt(bare, e.city_id, e.city.public_key())->seconds == 5);
    CHECK(!verify_head(bare, e.village_id, e.village.public_key()));
    CHECK(head_in_receipt(note) == e.head(some_batch()));
    CHECK(!head_in_receipt(bare));
    CHECK(!head_in_receipt("no note"));
}

TEST_CASE("no changed byte of a receipt yields another statement") {
    const Example e;
    std::string note = e.receipt(some_batch());
    const auto whole = verify_receipt(note, e.city_id, e.city.public_key());
    REQUIRE(whole);
    for (std::size_t i = 0; i < note.size(); ++i)
        for (const int bit : {0, 1, 5, 7}) {
            note[i] = static_cast<char>(note[i] ^ (1 << bit));
            // Within the origin's line, which this check is not about, a change is allowed to go unnoticed.
            if (const auto r = verify_receipt(note, e.city_id, e.city.public_key())) CHECK(*r == *whole);
            note[i] = static_cast<char>(note[i] ^ (1 << bit));
        }
}

TEST_CASE("checkpoints have one form") {
    const Example e;
    const std::string good = checkpoint_text({e.log, 12, {}});
    REQUIRE(parse_checkpoint(good));
    const std::string origin = e.log.origin_line();
    const std::string root = base64(Hash256{}.view());
    for (const std::string& bad : std::vector<std::string>{
             std::string(), origin + "\n", origin + "\n012\n" + root + "\n", origin + "\n-1\n" + root + "\n",
             origin + "\n9223372036854775808\n" + root + "\n", origin + "\n12\n" + root,
             origin + "\n12\n" + root + "\nextension\n", origin + "x\n12\n" + root + "\n",
             origin + "\n12\n" + root.substr(4) + "\n", "x" + origin + "\n12\n" + root + "\n"})
        CHECK(code_of(parse_checkpoint(bad)) == Code::bad_checkpoint);
}

}  // namespace note_test
