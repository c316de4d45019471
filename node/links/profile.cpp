#include "node/links/profile.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

template <class E>
struct Word {
    const char* word;
    E value;
};

constexpr Word<LinkFormat> formats[] = {{"csv", LinkFormat::csv}, {"xml", LinkFormat::xml}};
constexpr Word<TextEncoding> encodings[] = {
    {"utf-8", TextEncoding::utf8}, {"utf-8-bom", TextEncoding::utf8_bom}, {"gb18030", TextEncoding::gb18030}};
constexpr Word<Heading> headings[] = {
    {"none", Heading::none}, {"code", Heading::code}, {"label", Heading::label}};
constexpr Word<HeaderPlace> header_places[] = {{"file", HeaderPlace::separate_file},
                                               {"first-lines", HeaderPlace::first_lines}};
constexpr Word<HeaderFormat> header_formats[] = {{"lines", HeaderFormat::lines}, {"xml", HeaderFormat::xml}};
constexpr Word<BodyColumnKind> column_kinds[] = {{"row", BodyColumnKind::row},
                                                 {"action", BodyColumnKind::action},
                                                 {"record", BodyColumnKind::record},
                                                 {"origin", BodyColumnKind::origin},
                                                 {"fields", BodyColumnKind::fields}};
constexpr Word<HeaderItemKind> item_kinds[] = {
    {"sender", HeaderItemKind::sender},       {"receiver", HeaderItemKind::receiver},
    {"catalogue", HeaderItemKind::catalogue}, {"table", HeaderItemKind::table},
    {"count", HeaderItemKind::count},         {"hash-algorithm", HeaderItemKind::hash_algorithm},
    {"hash", HeaderItemKind::hash},           {"package", HeaderItemKind::package},
    {"guid", HeaderItemKind::guid},           {"created", HeaderItemKind::created},
    {"body-file", HeaderItemKind::body_file}, {"profile", HeaderItemKind::profile}};
constexpr Word<FeedbackResult> results[] = {{"accepted", FeedbackResult::accepted},
                                            {"refused", FeedbackResult::refused}};

// One table of the file. Every getter notes its key; the first thing wrong is kept, and getters after it do
// nothing: the caller asks once at the end.
class Section {
  public:
    Section(const toml::table* table, std::string path, std::optional<Refusal>& wrong)
        : table_(table), path_(std::move(path)), wrong_(wrong) {}

    void text(const char* key, std::string& to, bool required = false) {
        const auto* node = find(key, required);
        if (!node) return;
        const auto* value = node->as_string();
        if (!value) return fail(key, "", "a text");
        to = value->get();
        if (to.empty() && required) return fail(key, "", "a text that is not empty");
        if (to.size() > 200 || printable(to, 1000) != to) fail(key, to, "at most 200 bytes of plain text");
    }

    template <class Integer>
    void number(const char* key, Integer& to, std::int64_t least, std::int64_t most) {
        const auto* node = find(key, false);
        if (!node) return;
        const auto* value = node->as_integer();
        if (!value || value->get() < least || value->get() > most)
            return fail(key, value ? std::to_string(value->get()) : "",
                        std::to_string(least) + ".." + std::to_string(most));
        to = static_cast<Integer>(value->get());
    }

    template <class E, std::size_t N>
    void word(const char* key, const Word<E> (&words)[N], E& to, bool required = false) {
        std::string found;
        text(key, found, required);
        if (wrong_ || found.empty()) return;
        for (const auto& w : words)
            if (found == w.word) {
                to = w.value;
                return;
            }
        std::string all;
        for (const auto& w : words) all += all.empty() ? w.word : std::string("|") + w.word;
        fail(key, found, all);
    }

    void element(const char* key, std::string& to) {
        text(key, to);
        if (!wrong_ && !is_element_name(to)) fail(key, to, "an XML element name");
    }

    Section section(const char* key) {
        const auto* node = find(key, false);
        if (node && !node->is_table()) fail(key, "", "a table");
        return {node ? node->as_table() : nullptr, path_ + key + ".", wrong_};
    }

