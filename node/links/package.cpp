#include "node/links/package.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "protocol/base/codec.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr std::string_view xml_limit = "XML 1.0";

// The moment as the receiver's wall clock shows it.
struct LocalTime {
    LocalTime(std::int64_t ms, int offset_minutes) : offset(offset_minutes) {
        using namespace std::chrono;
        const sys_seconds local{floor<seconds>(milliseconds(ms)) + minutes(offset_minutes)};
        const auto day_start = floor<days>(local);
        day = year_month_day(day_start);
        time = hh_mm_ss<std::chrono::seconds>(local - day_start);
    }
    std::string date() const {
        return fmt::format("{:04}{:02}{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                           static_cast<unsigned>(day.day()));
    }
    std::string iso() const {
        return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", static_cast<int>(day.year()),
                           static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                           time.hours().count(), time.minutes().count(), time.seconds().count(),
                           offset < 0 ? '-' : '+', std::abs(offset) / 60, std::abs(offset) % 60);
    }
    int offset;
    std::chrono::year_month_day day{};
    std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

bool is_plain_number(std::string_view s) {
    if (s.starts_with('-')) s.remove_prefix(1);
    const auto digits = [&] {
        const auto n = std::min(s.find_first_not_of("0123456789"), s.size());
        s.remove_prefix(n);
        return n > 0;
    };
    if (!digits()) return false;
    if (s.empty()) return true;
    if (!s.starts_with('.')) return false;
    s.remove_prefix(1);
    return digits() && s.empty();
}

bool starts_a_formula(std::string_view s) {
    if (s.empty()) return false;
    if (std::string_view("=+-@\t\r\n\0", 8).find(s.front()) != std::string_view::npos) return true;
    for (const char* wide : {"＝", "＋", "－", "＠"})
        if (s.starts_with(wide)) return true;
    return false;
}

bool starts_a_formula_behind_apostrophes(std::string_view s) {
    s.remove_prefix(std::min(s.find_first_not_of('\''), s.size()));
    return starts_a_formula(s);
}

void add_csv_cell(std::string_view value, std::string& to) {
    to.push_back('"');
    for (const char c : value) {
        if (c == '"') to.push_back('"');
        to.push_back(c);
    }
    to.push_back('"');
}

bool fits_xml(std::string_view value) {
    for (const char c : value)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    return value.find("\xEF\xBF\xBE") == value.npos && value.find("\xEF\xBF\xBF") == value.npos;
}

void add_element(std::string_view name, std::string_view value, std::string& to) {
    to.append("<").append(name).append(">");
    for (const char c : value) {
        switch (c) {
            case '&':
                to += "&amp;";
                break;
            case '<':
                to += "&lt;";
                break;
            case '>':
                to += "&gt;";
                break;
            case '"':
                to += "&quot;";
                break;
            case '\'':
                to += "&apos;";
                break;
            case '\r':
                to += "&#13;";
                break;  // a reader would make it a line feed
            default:
                to.push_back(c);
        }
    }
    to.append("</").append(name).append(">");
}

// Positions of the package's fields in the order in which the profile wants them.
Result<std::vector<std::size_t>> field_order(const Package& package, const LinkProfile& profile) {
    std::vector<std::size_t> order;
    std::vector<bool> placed(package.fields.size());
    if (const auto known = profile.catalogues.find(package.catalogue); known != profile.catalogues.end()) {
        for (const auto& code : known->second.order) {
            const auto at = std::find_if(package.fields.begin(), package.fields.end(),
                                         [&](const PackageField& f) { return f.code == code; });
            if (at == package.fields.end())
                return refuse(Code::bad_profile, "catalogue.order", code, "a field of " + package.catalogue);
            const auto index = static_cast<std::size_t>(at - package.fields.begin());
            placed[index] = true;
            order.push_back(index);
        }
    }
    for (std::size_t i = 0; i < placed.size(); ++i)
        if (!placed[i]) order.push_back(i);
    if (profile.format == LinkFormat::xml)
        for (const auto& field : package.fields)
            if (!is_element_name(field.code))
                return refuse(Code::bad_profile, "body.format", field.code,
                              "field codes that can name elements");
    return order;
}

// Writes the body row by row; rows that cannot be carried go aside.
class Body {
  public:
    Body(const Package& package, const LinkProfile& profile, std::vector<std::size_t> order)
        : package_(package), profile_(profile), order_(std::move(order)), encoder_(profile.encoding) {}

    Bytes render(PackageFiles& into) {
        begin();
        for (const auto& row : package_.rows) {
            if (auto wrong = add(row))
                into.set_aside.push_back({row.row, row.record, std::move(*wrong)});
            else
                ++into.rows;
        }
        if (profile_.format == LinkFormat::xml) add_own("</" + profile_.root_element + ">\n");
        return std::move(out_);
    }

