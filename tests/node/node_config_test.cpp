// node.toml: a moved node's new parent is written into a file that an operator may have written.
#include "node/edge/node_config.h"

#include <unistd.h>

#include "node/edge/files.h"
#include "tests/topology/sample.h"

using namespace xinwang;

namespace node_config_test {
namespace {

struct ConfigFile {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("xinwang-node-config-" + std::to_string(getpid()) + ".toml");
    explicit ConfigFile(std::string_view content) {
        REQUIRE(write_file_atomic(path, view(content), FileMode::shared));
    }
    ~ConfigFile() { std::filesystem::remove(path); }
    std::string content() const { return std::string(text(*read_file(path, 1u << 16))); }
};

TransportPublicKey key() {
    TransportPublicKey key;
    key.bytes.fill(0x5a);
    return key;
}

}  // namespace

TEST_CASE("another parent replaces two lines and nothing else") {
    const std::string old(64, '1');
    const ConfigFile file(
        "# 村节点\n[listen]\ndata = \"0.0.0.0:7301\"\nenrol = \"0.0.0.0:7302\"\n\n[parent]  # 乡\n"
        "  key = \"" +
        old +
        "\"\n# by the bridge\n  address=\"10.0.0.1:7301\" # old\n"
        "[timing]\nhello_ms = 100");
    REQUIRE(set_parent(file.path, "10.0.0.2:7301", key()));
    REQUIRE(file.content() ==
            "# 村节点\n[listen]\ndata = \"0.0.0.0:7301\"\nenrol = \"0.0.0.0:7302\"\n\n[parent]  # 乡\n"
            "address = \"10.0.0.2:7301\"\nkey = \"" +
                key().hex() + "\"\n# by the bridge\n[timing]\nhello_ms = 100\n");
    // Again it is the same.
    const std::string once = file.content();
    REQUIRE(set_parent(file.path, "10.0.0.2:7301", key()));
    REQUIRE(file.content() == once);
}

TEST_CASE("a file without a parent gets one") {
    const ConfigFile file("[timing]\nhello_ms = 100\n");
    REQUIRE(set_parent(file.path, "10.0.0.2:7301", key()));
    const auto config = read_config(file.path);
    REQUIRE(config.has_value());
    REQUIRE(config->parent_address == "10.0.0.2:7301");
    REQUIRE(config->parent_key == key());
    REQUIRE(config->timing.hello_every == Duration(100));
}

TEST_CASE("a form that is not understood is left as it was") {
    const std::string inline_table =
        "parent = { address = \"10.0.0.1:7301\", key = \"" + std::string(64, '1') + "\" }\n";
    const ConfigFile file(inline_table);
    REQUIRE_REFUSED(set_parent(file.path, "10.0.0.2:7301", key()), Code::bad_config);
    REQUIRE(file.content() == inline_table);
}

}  // namespace node_config_test