    // Calls each(Section) for the tables of an array.
    template <class F>
    void sections(const char* key, std::size_t most, F&& each) {
        const auto* node = find(key, false);
        if (!node) return;
        const auto* array = node->as_array();
        if (!array || array->size() > most) return fail(key, "", "at most " + std::to_string(most) + " tables");
        std::size_t i = 0;
        for (const auto& item : *array) {
            const std::string at = path_ + key + "[" + std::to_string(i++) + "].";
            if (!item.is_table()) return fail(key, "", "tables only");
            Section inner(item.as_table(), at, wrong_);
            each(inner);
            inner.finish();
        }
    }

    void texts(const char* key, std::size_t most, std::vector<std::string>& to) {
        const auto* node = find(key, false);
        if (!node) return;
        const auto* array = node->as_array();
        if (!array || array->size() > most) return fail(key, "", "at most " + std::to_string(most) + " texts");
        for (const auto& item : *array) {
            const auto* value = item.as_string();
            if (!value || value->get().empty()) return fail(key, "", "texts that are not empty");
            to.push_back(value->get());
        }
    }

    // For tables whose keys are data.
    std::vector<std::string> keys() {
        std::vector<std::string> all;
        if (table_)
            for (const auto& [key, value] : *table_) all.emplace_back(key.str());
        return all;
    }

    void fail(std::string_view key, std::string_view value, std::string_view expected) {
        if (!wrong_) wrong_ = Refusal(Code::bad_profile, path_ + std::string(key), value, expected);
    }

    // Whatever nobody asked for is a mistake of the file.
    void finish() {
        for (const auto& key : keys())
            if (!used_.contains(key)) fail(key, key, "a key that exists");
    }

  private:
    const toml::node* find(std::string_view key, bool required) {
        used_.emplace(key);
        const toml::node* node = table_ ? table_->get(key) : nullptr;
        if (!node && required) fail(key, "", "a value");
        return wrong_ ? nullptr : node;
    }

    const toml::table* table_;
    std::string path_;
    std::optional<Refusal>& wrong_;
    std::set<std::string, std::less<>> used_;
};

void read_body(Section body, LinkProfile& p) {
    body.word("format", formats, p.format, true);
    body.word("encoding", encodings, p.encoding, true);
    body.text("suffix", p.body_suffix, true);
    body.word("heading", headings, p.heading);
    body.element("root", p.root_element);
    body.element("row", p.row_element);
    std::set<BodyColumnKind> seen;
    body.sections("columns", 16, [&](Section& s) {
        BodyColumn column;
        s.word("is", column_kinds, column.is, true);
        const bool fields = column.is == BodyColumnKind::fields;
        s.text("name", column.name, !fields);
        if (p.format == LinkFormat::xml && !fields && !is_element_name(column.name))
            s.fail("name", column.name, "an XML element name");
        if (!seen.insert(column.is).second) s.fail("is", "", "each column once");
        p.columns.push_back(std::move(column));
    });
    if (!seen.contains(BodyColumnKind::fields)) body.fail("columns", "", "a column of fields");
    if (!seen.contains(BodyColumnKind::action)) body.fail("columns", "", "a column of actions");
    Section actions = body.section("actions");
    actions.text("add", p.actions[0], true);
    actions.text("correct", p.actions[1], true);
    actions.text("withdraw", p.actions[2], true);
    actions.finish();
    body.finish();
}

void read_header(Section header, LinkProfile& p) {
    header.word("place", header_places, p.header_place);
    header.word("format", header_formats, p.header_format);
    header.text("suffix", p.header_suffix, p.header_place == HeaderPlace::separate_file);
    header.text("separator", p.header_separator);
    header.element("root", p.header_element);
    bool has_hash = false, has_count = false, has_package = false;
    header.sections("items", 32, [&](Section& s) {
        HeaderItem item;
        s.word("is", item_kinds, item.is, true);
        s.text("name", item.name, true);
        if (p.header_format == HeaderFormat::xml && !is_element_name(item.name))
            s.fail("name", item.name, "an XML element name");
        has_hash |= item.is == HeaderItemKind::hash;
        has_count |= item.is == HeaderItemKind::count;
        has_package |= item.is == HeaderItemKind::package || item.is == HeaderItemKind::guid;
        p.header_items.push_back(std::move(item));
    });
    if (!has_hash || !has_count || !has_package) header.fail("items", "", "count, hash and package or guid");
    const bool inside = p.header_place == HeaderPlace::first_lines;
    if (inside && (p.format != LinkFormat::csv || p.header_format != HeaderFormat::lines))
        header.fail("place", "first-lines", "file, unless body is csv and header is lines");
    if (!inside && p.header_suffix == p.body_suffix)
        header.fail("suffix", p.header_suffix, "another than body.suffix");
    header.finish();
}

