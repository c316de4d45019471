// Shows that a batch opens for its audience and nobody else, that any change of a single bit is refused (X2),
// that one batch cannot give two readers different contents (X3), and that nobody can pass a batch off as their
// own (X4).
#include <sodium.h>

#include <catch2/catch.hpp>

#include "protocol/compress.h"
#include "protocol/suite_1.h"
#include "tests/protocol/example.h"

using namespace xinwang;
using namespace xinwang::suite_1_parts;

namespace envelope_test {

using xinwang::testing::Example;
using xinwang::testing::example_record;
using xinwang::testing::open_all;
using xinwang::testing::views;

namespace {

Result<std::vector<Entry>> read_all(const Bytes& header, const std::vector<View>& pieces, const Example& e) {
    XW_TRY(h, verify_batch(header, pieces, e.village.public_key()));
    XW_TRY(key, unwrap(h, e.city_id, &e.city_open));
    XW_TRY(opened, open_all(h, pieces, key));
    std::vector<Entry> entries;
    for (const View v : opened) {
        XW_TRY(entry, decode_entry(v));
        entries.push_back(entry);
    }
    return entries;
}

EntryBlock noisy_entries(std::size_t count, std::size_t bytes) {
    EntryBlock entries;
    Bytes entry(bytes);
    for (std::size_t i = 0; i < count; ++i) {
        randombytes_buf(entry.data(), bytes);
        entries.add(entry);
    }
    return entries;
}

// Signs a changed header again, as a dishonest origin could.
void sign_again(Bytes& header, const SigningKey& key) {
    const std::size_t at = header.size() - Signature::size;
    std::memcpy(&header[at - 32], key.public_key().bytes.data(), 32);
    const Signature s = key.sign(signed_message(View(header).first(at)));
    std::memcpy(&header[at], s.bytes.data(), Signature::size);
}

template <class T>
Code code_of(const Result<T>& result) {
    REQUIRE(!result);
    return result.error().code;
}

}  // namespace

TEST_CASE("a batch opens for every recipient, whole and chunk by chunk") {
    const Example e;
    const auto batch = e.batch(1234);
    REQUIRE(batch.entries == 1234);
    const auto pieces = views(batch.pieces);
    const auto h = verify_batch(batch.header, pieces, e.village.public_key());
    REQUIRE(h);
    CHECK(h->id == batch.id);
    CHECK(h->log == e.log);
    CHECK(h->entries == 1234);
    CHECK(h->pieces() == 1 + pieces.size());
    CHECK(h->chunks.size() == 10);
    for (const auto& [id, key] :
         {std::pair{e.village_id, &e.village_open}, std::pair{e.city_id, &e.city_open}}) {
        const auto cek = unwrap(*h, id, key);
        REQUIRE(cek);
        const auto opened = open_all(*h, pieces, *cek);
        REQUIRE(opened);
        REQUIRE(opened->size() == 1234);
        for (std::uint32_t i = 0; i < 1234; ++i) CHECK(*decode_entry((*opened)[i]) == example_record(i + 1));

        const std::uint32_t chunk = h->chunk_of(777);
        CHECK(chunk == 6);
        Bytes room;
        const auto plain = open_chunk(*h, chunk, h->sealed_chunk(chunk, pieces, room), *cek);
        REQUIRE(plain);
        const auto entries = split_entries(*plain);
        CHECK(*decode_entry(entries[777 - h->first_entry[chunk]]) == example_record(778));
    }
}

TEST_CASE("an open batch needs no key, and every other needs the right one") {
    const Example e;
    auto request = e.request();
    const auto sealed = e.batch();
    const auto h = parse_header(sealed.header);
    REQUIRE(h);
    CHECK(code_of(unwrap(*h, e.city_id, nullptr)) == Code::opening_key_missing);
    CHECK(code_of(unwrap(*h, NodeId{}, &e.city_open)) == Code::not_a_recipient);
    CHECK(code_of(unwrap(*h, e.city_id, &e.village_open)) == Code::stanza_not_opening);

    request.policy_id = policy_open;
    const auto batch = seal(request, pack(e.entries()).chunks, e.village);
    const auto open = verify_batch(batch.header, views(batch.pieces), e.village.public_key());
    REQUIRE(open);
    const auto cek = unwrap(*open, NodeId{}, nullptr);
    REQUIRE(cek);
    CHECK(open_all(*open, views(batch.pieces), *cek)->size() == 2);
}

TEST_CASE("any flipped bit of header or pieces is refused") {
    const Example e;
    const auto batch = e.batch();
    REQUIRE(read_all(batch.header, views(batch.pieces), e));
    Bytes header = batch.header;
    // Verification costs a signature only when all else stands: every bit is tried of what is short.
    for (std::size_t bit = 0; bit < header.size() * 8; ++bit) {
        header[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        if (verify_batch(header, views(batch.pieces), e.village.public_key())) FAIL("header bit " << bit);
        header[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    }
    auto pieces = batch.pieces;
    for (std::size_t bit = 0; bit < pieces[0].size() * 8; ++bit) {
        pieces[0][bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        if (verify_batch(header, views(pieces), e.village.public_key())) FAIL("piece bit " << bit);
        pieces[0][bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    }
}

TEST_CASE("a dishonest origin that signs its changes is found out by the reader") {
    const Example e;
    const auto batch = e.batch();
    const auto pieces = views(batch.pieces);
    const auto refused_after = [&](std::size_t offset) {
        Bytes header = batch.header;
        header[offset] ^= 1;
        sign_again(header, e.village);
        return code_of(read_all(header, pieces, e));
    };
    CHECK(refused_after(97) == Code::commitment_broken);            // created_ms, which it covers
    CHECK(refused_after(fixed_bytes) == Code::stanza_not_opening);  // the commitment itself
    const bool city_first = e.city_id < e.village_id;
    const std::size_t stanza = fixed_bytes + 68 + chunk_row_bytes + 2 + (city_first ? 0 : stanza_bytes);
    CHECK(refused_after(stanza + 60) == Code::stanza_not_opening);
}

TEST_CASE("a second content key for one recipient breaks the commitment") {
    const Example e;
    const auto batch = e.batch();
    Bytes header = batch.header;
    const auto h = parse_header(header);
    REQUIRE(h);
    const std::size_t index = h->stanzas[0].recipient == e.city_id ? 0 : 1;
    // Wrapped exactly as it should be, but around another key.
    SharedSecret secret, shared;
    OpenPublicKey ephemeral;
    randombytes_buf(secret.bytes.data(), 32);
    crypto_scalarmult_base(ephemeral.bytes.data(), secret.bytes.data());
    REQUIRE(crypto_scalarmult(shared.bytes.data(), secret.bytes.data(),
                              e.city_open.public_key().bytes.data()) == 0);
    const auto wrapper = wrap_key(shared, ephemeral, e.city_open.public_key(), e.city_id, 3, h->commitment);
    ContentKey other;
    randombytes_buf(other.bytes.data(), 32);
    const std::size_t at =
        fixed_bytes + 68 + h->chunks.size() * chunk_row_bytes + 2 + index * stanza_bytes + 20;
    std::memcpy(&header[at], ephemeral.bytes.data(), 32);
    wrap(std::span<std::uint8_t, 48>(&header[at + 32], 48), wrapper, other);
    sign_again(header, e.village);
    CHECK(code_of(read_all(header, views(batch.pieces), e)) == Code::commitment_broken);
}

TEST_CASE("stanzas out of order, twice, for nobody or open in a closed batch are refused") {
    const Example e;
    const auto batch = e.batch();
    const std::size_t first = fixed_bytes + 68 + chunk_row_bytes + 2, second = first + stanza_bytes;
    const auto refused = [&](const auto& change) {
        Bytes header = batch.header;
        change(header);
        sign_again(header, e.village);
        return code_of(verify_header(header, e.village.public_key()));
    };
    CHECK(refused([&](Bytes& h) { std::swap_ranges(&h[first], &h[first] + stanza_bytes, &h[second]); }) ==
          Code::bad_header);
    CHECK(refused([&](Bytes& h) { std::memcpy(&h[second], &h[first], 16); }) == Code::bad_header);
    CHECK(refused([&](Bytes& h) { std::memset(&h[first], 0, 16); }) == Code::bad_header);
    CHECK(refused([&](Bytes& h) { h[145] = 0; }) == Code::bad_header);  // policy 0 with two stanzas
    CHECK(refused([&](Bytes& h) { h[first - 2] = 0; }) == Code::bad_header);
    CHECK(refused([&](Bytes& h) { h[first - 2] = 1; }) == Code::trailing_bytes);
}

TEST_CASE("a batch signed again by another origin fails") {
    const Example e;
    const auto batch = e.batch();
    Bytes header = batch.header;
    sign_again(header, e.city);
    CHECK(code_of(verify_batch(header, views(batch.pieces), e.village.public_key())) == Code::wrong_signer);
    // Even under its own name: the origin is bound into the commitment, the stanzas and every chunk.
    std::memcpy(&header[8], e.city_id.bytes.data(), 16);
    sign_again(header, e.city);
    const auto h = verify_batch(header, views(batch.pieces), e.city.public_key());
    REQUIRE(h);
    CHECK(code_of(unwrap(*h, e.city_id, &e.city_open)) == Code::commitment_broken);
}

TEST_CASE("every truncation and every other packing is refused") {
    const Example e;
    const auto batch = seal(e.request(), pack(noisy_entries(300, 1000)).chunks, e.village);
    REQUIRE(batch.pieces.size() > 4);
    const auto key = e.village.public_key();
    for (std::size_t size = 0; size < batch.header.size(); ++size)
        if (verify_batch(View(batch.header).first(size), views(batch.pieces), key)) FAIL("size " << size);
    Bytes longer = batch.header;
    longer.push_back(0);
    CHECK(code_of(verify_batch(longer, views(batch.pieces), key)) == Code::trailing_bytes);

    auto pieces = views(batch.pieces);
    pieces.pop_back();
    CHECK(code_of(verify_batch(batch.header, pieces, key)) == Code::bad_pieces);
    pieces = views(batch.pieces);
    pieces.push_back({});
    CHECK(code_of(verify_batch(batch.header, pieces, key)) == Code::bad_pieces);
    pieces = views(batch.pieces);
    pieces[1] = pieces[1].first(pieces[1].size() - 1);
    CHECK(code_of(verify_batch(batch.header, pieces, key)) == Code::bad_pieces);
    pieces = views(batch.pieces);
    std::swap(pieces[0], pieces[1]);
    CHECK(!verify_batch(batch.header, pieces, key));

    // The same chunks in one more piece.
    auto apart = views(batch.pieces);
    const View whole = apart[0];
    apart[0] = whole.first(1'000);
    apart.insert(apart.begin() + 1, whole.subspan(1'000));
    CHECK(code_of(verify_batch(batch.header, apart, key)) == Code::bad_pieces);
}

TEST_CASE("header fields out of their bounds are refused before any signature") {
    const Example e;
    const auto batch = e.batch();
    const auto with = [&](std::size_t offset, std::uint8_t value) {
        Bytes header = batch.header;
        header[offset] = value;
        return code_of(parse_header(header));
    };
    CHECK(with(0, 'Y') == Code::not_a_batch);
    CHECK(with(4, 2) == Code::unsupported_suite);
    CHECK(with(6, 0) == Code::unsupported_envelope);
    CHECK(with(6, 3) == Code::unsupported_envelope);
    CHECK(with(40, 9) == Code::bad_number);                   // lane
    CHECK(with(57, 1) == Code::bad_header);                   // seq 1 after no batch
    CHECK(with(65, 1) == Code::bad_header);                   // batch 0 after a batch
    CHECK(with(104, 0x80) == Code::bad_header);               // created before 1970
    CHECK(with(145, 0x10) == Code::bad_header);               // policy
    CHECK(with(147, 0) == Code::bad_header);                  // an empty batch
    CHECK(with(154, 1) == Code::bad_header);                  // plain_bytes
    CHECK(with(155, 0) == Code::bad_header);                  // compression
    CHECK(with(156, 0) == Code::bad_header);                  // chunks
    CHECK(with(fixed_bytes + 40, 0xFF) == Code::bad_header);  // ciphertext_root
}

TEST_CASE("a batch takes what fits by what it compressed to, and an even share of more") {
    const Example e;
    CHECK(batch_prefix({}) == 0);
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{540}, limits::entry_bytes_max}) {
        const auto packed = pack(noisy_entries(bytes == 1 ? 70'000 : 3'000'000 / bytes, bytes));
        const std::size_t fit = batch_prefix(packed.chunks);
        CHECK(fit > 0);
        CHECK(fit < packed.chunks.size());
        const auto chunks = std::span(packed.chunks).first(fit);
        const auto batch = seal(e.request(), chunks, e.village);
        CHECK(batch.sealed_bytes <= limits::batch_sealed_bytes_max);
        const auto h = verify_batch(batch.header, views(batch.pieces), e.village.public_key());
        REQUIRE(h);
        CHECK(h->entries == batch.entries);
    }
    // Of 1.3 MB two batches are made that are alike, not a full one and a rest.
    const auto packed = pack(noisy_entries(2'400, 540));
    CHECK(batch_prefix(packed.chunks) == (packed.chunks.size() + 1) / 2);
    // Records that compress fill a batch with thousands.
    CHECK(batch_prefix(pack(e.entries(9'000)).chunks) ==
          (9'000 + limits::chunk_entries - 1) / limits::chunk_entries);
}

TEST_CASE(
    "a chunk of what does not compress is cut to the sealed limit, and of large entries to the plain one") {
    for (const std::size_t bytes : {std::size_t{540}, std::size_t{3'000}, limits::entry_bytes_max}) {
        const EntryBlock entries = noisy_entries(200, bytes);
        std::size_t count = 0, plain = 0;
        for (const PackedChunk& chunk : pack(entries).chunks) {
            CHECK(sealed_chunk_bytes(chunk.frame.size()) <= limits::chunk_sealed_bytes_max);
            CHECK(chunk.plain_bytes <= limits::chunk_plain_bytes_max);
            count += chunk.entries;
            plain += chunk.plain_bytes;
        }
        CHECK(count == entries.size());
        CHECK(plain == entries.bytes());
    }
}

TEST_CASE("chunks lie end to end and go on in the next piece; envelope 1 kept them whole") {
    const std::vector<ChunkRow> rows(5, {50'000, 1, {}});
    const Packing cut = pack_chunks(rows, 2);
    const auto most = static_cast<std::uint32_t>(limits::piece_bytes_max);
    CHECK(cut.piece_bytes == std::vector<std::uint32_t>{most, most, most, 250'000 - 3 * most});
    CHECK(cut.places[2].piece == 2);
    CHECK(cut.places[2].offset == 100'000 - most);
    const Packing whole = pack_chunks(rows, 1);
    CHECK(whole.piece_bytes == std::vector<std::uint32_t>(5, 50'000));

    const Example e;
    const auto batch = seal(e.request(), pack(noisy_entries(300, 1000)).chunks, e.village);
    const auto pieces = views(batch.pieces);
    const auto h = verify_batch(batch.header, pieces, e.village.public_key());
    REQUIRE(h);
    CHECK(batch.pieces[0].size() == limits::piece_bytes_max);
    Bytes joined, room;
    for (const View piece : pieces) append(joined, piece);
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < h->chunks.size(); at += h->chunks[i++].bytes)
        CHECK(equal(h->sealed_chunk(i, pieces, room), View(joined).subspan(at, h->chunks[i].bytes)));
}

TEST_CASE("a block of entries is what a chunk holds") {
    EntryBlock block;
    block.add(Bytes{7});
    block.add(Bytes{8, 9});
    CHECK(equal(block.framed(0, 2), Bytes{1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9}));
    CHECK(equal(block[1], Bytes{8, 9}));
    CHECK(block.framed(1, 0).empty());
}

TEST_CASE("what is inside a chunk is as strict as what is outside") {
    Bytes text(64);
    CHECK(parse_chunk_text(text, Front::inner));
    text[63] = 1;
    CHECK(code_of(parse_chunk_text(text, Front::inner)) == Code::bad_chunk_text);
    text.assign(64 + 64, 0);
    CHECK(code_of(parse_chunk_text(text, Front::inner)) == Code::bad_chunk_text);  // a class too large
    text.assign(64, 0xFF);
    CHECK(code_of(parse_chunk_text(text, Front::none)) == Code::truncated);

    std::vector<View> entries;
    const Bytes two = {1, 0, 0, 0, 9, 1, 0, 0, 0, 9};
    CHECK(split_onto(entries, two, 2));
    CHECK(code_of(split_onto(entries, two, 1)) == Code::bad_chunk_text);
    CHECK(code_of(split_onto(entries, two, 3)) == Code::bad_chunk_text);
    CHECK(code_of(split_onto(entries, Bytes{0, 0, 0, 0}, 1)) == Code::bad_chunk_text);
    CHECK(code_of(split_onto(entries, Bytes{2, 0, 0, 0, 9}, 1)) == Code::truncated);
}

TEST_CASE("a zstd bomb stops at its first byte too many, and so does every odd frame") {
    // Zeros in RLE blocks (RFC 8878 section 3.1.1.2.2): what no writer of ours makes.
    const auto bomb_of = [](std::size_t size) {
        Writer frame;
        frame.raw(Bytes{0x28, 0xB5, 0x2F, 0xFD, 0xA0});
        frame.u32(static_cast<std::uint32_t>(size));
        for (std::size_t left = size; left > 0;) {
            const std::size_t now = std::min<std::size_t>(left, 128u << 10);
            left -= now;
            const auto block = static_cast<std::uint32_t>(now << 3 | 1u << 1 | (left == 0 ? 1 : 0));
            frame.u16(static_cast<std::uint16_t>(block));
            frame.u8(static_cast<std::uint8_t>(block >> 16));
            frame.u8(0);
        }
        return frame.take();
    };
    Bytes room;
    CHECK(decompress_into(room, bomb_of(2'000), limits::chunk_plain_bytes_max)->size() == 2'000);
    CHECK(code_of(decompress_into(room, bomb_of(50'000), limits::chunk_plain_bytes_max)) ==
          Code::bad_chunk_text);
    CHECK(code_of(decompress_into(room, bomb_of(8u << 20), 8u << 20)) == Code::bad_chunk_text);
    CHECK(code_of(decompress_into(room, bomb_of(2'000), 1'999)) == Code::bad_chunk_text);
    CHECK(room.size() == 2'000);

    const auto frame_of = [](std::size_t size) {
        const Bytes zeros(size);
        Bytes made(compressed_bytes_bound(size));
        made.resize(compress(made, zeros));
        return made;
    };
    const Bytes frame = frame_of(300);
    Bytes two = frame;
    append(two, frame);
    CHECK(code_of(decompress_into(room, two, 4'000)) == Code::bad_chunk_text);
    for (std::size_t size = 0; size < frame.size(); ++size)
        CHECK(!decompress_into(room, View(frame).first(size), 4'000));
    Bytes skippable = {0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 0};
    CHECK(code_of(decompress_into(room, skippable, 4'000)) == Code::bad_chunk_text);
    Bytes lies = frame;
    lies[5] ^= 1;  // the declared size
    CHECK(!decompress_into(room, lies, 4'000));
}

TEST_CASE("what compresses too well to be believed is stored, and seals and opens like anything else") {
    // One letter, as long as an entry may be, in each of forty rows.
    EntryBlock entries;
    for (std::uint32_t row = 1; row <= 40; ++row) {
        Entry e = example_record(row);
        e.fields = {std::string(20'000, 'a')};
        entries.add(encode(e));
    }
    const Example example;
    const SealedBatch batch = seal(example.request(), pack(entries).chunks, example.village);
    const auto pieces = views(batch.pieces);
    const auto header = verify_batch(batch.header, pieces, example.village.public_key());
    REQUIRE(header);
    const auto key = unwrap(*header, example.city_id, OpeningKeys(example.city_open, 3));
    REQUIRE(key);
    const auto opened = open_all(*header, pieces, *key);
    REQUIRE(opened);
    CHECK(opened->size() == 40);
    CHECK(equal((*opened)[39], entries[39]));
}

TEST_CASE("what a frame is refused for is what is wrong with it") {
    const auto told = [](Bytes frame, std::uint8_t bits) {
        frame[4] ^= bits;
        return frame_plain_bytes(frame).error().value;
    };
    Bytes frame(compressed_bytes_bound(300));
    frame.resize(compress(frame, Bytes(300, 7)));
    CHECK(told(frame, 0x04) == "a checksum");
    CHECK(told(frame, 0x01) == "a dictionary");
    CHECK(told(frame, 0x20) == "several segments");
    CHECK(told(frame, 0x10) == "a reserved bit");
}

TEST_CASE("weak opening keys are not usable, and secrets have one size") {
    CHECK(!usable(OpenPublicKey{}));
    CHECK(usable(Example{}.city_open.public_key()));
    CHECK(code_of(SigningKey::from_seed(Bytes(31))) == Code::bad_key);
    CHECK(code_of(OpeningKey::from_secret(Bytes(33))) == Code::bad_key);
    CHECK(SigningKey::generate().public_key() != SigningKey::generate().public_key());
    CHECK(code_of(Example{}.city_open.agree(OpenPublicKey{})) == Code::weak_key);
}

}  // namespace envelope_test
