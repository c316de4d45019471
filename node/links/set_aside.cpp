#include "node/links/set_aside.h"

#include <algorithm>

#include "node/links/folder.h"
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal_codec.h"

namespace xinwang {
namespace {

constexpr std::string_view set_aside_prefix = "link-set-aside";
constexpr std::uint8_t set_aside_layout = 1;
constexpr std::size_t set_aside_name_bytes_max = 100;  // of the file's own name

Bytes set_aside_key(std::string_view kept_as) {
    Bytes key = to_bytes(view(set_aside_prefix));
    const Hash256 name = hash<Hash256>("XW-set-aside", {view(kept_as)});
    append(key, name.view());
    return key;
}

Result<SetAsideFile> read_set_aside_row(View value) {
    Reader in(value, "file set aside");
    if (const auto found = in.u8(); found != set_aside_layout)
        return refuse(Code::bad_number, "set aside.layout", std::to_string(found),
                      std::to_string(set_aside_layout));
    SetAsideFile file;
    file.kept_as = in.text16();
    file.name = in.text16();
    file.at.ms = in.i64();
    file.rows = in.u64();
    file.total = in.u64();
    const int findings = in.u8();
    for (int i = 0; i < findings && in.good(); ++i) {
        const std::uint32_t number = in.u32();
        XW_TRY(why, read_refusal(in));
        file.findings.push_back({number, why});
    }
    XW_TRY_VOID(in.finish());
    return file;
}

}  // namespace

Result<std::string> keep_in_quarantine(const std::filesystem::path& folder, View file, std::string_view name) {
    XW_TRY(place, Folder::open(folder.string(), Making::may_make));
    const std::string plain = Folder::is_plain_name(name) && name.size() <= set_aside_name_bytes_max
                                  ? std::string(name)
                                  : std::string("feedback");
    const std::string kept_as = plain + "." + sha256({file}).hex().substr(0, 16);
    XW_TRY_VOID(place.write_part(kept_as, file));
    XW_TRY(placed, place.publish_part(kept_as));
    if (!placed) place.remove(kept_as + ".part");  // kept before: its content is in its name
    place.sync();
    return kept_as;
}

Put set_aside_row(const SetAsideFile& file) {
    Writer out;
    out.u8(set_aside_layout);
    out.text16(file.kept_as);
    out.text16(printable(file.name, limits::file_name_bytes_max));
    out.i64(file.at.ms);
    out.u64(file.rows);
    out.u64(file.total);
    const std::size_t told = std::min(file.findings.size(), SetAsideFile::findings_max);
    out.u8(static_cast<std::uint8_t>(told));
    for (std::size_t i = 0; i < told; ++i) {
        out.u32(file.findings[i].number);
        write(out, file.findings[i].why);
    }
    return {Table::meta, set_aside_key(file.kept_as), out.take()};
}

Erase no_set_aside_row(const std::string& kept_as) {
    return {Table::meta, set_aside_key(kept_as)};
}

Result<std::vector<SetAsideFile>> read_set_aside(const Snapshot& kept) {
    std::vector<SetAsideFile> files;
    std::optional<Refusal> damaged;
    kept.scan(Table::meta, view(set_aside_prefix), [&](View key, View value) {
        auto file = read_set_aside_row(value);
        if (file)
            files.push_back(std::move(*file));
        else
            damaged = Refusal(Code::store_corrupt, table_name(Table::meta), hex(key), file.error().number());
        return !damaged;
    });
    if (damaged) return tl::unexpected(*damaged);
    std::sort(files.begin(), files.end(), [](const SetAsideFile& a, const SetAsideFile& b) {
        return std::tie(b.at, b.kept_as) < std::tie(a.at, a.kept_as);
    });
    return files;
}

}  // namespace xinwang
