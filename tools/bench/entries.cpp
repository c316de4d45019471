#include "tools/bench/entries.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/entry.h"
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
    XW_CHECK(file);
    sync_file(path);
    return {path, records, static_cast<double>(bytes) / static_cast<double>(records)};
}

}  // namespace

void sync_file(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    XW_CHECK(fd >= 0 && ::fsync(fd) == 0);
    ::close(fd);
}

EntryFile write_entries(const std::filesystem::path& path, std::uint64_t records) {
    return write_file(path, records, append_frame, sizeof(std::uint32_t));
}

EntryFile write_csv(const std::filesystem::path& path, std::uint64_t records) {
    return write_file(path, records, append_csv, 0);
}

EntryBlock EntryReader::next(std::size_t max) {
    constexpr std::size_t usual_bytes = 560;
    EntryBlock block;
    block.reserve(std::min<std::size_t>(max, 65'536), usual_bytes);
    while (block.size() < max) {
        Reader in(rest_, "entries");
        const View entry = in.bytes32();
        if (in.good()) {
            block.add(entry);
            rest_ = in.rest();
        } else if (!refill()) {
            XW_CHECK(rest_.empty());
            break;
        }
    }
    return block;
}

// Reads on behind what is left. False at the end of the file.
bool EntryReader::refill() {
    const std::size_t left = rest_.size();
    if (left > 0) std::memmove(read_.data(), rest_.data(), left);
    file_.read(reinterpret_cast<char*>(read_.data() + left), static_cast<std::streamsize>(read_.size() - left));
    const auto got = static_cast<std::size_t>(file_.gcount());
    rest_ = View(read_).first(left + got);
    return got > 0;
}

}  // namespace xinwang::bench