  private:
    // Text of ours or of the profile, which parse_profile() has seen to be plain.
    void add_own(const std::string& text) { refused_ |= !encoder_.add(text, out_); }

    void begin() {
        if (profile_.format == LinkFormat::xml)
            return add_own(fmt::format("<?xml version=\"1.0\" encoding=\"{}\"?>\n<{}>\n", encoder_.xml_name(),
                                       profile_.root_element));
        if (profile_.heading == Heading::none) return;
        line_.clear();
        for (const auto& column : profile_.columns) {
            if (column.is != BodyColumnKind::fields) {
                put_cell(column.name);
                continue;
            }
            for (const auto i : order_) {
                const auto& field = package_.fields[i];
                put_cell(guard_cell(profile_.heading == Heading::label ? field.label : field.code));
            }
        }
        end_csv_line();
        add_own(line_);
    }

    std::optional<Refusal> add(const PackageRow& row) {
        if (row.values.size() > package_.fields.size())
            return Refusal(Code::unsendable_row, package_.catalogue, std::to_string(row.values.size()),
                           std::to_string(package_.fields.size()));
        const bool xml = profile_.format == LinkFormat::xml;
        line_ = xml ? "<" + profile_.row_element + ">" : "";
        for (const auto& column : profile_.columns) {
            if (column.is != BodyColumnKind::fields) {
                put(column.name, own_value(column.is, row));
                continue;
            }
            for (const auto i : order_)
                if (auto wrong = put_field(package_.fields[i], i < row.values.size() ? row.values[i] : ""))
                    return wrong;
        }
        if (xml)
            line_ += "</" + profile_.row_element + ">\n";
        else
            end_csv_line();
        if (encoder_.add(line_, out_)) return std::nullopt;
        return find_unmappable(row);
    }

    std::optional<Refusal> put_field(const PackageField& field, const std::string& value) {
        if (profile_.format == LinkFormat::xml) {
            if (!fits_xml(value)) return Refusal(Code::unsendable_text, field.code, value, xml_limit);
            add_element(field.code, value, line_);
        } else {
            put_cell(field.numeric && is_plain_number(value) ? value : guard_cell(value));
        }
        return std::nullopt;
    }

    void put(const std::string& name, const std::string& value) {
        if (profile_.format == LinkFormat::xml)
            add_element(name, value, line_);
        else
            put_cell(value);
    }
    void put_cell(std::string_view cell) {
        if (!line_.empty()) line_.push_back(',');
        add_csv_cell(cell, line_);
    }
    void end_csv_line() { line_ += "\r\n"; }

    std::string own_value(BodyColumnKind is, const PackageRow& row) const {
        switch (is) {
            case BodyColumnKind::row:
                return std::to_string(row.row);
            case BodyColumnKind::action:
                return profile_.actions[static_cast<std::size_t>(row.action) - 1];
            case BodyColumnKind::record:
                return row.record.hex();
            case BodyColumnKind::origin:
                return row.origin.hex();
            case BodyColumnKind::fields:
                break;
        }
        return {};
    }

    Refusal find_unmappable(const PackageRow& row) {
        Bytes scratch;
        for (std::size_t i = 0; i < row.values.size(); ++i)
            if (!encoder_.add(row.values[i], scratch))
                return {Code::unsendable_text, package_.fields[i].code, row.values[i],
                        encoding_name(profile_.encoding)};
        return {Code::unsendable_text, "action", own_value(BodyColumnKind::action, row),
                encoding_name(profile_.encoding)};
    }

  public:
    bool refused() const { return refused_; }

