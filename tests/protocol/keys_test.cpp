// Shows that secrets share guarded pages and are gone when their last holder goes, that a node's opening keys
// are found by epoch, and that a box of keys opens with its passphrase alone and betrays any change.
#include "protocol/keys.h"

#include <catch2/catch.hpp>

#include "protocol/key_box.h"

using namespace xinwang;

namespace keys_test {
namespace {

constexpr PassphraseCost cheap{1, 64};

NamedSecrets some_secrets() {
    NamedSecrets secrets;
    for (const std::string name : {"open", "sign", "transport"})
        secrets[name] = keep_secret(Bytes(named_secret_bytes, static_cast<std::uint8_t>(name[0])));
    return secrets;
}

}  // namespace

TEST_CASE("many secrets share a page, and leave with their last holder") {
    const GuardedMemory before = guarded_memory();
    {
        std::vector<SigningKey> keys;
        for (int i = 0; i < 200; ++i) keys.push_back(SigningKey::generate());
        const auto copies = keys;
        const GuardedMemory with = guarded_memory();
        CHECK(with.secrets == before.secrets + 200);
        CHECK(with.pages <= before.pages + 4);
        CHECK(with.unlocked_pages == 0);
        // Still the key that it was, beside the others that came and went.
        keys.erase(keys.begin(), keys.begin() + 100);
        const Signature signature = copies[7].sign(view("text"));
        CHECK(verify(copies[7].public_key(), view("text"), signature));
        CHECK(SigningKey::from_seed(copies[150].seed())->public_key() == copies[150].public_key());
    }
    CHECK(guarded_memory().secrets == before.secrets);
    CHECK(guarded_memory().pages <= before.pages);
}

TEST_CASE("opening keys are found by epoch, also those added later") {
    const OpeningKey first = OpeningKey::generate(), third = OpeningKey::generate();
    const OpeningKeys keys(first);
    OpeningKeys shared = keys;
    CHECK(keys.newest().first == 1);
    shared.add(3, third);
    CHECK(keys.find(1)->public_key() == first.public_key());
    CHECK_FALSE(keys.find(2));
    CHECK(keys.find(3)->public_key() == third.public_key());
    CHECK(keys.newest().first == 3);
    CHECK(keys.epochs() == std::vector<std::uint32_t>{1, 3});
}

TEST_CASE("a box of keys opens with its passphrase alone") {
    const auto secrets = some_secrets();
    const auto box = KeyBox::create(view("six random words"), cheap);
    REQUIRE(box);
    const Bytes sealed = box->seal(secrets);
    CHECK(sealed != box->seal(secrets));
    const auto again = KeyBox::of(view("six random words"), sealed)->open(sealed);
    REQUIRE(again);
    REQUIRE(again->size() == 3);
    for (const auto& [name, secret] : secrets)
        CHECK(equal({again->at(name).get(), named_secret_bytes}, {secret.get(), named_secret_bytes}));
    CHECK(KeyBox::of(view("six random word"), sealed)->open(sealed).error().code == Code::passphrase_wrong);
}

TEST_CASE("a box of keys betrays any change, and asks for no absurd work") {
    const auto box = KeyBox::create(view("six random words"), cheap);
    const Bytes sealed = box->seal(some_secrets());
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        if (at >= 5 && at < 13) continue;  // the cost: below
        Bytes changed = sealed;
        changed[at] ^= 1;
        const auto its_box = KeyBox::of(view("six random words"), changed);
        CHECK((!its_box || !its_box->open(changed)));
        CHECK_FALSE(box->open(changed));
    }
    for (std::size_t size = 0; size < sealed.size(); size += 7)
        CHECK_FALSE(box->open(View(sealed).first(size)));
    for (const std::size_t at : {std::size_t{8}, std::size_t{12}}) {  // the high bytes of passes and memory
        Bytes changed = sealed;
        changed[at] = 0x7F;
        CHECK(KeyBox::of(view("six random words"), changed).error().code == Code::sealed_keys_damaged);
    }
}

}  // namespace keys_test