void read_catalogues(Section& root, LinkProfile& p) {
    root.sections("catalogue", 1000, [&](Section& s) {
        std::string id;
        CatalogueTable table;
        s.text("id", id, true);
        s.text("table", table.table);
        s.texts("order", limits::row_columns_max, table.order);
        auto sorted = table.order;
        std::sort(sorted.begin(), sorted.end());
        if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
            s.fail("order", "", "each field once");
        if (!p.catalogues.emplace(id, std::move(table)).second) s.fail("id", id, "each catalogue once");
    });
}

void read_feedback(Section feedback, FeedbackLayout& f) {
    feedback.word("format", formats, f.format, true);
    feedback.word("encoding", encodings, f.encoding, true);
    feedback.element("row_element", f.row_element);
    Section columns = feedback.section("columns");
    columns.text("package", f.package, true);
    columns.text("row", f.row);
    columns.text("record", f.record);
    columns.text("result", f.result, true);
    columns.text("reason", f.reason);
    columns.text("message", f.message);
    std::set<std::string> names;
    for (const auto* name : {&f.package, &f.row, &f.record, &f.result, &f.reason, &f.message}) {
        if (name->empty()) continue;
        if (!names.insert(*name).second) columns.fail(*name, *name, "each name once");
        if (f.format == LinkFormat::xml && !is_element_name(*name))
            columns.fail(*name, *name, "an XML element name");
    }
    if (f.row.empty() && f.record.empty()) columns.fail("row", "", "a row or a record");
    columns.finish();
    Section codes = feedback.section("results");
    for (const auto& key : codes.keys()) {
        FeedbackResult result = FeedbackResult::refused;
        codes.word(key.c_str(), results, result, true);
        f.results.emplace(key, result);
    }
    if (f.results.empty()) codes.fail("", "", "at least one result code");
    feedback.finish();
}

void check_naming(Section& package, const LinkProfile& p) {
    std::string rest = p.name_pattern;
    if (rest.find("{package}") == std::string::npos) package.fail("name", rest, "a pattern with {package}");
    for (const char* place : {"{package}", "{city}", "{catalogue}", "{date}"})
        while (rest.find(place) != std::string::npos)
            rest.erase(rest.find(place), std::string_view(place).size());
    if (rest.find_first_of("{}/") != std::string::npos || rest.starts_with("."))
        package.fail("name", p.name_pattern, "{package} {city} {catalogue} {date} and plain characters");
    for (const auto* suffix : {&p.body_suffix, &p.header_suffix})
        if (suffix->find('/') != std::string::npos || *suffix == ".part")
            package.fail("suffix", *suffix, "a file suffix such as .csv");
}

// Debian's library throws for text that is no TOML: here it becomes a value.
Result<toml::table> parse_toml(std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        return refuse(Code::bad_profile, "line " + std::to_string(error.source().begin.line),
                      error.description(), "TOML");
    }
}

}  // namespace

bool is_element_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), inner);
}

Result<LinkProfile> parse_profile(std::string_view toml) {
    if (toml.size() > limits::profile_bytes_max)
        return refuse(Code::too_large, "profile", std::to_string(toml.size()),
                      std::to_string(limits::profile_bytes_max));
    XW_TRY(table, parse_toml(toml));
    LinkProfile p;
    std::optional<Refusal> wrong;
    Section root(&table, "", wrong);
    root.text("id", p.id, true);
    root.number("version", p.version, 1, 1'000'000);
    root.text("receiver", p.receiver, true);
    root.number("utc_offset_minutes", p.utc_offset_minutes, -14 * 60, 14 * 60);
    Section package = root.section("package");
    package.number("rows", p.rows_per_package, 1, limits::package_rows_max);
    package.text("name", p.name_pattern, true);
    package.finish();
    read_body(root.section("body"), p);
    read_header(root.section("header"), p);
    read_catalogues(root, p);
    read_feedback(root.section("feedback"), p.feedback);
    check_naming(package, p);
    root.finish();
    if (wrong) return tl::unexpected(*wrong);
    return p;
}

}  // namespace xinwang
