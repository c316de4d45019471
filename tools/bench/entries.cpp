#include "tools/bench/entries.h"

#include <fcntl.h>
#include <unistd.h>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

namespace xinwang::bench {

EntryFile write_entries(const std::filesystem::path& path, std::uint64_t records) {
    const auto catalogue = parse_catalogue(licence_catalogue_toml());
    XW_CHECK(catalogue);
    const Sampler sampler(*catalogue, {});
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < records; ++i) {
        const Bytes entry = encode(sampler.entry(i));
        Writer out;
        out.bytes32(entry);
        file.write(reinterpret_cast<const char*>(out.bytes().data()),
                   static_cast<std::streamsize>(out.bytes().size()));
        bytes += entry.size();
    }
    file.close();
    // On the disk before the clock starts: the kernel would otherwise write it during the run.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    XW_CHECK(file && fd >= 0 && ::fsync(fd) == 0);
    ::close(fd);
    return {path, records, static_cast<double>(bytes) / static_cast<double>(records)};
}

std::vector<Bytes> EntryReader::next(std::size_t max) {
    std::vector<Bytes> entries;
    entries.reserve(max);
    std::array<std::uint8_t, 4> length{};
    while (entries.size() < max && file_.read(reinterpret_cast<char*>(length.data()), length.size())) {
        Bytes entry(Reader(length, "length").u32());
        file_.read(reinterpret_cast<char*>(entry.data()), static_cast<std::streamsize>(entry.size()));
        XW_CHECK(file_);
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace xinwang::bench
