// Seals the worked example of WIRE.md with fixed randomness and writes it into a folder: header, piece1,
// piece2, …, head, receipt, and the blocks of WIRE.md as `blocks/<name>`. Arguments: the folder, the number of
// records (2).
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/protocol/example.h"

using namespace xinwang;

namespace {

void write_file(const std::filesystem::path& path, View bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out) throw std::runtime_error("cannot write " + path.string());
}

void write_blocks(const std::filesystem::path& folder, const testing::Example& e, const SealedBatch& batch) {
    const auto block = [&](const char* name, View bytes) { write_file(folder / name, view(hex(bytes))); };
    Writer log;
    e.log.write(log);
    block("node-id", e.village_id.view());
    block("log-id", log.bytes());
    block("entry", e.entries()[0]);
    block("batch-header", batch.header);
    block("batch-piece-1", batch.pieces[0]);
    block("batch-id", batch.id.view());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const testing::FixedRandom fixed;
    if (sodium_init() < 0) return 1;
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder / "blocks");
    const testing::Example e;
    const auto batch = e.batch(argc > 2 ? static_cast<std::uint32_t>(std::stoul(argv[2])) : 2);
    write_file(folder / "header", batch.header);
    for (std::size_t i = 0; i < batch.pieces.size(); ++i)
        write_file(folder / ("piece" + std::to_string(i + 1)), batch.pieces[i]);
    write_file(folder / "head", view(e.head(batch.id)));
    write_file(folder / "receipt", view(e.receipt(batch.id)));
    write_blocks(folder / "blocks", e, batch);
    return 0;
}
