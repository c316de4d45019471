// Runs every file of a fuzz target's corpus through it: `fuzz_replay TARGET FOLDER`. All targets are in this
// one program, each compiled with its entry point renamed, so that a build without libFuzzer links once. Fails
// when the folder holds no file; a target that is wrong stops the process.
#include <sodium.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#define XW_FUZZ_TARGET(name) extern "C" int fuzz_one_##name(const std::uint8_t* bytes, std::size_t size);
#include "fuzz_targets.def"
#undef XW_FUZZ_TARGET

namespace {

struct Target {
    std::string_view name;
    int (*run)(const std::uint8_t* bytes, std::size_t size);
};
constexpr Target targets[] = {
#define XW_FUZZ_TARGET(name) {#name, fuzz_one_##name},
#include "fuzz_targets.def"
#undef XW_FUZZ_TARGET
};

int replay(const Target& target, const std::filesystem::path& folder) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        // Exactly as long as the file, so that a sanitizer sees a read beyond its end.
        const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
        std::printf("%s\n", entry.path().filename().c_str());
        std::fflush(stdout);
        target.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        ++files;
    }
    if (files == 0) std::fprintf(stderr, "%s holds no file\n", folder.c_str());
    return files > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || sodium_init() < 0) return 2;
    for (const Target& target : targets)
        if (target.name == argv[1]) return replay(target, argv[2]);
    std::fprintf(stderr, "no target %s\n", argv[1]);
    return 2;
}
