#include "node/edge/head_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace xinwang {
namespace {

constexpr std::size_t file_bytes_max = 1u << 20;
constexpr std::string_view signature_word = "signature ";

std::string line_of(const LogId& log, Seq size, const BatchId& last) {
    return fmt::format("{} {} {} {}\n", lane_name(log.lane), log.toward.hex(), size, last.hex());
}

std::string first_lines(const NodeId& node, const Incarnation& incarnation) {
    return fmt::format("xinwang-head/1\nnode {}\nincarnation {}\n", node.hex(), incarnation.hex());
}

Bytes to_sign(std::string_view lines) {
    Writer out;
    out.raw(view(std::string_view("XW-head-file\0", 13)));
    out.raw(view(lines));
    return out.take();
}

// One line, taken off `text`.
std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

bool is_apart(const Path& file, const Path& other) {
    struct stat one {
    }, two{};
    const bool known = ::stat(file.parent_path().c_str(), &one) == 0 && ::stat(other.c_str(), &two) == 0;
    return known && one.st_dev != two.st_dev;
}

Memory HeadFile::judge(const Snapshot& kept) const {
    const auto bytes = read_file(file_, file_bytes_max);
    if (!bytes) return Memory::unproven;
    const std::string_view all = text(*bytes);
    const std::size_t end = all.rfind(signature_word);
    if (end == std::string_view::npos) return Memory::unproven;
    const std::string_view signed_lines = all.substr(0, end);
    std::string_view rest = all.substr(end + signature_word.size());
    const auto signature = Signature::parse_hex(std::string(next_line(rest)));
    if (!signature || !verify(key_.public_key(), to_sign(signed_lines), *signature)) return Memory::unproven;
    const auto incarnation = kept.get(Table::meta, view("incarnation"));
    if (!incarnation) throw StoreCorrupt(incarnation.error());
    const std::string begin = first_lines(node_, *Incarnation::from(**incarnation));
    // Of another incarnation: the store is from before it, or the node stopped at the moment it began one. A
    // new one is sound in both cases.
    if (!signed_lines.starts_with(begin)) return Memory::set_back;
    std::map<std::pair<std::string, std::string>, LogRow> held;
    for (const LogRow& row : kept.logs())
        if (row.id.origin == node_ && row.id.incarnation == *Incarnation::from(**incarnation))
            held.emplace(std::pair(lane_name(row.id.lane), row.id.toward.hex()), row);
    for (std::string_view lines = signed_lines.substr(begin.size()); !lines.empty();) {
        std::istringstream words{std::string(next_line(lines))};
        std::string lane, toward, last;
        Seq size = 0;
        words >> lane >> toward >> size >> last;
        const auto row = held.find({lane, toward});
        const Seq ours = row == held.end() ? 0 : row->second.size;
        if (ours < size || (ours == size && size > 0 && row->second.last.hex() != last))
            return Memory::set_back;
    }
    return apart_ ? Memory::held : Memory::proven;
}

Result<void> HeadFile::keep(const Incarnation& present, const Logbook& book) {
    std::string lines = first_lines(node_, present);
    const auto& logs = book.all();
    const LogId from{node_, present, Lane::trust, {}};
    for (auto it = logs.lower_bound(from);
         it != logs.end() && it->first.origin == node_ && it->first.incarnation == present; ++it)
        if (it->second.size > 0) lines += line_of(it->first, it->second.size, it->second.last);
    if (lines == written_) return {};
    const std::string whole = fmt::format("{}{}{}\n", lines, signature_word, key_.sign(to_sign(lines)).hex());
    XW_TRY_VOID(write_file_atomic(file_, view(whole), FileMode::shared));
    written_ = std::move(lines);
    return {};
}

}  // namespace xinwang
