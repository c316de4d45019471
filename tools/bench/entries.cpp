#include "tools/bench/entries.h"

#include <fcntl.h>
#include <unistd.h>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

namespace xinwang::bench {

namespace {

void append_frame(std::string& out, const Entry& entry) {
    Writer frame;
    frame.bytes32(encode(entry));
    out.append(reinterpret_cast<const char*>(frame.bytes().data()), frame.bytes().size());
}

void append_csv(std::string& out, const Entry& entry) {
    std::string fields = csv_line(entry.fields);
    fields.resize(fields.size() - 2);  // CRLF
    out += csv_line(std::array<std::string, 5>{"\\x" + entry.record.hex(), entry.subject, entry.catalogue,
                                               std::to_string(entry.date), std::move(fields)});
}

EntryFile write_file(const std::filesystem::path& path, std::uint64_t records,
                     void (*append)(std::string&, const Entry&), std::size_t overhead) {
    const auto catalogue = parse_catalogue(licence_catalogue_toml());
    XW_CHECK(catalogue);
    const Sampler sampler(*catalogue, {});
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    std::uint64_t bytes = 0;
    std::string line;
    for (std::uint64_t i = 0; i < records; ++i) {
        line.clear();
        append(line, sampler.entry(i));
        file.write(line.data(), static_cast<std::streamsize>(line.size()));
        bytes += line.size() - overhead;
    }
    file.close();
    // On the disk before the clock starts: the kernel would otherwise write it during the run.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    XW_CHECK(file && fd >= 0 && ::fsync(fd) == 0);
    ::close(fd);
    return {path, records, static_cast<double>(bytes) / static_cast<double>(records)};
}

}  // namespace

EntryFile write_entries(const std::filesystem::path& path, std::uint64_t records) {
    return write_file(path, records, append_frame, sizeof(std::uint32_t));
}

EntryFile write_csv(const std::filesystem::path& path, std::uint64_t records) {
    return write_file(path, records, append_csv, 0);
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
