#include "node/edge/backup_manifest.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace xinwang {
namespace {

constexpr std::int64_t format = 1;
constexpr std::size_t marker_bytes_max = 64u << 20;

toml::table logs_and_files(const BackupManifest& m) {
    toml::array logs, files;
    for (const auto& log : m.logs)
        logs.push_back(
            toml::table{{"line", log.line}, {"size", static_cast<std::int64_t>(log.size)}, {"last", log.last}});
    for (const auto& file : m.files)
        files.push_back(toml::table{
            {"path", file.path}, {"bytes", static_cast<std::int64_t>(file.bytes)}, {"hash", file.hash.hex()}});
    return toml::table{{"logs", logs}, {"files", files}};
}

// Reads members and remembers the first that is not as it should be.
class Members {
  public:
    explicit Members(const toml::table& table) : table_(table) {}

    std::string text(const char* key) {
        const auto value = table_[key].value<std::string>();
        if (!value) fail(key, "", "text");
        return value.value_or("");
    }
    std::int64_t number(const char* key) {
        const auto value = table_[key].value<std::int64_t>();
        if (!value || *value < 0) fail(key, "", "a number");
        return value.value_or(0);
    }
    template <class B>
    B block(const char* key) {
        const std::string digits = text(key);
        const auto block = B::parse_hex(digits);
        if (!block) fail(key, digits, "hexadecimal");
        return block ? *block : B();
    }
    void fail(const char* key, const std::string& value, const char* limit) {
        if (!refusal_) refusal_ = Refusal(Code::backup_malformed, key, value, limit);
    }
    Result<void> finish() const {
        if (refusal_) return tl::unexpected(*refusal_);
        return {};
    }

  private:
    const toml::table& table_;
    std::optional<Refusal> refusal_;
};

// A path of a marker leads to a file below the backup and to nowhere else.
bool is_below(const std::string& path) {
    const Path p(path);
    return !path.empty() && p.is_relative() &&
           std::none_of(p.begin(), p.end(), [](const Path& part) { return part == ".." || part == "."; });
}

Result<void> read_lists(const toml::table& table, BackupManifest& m) {
    for (const char* name : {"logs", "files"}) {
        const toml::array* rows = table[name].as_array();
        if (rows == nullptr) return refuse(Code::backup_malformed, name, "", "a list");
        for (const auto& row : *rows) {
            if (!row.is_table()) return refuse(Code::backup_malformed, name, "", "tables");
            Members in(*row.as_table());
            if (std::string_view(name) == "logs") {
                m.logs.push_back({in.text("line"), static_cast<Seq>(in.number("size")), in.text("last")});
            } else {
                const std::string path = in.text("path");
                if (!is_below(path)) in.fail("path", path, "a path below the backup");
                m.files.push_back(
                    {path, static_cast<std::uint64_t>(in.number("bytes")), in.block<Hash256>("hash")});
            }
            XW_TRY_VOID(in.finish());
        }
    }
    return {};
}

Result<BackupManifest> read_table(const toml::table& table, const Path& path) {
    Members in(table);
    if (const auto found = in.number("format"); found > format)
        return refuse(Code::schema_newer, path.string(), std::to_string(found), std::to_string(format));
    BackupManifest m;
    m.program = in.text("program");
    m.made.ms = in.number("made_ms");
    m.node = in.block<NodeId>("node");
    m.code = in.text("code");
    m.name = in.text("name");
    m.tier = in.text("tier");
    m.incarnation = in.block<Incarnation>("incarnation");
    XW_TRY_VOID(in.finish());
    XW_TRY_VOID(read_lists(table, m));
    return m;
}

}  // namespace

bool BackupManifest::has_keys() const {
    return std::any_of(files.begin(), files.end(), [](const File& f) { return f.path.starts_with("keys/"); });
}

std::uint64_t BackupManifest::bytes() const {
    return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const File& f) { return sum + f.bytes; });
}

Result<void> write_manifest(const Path& backup, const BackupManifest& m) {
    toml::table table = logs_and_files(m);
    table.insert("format", format);
    table.insert("program", m.program);
    table.insert("made_ms", m.made.ms);
    table.insert("made_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(m.made.ms / 1000)));
    table.insert("node", m.node.hex());
    table.insert("code", m.code);
    table.insert("name", m.name);
    table.insert("tier", m.tier);
    table.insert("incarnation", m.incarnation.hex());
    std::ostringstream out;
    out << "# A complete backup of a node. Hashes: b2sum -l 256. See deploy/README.md, Backups.\n"
        << table << '\n';
    return write_file_atomic(backup / backup_marker, view(out.str()), FileMode::secret);
}

Result<BackupManifest> read_manifest(const Path& backup) {
    const Path path = backup / backup_marker;
    auto bytes = read_file(path, marker_bytes_max);
    if (!bytes && bytes.error().code == Code::file_missing)
        return refuse(Code::backup_incomplete, "backup", backup.string(), backup_marker);
    if (!bytes) return tl::unexpected(bytes.error());
    try {
        return read_table(toml::parse(text(*bytes), path.string()), path);
    } catch (const toml::parse_error& error) {
        return refuse(Code::backup_malformed, path.filename().string(), std::string(error.description()),
                      "TOML");
    }
}

}  // namespace xinwang
