// Shows that a package appears whole or not at all whatever moment the writer died at, that it is never written
// over another content, and that a drop folder gives only whole plain files, each once.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "node/links/outbox.h"
#include "tests/node/link_sample.h"

using namespace xinwang;
using namespace xinwang::link_sample;

namespace link_outbox_test {

namespace fs = std::filesystem;

namespace {

struct TempFolder {
    TempFolder() {
        std::string pattern = (fs::temp_directory_path() / "xinwang-link-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()));
        path = pattern;
    }
    ~TempFolder() { fs::remove_all(path); }
    fs::path path;
};

void put(const fs::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
}
std::string get(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}
PackageFile file(std::string name, std::string_view content) {
    return {std::move(name), to_bytes(view(content))};
}
const std::vector<PackageFile> sample{file("p7.csv", "the body\r\n"), file("p7.head", "the header\r\n")};

void require_complete(const fs::path& folder) {
    REQUIRE(get(folder / "p7.csv") == "the body\r\n");
    REQUIRE(get(folder / "p7.head") == "the header\r\n");
    REQUIRE_FALSE(fs::exists(folder / "p7.csv.part"));
    REQUIRE_FALSE(fs::exists(folder / "p7.head.part"));
}

}  // namespace

TEST_CASE("every moment a writer can die at ends in the whole package at the next attempt") {
    // The steps of write_package(), cut to any length; a part file may hold any prefix of its bytes.
    const auto step = [](const fs::path& dir, int n) {
        if (n == 1) put(dir / "p7.csv.part", "the b");
        if (n == 2) put(dir / "p7.csv.part", "the body\r\n");
        if (n == 3) fs::rename(dir / "p7.csv.part", dir / "p7.csv");
        if (n == 4) put(dir / "p7.head.part", "");
        if (n == 5) put(dir / "p7.head.part", "the header\r\n");
        if (n == 6) fs::rename(dir / "p7.head.part", dir / "p7.head");
    };
    for (int died_after = 0; died_after <= 6; ++died_after) {
        TempFolder outbox;
        for (int n = 1; n <= died_after; ++n) step(outbox.path, n);
        // What is visible before the last step is never a complete package.
        REQUIRE(fs::exists(outbox.path / "p7.head") == (died_after == 6));
        REQUIRE(write_package(outbox.path, sample));
        require_complete(outbox.path);
        REQUIRE(write_package(outbox.path, sample));
        require_complete(outbox.path);
    }
}

TEST_CASE("another content under the same name is never overwritten") {
    TempFolder outbox;
    put(outbox.path / "p7.csv", "something else");
    REQUIRE(write_package(outbox.path, sample).error().code == Code::package_conflict);
    REQUIRE(get(outbox.path / "p7.csv") == "something else");
    REQUIRE_FALSE(fs::exists(outbox.path / "p7.head"));

    TempFolder linked;
    fs::create_symlink(outbox.path / "target", linked.path / "p7.csv");
    REQUIRE(write_package(linked.path, sample).error().code == Code::package_conflict);
    REQUIRE_FALSE(fs::exists(outbox.path / "target"));

    // A part file that is a link is replaced, not followed.
    TempFolder tricked;
    put(outbox.path / "precious", "precious");
    fs::create_symlink(outbox.path / "precious", tricked.path / "p7.csv.part");
    REQUIRE(write_package(tricked.path, sample));
    REQUIRE(get(outbox.path / "precious") == "precious");
    require_complete(tricked.path);
}

TEST_CASE("a receiver that took the body is not given it again") {
    TempFolder outbox;
    REQUIRE(write_package(outbox.path, sample));
    fs::remove(outbox.path / "p7.csv");
    REQUIRE(write_package(outbox.path, sample));
    REQUIRE_FALSE(fs::exists(outbox.path / "p7.csv"));
}

TEST_CASE("a missing folder or a bad name is refused; no files are no work") {
    REQUIRE(write_package("/nonexistent/outbox", sample).error().code == Code::folder_unusable);
    TempFolder outbox;
    REQUIRE(write_package(outbox.path, {file("../x", "")}).error().code == Code::bad_file_name);
    REQUIRE(write_package(outbox.path, {}));
}

TEST_CASE("a feedback file is taken when it has kept still, once, and then lies in done") {
    TempFolder room;
    const auto in = room.path / "in", spool = room.path / "spool";
    fs::create_directory(in);
    Inbox inbox({in, spool, Duration(10'000), {}});
    put(in / "a.csv", "first");
    put(in / "b.csv.part", "half");
    put(in / ".hidden", "x");
    REQUIRE(inbox.settled(Instant{0})->empty());
    put(in / "a.csv", "first, longer");
    REQUIRE(inbox.settled(Instant{9'000})->empty());
    REQUIRE(inbox.settled(Instant{18'000})->empty());
    REQUIRE(*inbox.settled(Instant{19'000}) == std::vector<std::string>{"a.csv"});
    put(in / "c.csv", "marked");
    put(in / "c.csv.ok", "");
    REQUIRE(*inbox.settled(Instant{19'001}) == std::vector<std::string>{"a.csv", "c.csv"});

    const auto taken = inbox.take("a.csv");
    REQUIRE(taken);
    REQUIRE(text(taken->bytes) == "first, longer");
    REQUIRE(get(spool / taken->hash.hex()) == "first, longer");
    REQUIRE(fs::exists(in / "a.csv"));
    REQUIRE(inbox.take("a.csv")->hash == taken->hash);  // a crash before the commit: again, the same

    REQUIRE(inbox.finish(*taken));
    REQUIRE(inbox.finish(*taken));
    REQUIRE_FALSE(fs::exists(in / "a.csv"));
    REQUIRE(get(in / "done" / "a.csv") == "first, longer");
    REQUIRE(fs::is_empty(spool));

    put(in / "a.csv", "the name used again");
    const auto again = inbox.take("a.csv");
    REQUIRE(inbox.finish(*taken));  // late: leaves the new file alone
    REQUIRE(fs::exists(in / "a.csv"));
    REQUIRE(inbox.finish(*again));
    REQUIRE(get(in / "done" / "a.csv") == "first, longer");
    REQUIRE(get(in / "done" / ("a.csv." + again->hash.hex().substr(0, 16))) == "the name used again");

    const auto marked = inbox.take("c.csv");
    REQUIRE(inbox.finish(*marked));
    REQUIRE_FALSE(fs::exists(in / "c.csv.ok"));
}

TEST_CASE("links, pipes, folders and foreign owners are not taken") {
    TempFolder room;
    const auto in = room.path / "in";
    fs::create_directory(in);
    Inbox inbox({in, room.path / "spool", Duration(10'000), {}});
    put(room.path / "secret", "secret");
    fs::create_symlink(room.path / "secret", in / "link");
    fs::create_hard_link(room.path / "secret", in / "hard");
    REQUIRE(::mkfifo((in / "pipe").c_str(), 0600) == 0);
    fs::create_directory(in / "folder");
    for (const char* name : {"link", "hard", "pipe", "folder", "../secret", ".", ""}) {
        CAPTURE(name);
        REQUIRE(inbox.take(name).error().code == Code::unsafe_inbox_file);
    }
    REQUIRE(inbox.take("absent").error().code == Code::changing_inbox_file);
    REQUIRE(inbox.settled(Instant{0})->size() == 4);

    put(in / "mine", "x");
    Inbox strict({in, room.path / "spool", Duration(0), {static_cast<std::uint32_t>(::getuid()) + 1}});
    REQUIRE(strict.take("mine").error().code == Code::unsafe_inbox_file);
    REQUIRE(inbox.take("mine"));
}

}  // namespace link_outbox_test
