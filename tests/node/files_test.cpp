// Shows that a file appears under its name only whole, that what an operator can mend is refused by name, and
// that the spool forgets what was under way when its process ended.
#include "node/edge/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace xinwang;

namespace files_test {
namespace {

struct Folder {
    Path path;
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "xinwang-files-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
    }
};

}  // namespace

TEST_CASE("a file is written whole with its mode and read back within its bound") {
    const Folder folder;
    const Path path = folder.path / "keys";
    REQUIRE(write_file_atomic(path, view("one"), FileMode::secret));
    REQUIRE(write_file_atomic(path, view("three"), FileMode::secret));
    REQUIRE(text(*read_file(path, 5)) == "three");
    REQUIRE(read_file(path, 4).error().code == Code::too_large);
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    REQUIRE((about.st_mode & 0777) == 0600);
    REQUIRE(folder.entries() == 1);
    REQUIRE(write_file_atomic(path, {}, FileMode::open));
    REQUIRE(read_file(path, 0)->empty());
    REQUIRE(*remove_file(path));
    REQUIRE_FALSE(*remove_file(path));
}

TEST_CASE("what is missing, irregular or in the way is refused by name") {
    const Folder folder;
    REQUIRE(read_file(folder.path / "none", 10).error().code == Code::file_missing);
    REQUIRE(read_file(folder.path, 10).error().code == Code::not_a_file);
    const Path pipe = folder.path / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    REQUIRE(read_file(pipe, 10).error().code == Code::not_a_file);
    REQUIRE(write_file_atomic(folder.path / "no" / "such", view("x"), FileMode::open).error().code ==
            Code::file_missing);
    REQUIRE(make_dir(folder.path / "a" / "b" / "c"));
    REQUIRE(make_dir(folder.path / "a" / "b" / "c"));
    REQUIRE(write_file_atomic(folder.path / "a", view("x"), FileMode::open).error().code == Code::not_a_file);
    REQUIRE(make_dir(pipe).error().code == Code::not_a_file);
    REQUIRE(read_file("/proc/self/status", 1 << 16));  // claims no size and has one
}

}  // namespace files_test