  private:
    const Package& package_;
    const LinkProfile& profile_;
    std::vector<std::size_t> order_;
    Encoder encoder_;
    Bytes out_;
    std::string line_;
    bool refused_ = false;
};

std::string table_name(const Package& package, const LinkProfile& profile) {
    const auto known = profile.catalogues.find(package.catalogue);
    return known == profile.catalogues.end() || known->second.table.empty() ? package.catalogue
                                                                            : known->second.table;
}

Result<std::string> base_name(const Package& package, const LinkProfile& profile) {
    std::string name = profile.name_pattern;
    const auto fill = [&](std::string_view place, const std::string& with) {
        for (std::size_t at = name.find(place); at != name.npos; at = name.find(place, at + with.size()))
            name.replace(at, place.size(), with);
    };
    fill("{city}", package.city);
    fill("{catalogue}", table_name(package, profile));
    fill("{date}", LocalTime(package.created_ms, profile.utc_offset_minutes).date());
    fill("{package}", package_text(package.number));
    const bool plain = name.find_first_of("/{}\\") == name.npos && !name.starts_with('.') &&
                       printable(name, 1000) == name && name.size() + 40 <= 255;
    if (!plain) return refuse(Code::bad_file_name, "package.name", name, "a plain name of at most 215 bytes");
    return name;
}

std::string header_value(HeaderItemKind is, const Package& package, const LinkProfile& profile,
                         const PackageFiles& files, const std::string& body_name) {
    switch (is) {
        case HeaderItemKind::sender:
            return package.city;
        case HeaderItemKind::receiver:
            return profile.receiver;
        case HeaderItemKind::catalogue:
            return package.catalogue;
        case HeaderItemKind::table:
            return table_name(package, profile);
        case HeaderItemKind::count:
            return std::to_string(files.rows);
        case HeaderItemKind::hash_algorithm:
            return "sha256";
        case HeaderItemKind::hash:
            return files.body_hash.hex();
        case HeaderItemKind::package:
            return package_text(package.number);
        case HeaderItemKind::guid:
            return guid_text(files.guid);
        case HeaderItemKind::created:
            return LocalTime(package.created_ms, profile.utc_offset_minutes).iso();
        case HeaderItemKind::body_file:
            return body_name;
        case HeaderItemKind::profile:
            return fmt::format("{}/{}", profile.id, profile.version);
    }
    return {};
}

Result<Bytes> render_header(const Package& package, const LinkProfile& profile, const PackageFiles& files,
                            const std::string& body_name) {
    Encoder encoder(profile.encoding);
    const bool xml = profile.header_format == HeaderFormat::xml;
    std::string all;
    if (xml)
        all = fmt::format("<?xml version=\"1.0\" encoding=\"{}\"?>\n<{}>\n", encoder.xml_name(),
                          profile.header_element);
    for (const auto& item : profile.header_items) {
        const auto value = header_value(item.is, package, profile, files, body_name);
        if (xml)
            add_element(item.name, value, all);
        else
            all += item.name + profile.header_separator + value;
        all += xml ? "\n" : "\r\n";
    }
    if (xml) all += "</" + profile.header_element + ">\n";
    Bytes bytes = to_bytes(encoder.mark());
    if (!encoder.add(all, bytes))
        return refuse(Code::bad_profile, "header", "",
                      std::string("text for ") + encoding_name(profile.encoding));
    return bytes;
}

}  // namespace

Result<std::vector<std::string>> package_file_names(const Package& package, const LinkProfile& profile) {
    XW_TRY(name, base_name(package, profile));
    std::vector<std::string> names{name + profile.body_suffix};
    if (profile.header_place != HeaderPlace::first_lines) names.push_back(name + profile.header_suffix);
    return names;
}

Result<PackageFiles> render(const Package& package, const LinkProfile& profile) {
    XW_TRY(names, package_file_names(package, profile));
    XW_TRY(order, field_order(package, profile));
    PackageFiles out;
    out.guid = package_guid(package);
    Body writer(package, profile, std::move(order));
    Bytes body = writer.render(out);
    if (writer.refused())
        return refuse(Code::bad_profile, "body", package.catalogue,
                      std::string("names that exist in ") + encoding_name(profile.encoding));
    const Encoder encoder(profile.encoding);
    const bool inside = profile.header_place == HeaderPlace::first_lines;
    if (!inside) body.insert(body.begin(), encoder.mark().begin(), encoder.mark().end());
    out.body_hash = sha256({body});
    if (out.rows == 0) return out;
    XW_TRY(header, render_header(package, profile, out, names.front()));
    if (inside) {
        append(header, body);
        out.files.push_back({names.front(), std::move(header)});
    } else {
        out.files.push_back({names.front(), std::move(body)});
        out.files.push_back({names.back(), std::move(header)});
    }
    return out;
}

PackageGuid package_guid(const Package& package) {
    Writer w;
    w.raw(view("XW-package"));
    w.block(package.city_node);
    w.u64(package.number);
    w.bytes32(view(package.catalogue));
    for (const auto& row : package.rows) {
        w.u32(row.row);
        w.u8(static_cast<std::uint8_t>(row.action));
        w.block(row.record);
        w.block(row.origin);
        w.u32(static_cast<std::uint32_t>(row.values.size()));
        for (const auto& value : row.values) w.bytes32(view(value));
    }
    PackageGuid guid;
    blake2b(guid.bytes, {w.bytes()});
    guid.bytes[6] = static_cast<std::uint8_t>((guid.bytes[6] & 0x0F) | 0x80);
    guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3F) | 0x80);
    return guid;
}

std::string guid_text(const PackageGuid& guid) {
    std::string digits = guid.hex();
    for (const std::size_t at : {20, 16, 12, 8}) digits.insert(at, 1, '-');
    return digits;
}

std::string package_text(std::uint64_t number) {
    return fmt::format("{:010}", number);
}

std::optional<std::uint64_t> parse_package_text(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string guard_cell(std::string_view value) {
    return starts_a_formula_behind_apostrophes(value) ? "'" + std::string(value) : std::string(value);
}

std::string_view unguard_cell(std::string_view cell) {
    if (cell.starts_with('\'') && starts_a_formula_behind_apostrophes(cell)) cell.remove_prefix(1);
    return cell;
}

}  // namespace xinwang
