// Shows what a head file and the place of a store say of a memory that was set back: less than the file names,
// another batch in the same place, another incarnation, another node's file, a copy of the store's file.
#include "node/edge/head_file.h"

#include <catch2/catch.hpp>

#include "node/edge/home.h"
#include "tests/storage/backing.h"

using namespace xinwang;

namespace head_file_test {
namespace {

const Incarnation life = *Incarnation::parse_hex("0102030405060708090a0b0c0d0e0f10");

struct Room {
    storage_test::Directory folder;
    SigningKey key = SigningKey::generate();
    NodeId node = node_id_of(key.public_key());
    LogId log{node, life, Lane::records, {}};
    std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
    Logbook book{node};

    std::unique_ptr<Store> store() const {
        auto opened = Store::open(make_memory_kv(disk));
        REQUIRE(opened);
        return std::move(*opened);
    }
    Path path() const { return folder.path() / "heads"; }
    HeadFile file(bool apart = true) const { return {path(), node, key, apart}; }

    void begin() {
        const Write row = Put{Table::meta, to_bytes(view("incarnation")), to_bytes(life.view())};
        REQUIRE(store()->commit({&row, 1}));
    }
    void grow(std::uint8_t what) {
        LogView& view = book.at(log);
        AppendBatch write;
        write.log = log;
        write.seq = view.size;
        write.id = hash<BatchId>("test", {View(&what, 1)});
        write.header = std::make_shared<const Bytes>(Bytes{what});
        write.frontier = book.append(view, write.id, 0, 1);
        const Write batch = std::move(write);
        REQUIRE(store()->commit({&batch, 1}));
    }
    Memory judge(bool apart = true) const { return file(apart).judge(store()->snapshot()); }
    void keep() { REQUIRE(file().keep(life, book)); }
};

}  // namespace

TEST_CASE("a head file tells a store that was put back from one that goes on") {
    Room room;
    room.begin();
    CHECK(room.judge() == Memory::unproven);
    room.grow(1);
    const MemoryDisk early = *room.disk;
    const Logbook early_book = room.book;
    room.grow(2);
    room.keep();
    CHECK(room.judge() == Memory::held);
    CHECK(room.judge(false) == Memory::proven);
    room.grow(3);  // committed, and the process ended before it wrote the file: nobody has seen the third
    CHECK(room.judge() == Memory::held);
    *room.disk = early;
    room.book = early_book;
    CHECK(room.judge() == Memory::set_back);
    room.grow(9);  // as many, and another one
    CHECK(room.judge() == Memory::set_back);
}

TEST_CASE("a file of another node, another incarnation or damaged proves nothing") {
    Room room, other;
    room.begin();
    room.grow(1);
    room.keep();
    CHECK(HeadFile(room.path(), other.node, other.key, true).judge(room.store()->snapshot()) ==
          Memory::unproven);
    const Write born = Put{Table::meta, to_bytes(view("incarnation")), Bytes(Incarnation::size, 7)};
    REQUIRE(room.store()->commit({&born, 1}));
    CHECK(room.judge() == Memory::set_back);
    auto bytes = *read_file(room.path(), 10'000);
    bytes[bytes.size() / 2] ^= 1;
    REQUIRE(write_file_atomic(room.path(), bytes, FileMode::shared));
    CHECK(room.judge() == Memory::unproven);
}

TEST_CASE("a copy of a file lies elsewhere than the file") {
    const storage_test::Directory folder;
    const Path file = folder.path() / "data", copy = folder.path() / "copy";
    REQUIRE(write_file_atomic(file, view("x"), FileMode::shared));
    std::filesystem::copy_file(file, copy);
    CHECK(home_of(file) == home_of(file));
    CHECK(home_of(file) != home_of(copy));
    const Bytes before = home_of(file);
    std::filesystem::rename(copy, file);
    CHECK(home_of(file) != before);
}

}  // namespace head_file_test
