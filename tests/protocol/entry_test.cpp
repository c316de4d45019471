// Shows that an entry has one encoded form, which msgpack's own library reads too, and that everything else is
// refused.
#include <catch2/catch.hpp>
#include <msgpack.hpp>

#include "protocol/base/limits.h"
#include "tests/protocol/example.h"

using namespace xinwang;

namespace entry_test {

using xinwang::testing::example_record;

namespace {

Entry enrolment() {
    Entry e;
    e.kind = EntryKind::enrol;
    e.body = Bytes(300, 7);
    return e;
}

// Accepted bytes must be the encoding of what they decode to.
void same_or_refused(View bytes) {
    if (const auto entry = decode_entry(bytes)) REQUIRE(encode(*entry) == to_bytes(bytes));
}

Code refusal_of(View bytes) {
    const auto entry = decode_entry(bytes);
    REQUIRE(!entry);
    return entry.error().code;
}

Bytes replaced(const Bytes& bytes, std::size_t at, std::size_t count, const Bytes& with) {
    Bytes out = to_bytes(View(bytes).first(at));
    append(out, with);
    append(out, View(bytes).subspan(at + count));
    return out;
}

}  // namespace

TEST_CASE("an entry comes back as it was, and a glance sees its front") {
    for (const Entry& e : {example_record(1), example_record(70'000), enrolment(), Entry{}}) {
        const Bytes bytes = encode(e);
        const auto back = decode_entry(bytes);
        REQUIRE(back);
        CHECK(*back == e);
        const auto seen = glance(bytes);
        REQUIRE(seen);
        CHECK(seen->kind == e.kind);
        CHECK(seen->record == e.record);
        CHECK(seen->subject == e.subject);
        CHECK(seen->date == e.date);
        CHECK(seen->row == e.row);
        CHECK(seen->catalogue == e.catalogue);
        CHECK(seen->catalogue_version == e.catalogue_version);
    }
}

TEST_CASE("an entry that is refused for a type says which byte, in which field, whatever follows it") {
    const Bytes whole = encode(example_record(1));
    // The record is nil; four elements behind it are good.
    const auto refused = decode_entry(replaced(whole, 2, 18, {0xc0}));
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::bad_entry);
    CHECK(refused.error().field == "record");
    CHECK(refused.error().value == "0xc0");
}

TEST_CASE("msgpack's own library reads an entry") {
    const Bytes bytes = encode(example_record(3));
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto& object = handle.get();
    REQUIRE(object.type == msgpack::type::ARRAY);
    REQUIRE(object.via.array.size == 8);
    CHECK(object.via.array.ptr[3].as<std::uint32_t>() == 20261105);
    CHECK(object.via.array.ptr[7].as<std::vector<std::string>>() == example_record(3).fields);
}

TEST_CASE("every truncation is refused, every changed byte is refused or another canonical entry") {
    for (const Entry& e : {example_record(200), enrolment()}) {
        Bytes bytes = encode(e);
        for (std::size_t size = 0; size < bytes.size(); ++size) CHECK(!decode_entry(View(bytes).first(size)));
        for (std::size_t i = 0; i < bytes.size(); ++i)
            for (int v = 0; v < 256; ++v) {
                const auto before = bytes[i];
                bytes[i] = static_cast<std::uint8_t>(v);
                same_or_refused(bytes);
                bytes[i] = before;
            }
        bytes.push_back(0xC0);
        CHECK(refusal_of(bytes) == Code::trailing_bytes);
    }
}

TEST_CASE("longer forms, other types and unknown kinds are refused") {
    const Bytes bytes = encode(Entry{});  // 98 01 c4 10 <16> a0 00 00 a0 00 90
    REQUIRE(bytes.size() == 26);
    CHECK(refusal_of(replaced(bytes, 0, 1, {0xdc, 0, 8})) == Code::not_canonical);
    CHECK(refusal_of(replaced(bytes, 0, 1, {0x97})) == Code::bad_entry);
    CHECK(refusal_of(replaced(bytes, 1, 1, {0xcc, 1})) == Code::not_canonical);
    CHECK(refusal_of(replaced(bytes, 1, 1, {0xcd, 0, 200})) == Code::not_canonical);
    CHECK(refusal_of(replaced(bytes, 1, 1, {7})) == Code::unknown_entry_kind);
    CHECK(refusal_of(replaced(bytes, 1, 1, {16})) == Code::bad_entry);  // fields where a body belongs
    CHECK(refusal_of(replaced(bytes, 2, 2, {0xc5, 0, 16})) == Code::not_canonical);
    CHECK(refusal_of(replaced(bytes, 2, 2, {0xd8, 1})) == Code::bad_entry);  // fixext 16
    CHECK(refusal_of(replaced(bytes, 20, 1, {0xd9, 0})) == Code::not_canonical);
    CHECK(refusal_of(replaced(bytes, 20, 1, {0xa1, 0xff})) == Code::bad_text);
    CHECK(refusal_of(replaced(bytes, 21, 1, {0x01})) == Code::bad_entry);  // no such date
    CHECK(refusal_of(replaced(bytes, 22, 1, {0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0})) == Code::bad_entry);  // NaN
    CHECK(refusal_of(replaced(bytes, 25, 1, {0xdd, 0xff, 0, 0, 0})) == Code::bad_entry);
    CHECK(refusal_of(replaced(bytes, 25, 1, {0xdc, 0xff, 0xff})) == Code::too_large);
}

TEST_CASE("limits hold on the way in and on the way out") {
    Entry e;
    e.subject = std::string(limits::entry_subject_bytes_max, 'x');
    CHECK(decode_entry(encode(e)));
    e.subject += 'x';
    CHECK(encodable(e).error().code == Code::too_large);
    e = Entry{};
    e.fields = {std::string(limits::entry_bytes_max - 26 - 3, 'x')};
    CHECK(encode(e).size() == limits::entry_bytes_max);
    e.fields[0] += "x";
    CHECK(encodable(e).error().code == Code::too_large);
    e = Entry{};
    e.body = {1};
    CHECK(encodable(e).error().code == Code::bad_entry);
    e = Entry{};
    e.fields = {"\xff"};
    CHECK(encodable(e).error().code == Code::bad_text);
    CHECK(!decode_entry(Bytes(limits::entry_bytes_max + 1)));
}

}  // namespace entry_test
