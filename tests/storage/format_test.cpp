// Shows that FORMAT.md says what the code does: its hexadecimal examples are the bytes that the code makes.
#include <fstream>

#include "storage/index_block.h"
#include "tests/storage/backing.h"

using namespace xinwang;
using namespace xinwang::storage_test;

namespace format_test {
namespace {

// The bytes of the block "```hex <name>": digits up to a '#' on each line.
Bytes example(const std::string& name) {
    std::ifstream in(std::string(XINWANG_SOURCE_DIR) + "/storage/FORMAT.md");
    REQUIRE(in);
    std::string line, digits;
    bool inside = false;
    while (std::getline(in, line)) {
        if (line == "```hex " + name) {
            inside = true;
        } else if (inside && line == "```") {
            break;
        } else if (inside) {
            for (const char c : line.substr(0, line.find('#')))
                if (c != ' ') digits.push_back(c);
        }
    }
    const auto bytes = from_hex(digits);
    REQUIRE(bytes);
    return *bytes;
}

}  // namespace

TEST_CASE("the framed value of FORMAT.md") {
    Bytes value(4 + value_framing_bytes);
    frame_value(value, Table::format, view("schema"), Bytes{2, 0, 0, 0});
    REQUIRE(hex(value) == hex(example("schema-value")));
}

TEST_CASE("the index block of FORMAT.md") {
    const auto key = index_block_key(Index::subject, 9, index_begin);
    const std::vector<IndexEntry> entries{{0x1122334455667788, Locator{5, 1}.packed()},
                                          {0x1122334455667788, Locator{6, 0}.packed()}};
    Bytes value(index_block_bytes(entries.size()));
    write_index_block(value, key, index_end, entries);
    REQUIRE(hex(key) == hex(example("block-key")));
    REQUIRE(hex(value) == hex(example("block-value")));
}

TEST_CASE("the position row of FORMAT.md") {
    BatchId id;
    id.bytes.fill(0x11);
    REQUIRE(hex(position_key(2, 3)) == hex(example("position-key")));
    REQUIRE(hex(encode(Position{5, id, 100, 4'096, 200, 9'000})) == hex(example("position-row")));
}

}  // namespace format_test
