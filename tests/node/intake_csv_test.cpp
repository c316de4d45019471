// Shows that text is decoded strictly and told apart by its beginning, and that the CSV reader keeps one bad
// row from costing another, whatever its fault.
#include <catch2/catch.hpp>

#include "node/intake/csv.h"
#include "protocol/base/limits.h"

using namespace xinwang;

namespace intake_csv_test {
namespace {

struct Read {
    std::vector<std::vector<std::string>> cells;
    std::vector<std::optional<Code>> refusals;
    std::vector<std::uint32_t> lines;
    CsvPosition end;
};

Read read_all(std::string_view content, Encoding encoding = Encoding::utf8, char separator = ',') {
    MemorySource source(content);
    CsvReader reader(source, encoding, separator, {});
    Read out;
    CsvRow row;
    while (reader.next(row)) {
        REQUIRE(row.number == out.cells.size() + 1);
        out.cells.emplace_back(row.cells.begin(), row.cells.begin() + static_cast<std::ptrdiff_t>(row.count));
        out.refusals.push_back(row.refusal ? std::optional(row.refusal->code) : std::nullopt);
        out.lines.push_back(row.line);
    }
    out.end = reader.position();
    REQUIRE(out.end.offset == content.size());
    return out;
}
using Rows = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("the encoding is told from the beginning, and a declared one wins") {
    const auto detect = [](std::string_view s, std::optional<Encoding> d = std::nullopt) {
        return *detect_text(view(s), d);
    };
    REQUIRE(detect("\xEF\xBB\xBF名称") == TextStart{Encoding::utf8, 3});
    REQUIRE(detect("名称") == TextStart{Encoding::utf8, 0});
    REQUIRE(detect("abc") == TextStart{Encoding::utf8, 0});
    REQUIRE(detect(to_gb18030("名称")) == TextStart{Encoding::gb18030, 0});
    REQUIRE(detect("名称", Encoding::gb18030) == TextStart{Encoding::gb18030, 0});
    REQUIRE(detect(std::string("名称").substr(0, 5)) ==
            TextStart{Encoding::utf8, 0});  // cut by the probe's end
    for (const auto& [bytes, kind] :
         std::initializer_list<std::pair<std::string, const char*>>{{"PK\x03\x04", "XLSX/ZIP"},
                                                                    {"\xD0\xCF\x11\xE0", "XLS/DOC"},
                                                                    {"\xFF\xFEn\x00", "UTF-16"},
                                                                    {std::string("a\0b", 3), "NUL"}}) {
        const auto refused = detect_text(view(bytes), std::nullopt);
        REQUIRE(refused.error().code == Code::file_not_text);
        REQUIRE(refused.error().value == kind);
    }
    REQUIRE(parse_encoding("GBK") == Encoding::gb18030);
    REQUIRE(parse_encoding("UTF-8") == Encoding::utf8);
    REQUIRE(parse_encoding("UTF-8//IGNORE").error().code == Code::encoding_unknown);
}

TEST_CASE("GB18030 is decoded strictly, four-byte forms and second bytes of ASCII included") {
    Decoder decoder(Encoding::gb18030);
    std::string out;
    REQUIRE_FALSE(decoder.decode("\x81\x5C", out));  // second byte is a backslash
    REQUIRE(out == "乗");
    REQUIRE_FALSE(decoder.decode("\x81\x30\x81\x30", out));
    REQUIRE(out == "\xC2\x80");
    REQUIRE(to_gb18030("𠮷") == "\x95\x34\xB2\x35");
    REQUIRE_FALSE(decoder.decode(to_gb18030("郞庄村西木杴庄杄树底村鄚州镇𠮷"), out));
    REQUIRE(out == "郞庄村西木杴庄杄树底村鄚州镇𠮷");
    REQUIRE(decoder.decode("a\xFF", out) == 1);
    REQUIRE(decoder.decode("ab\xB1", out) == 2);  // cut short
    REQUIRE_FALSE(decoder.decode("ok", out));     // and no state is left behind
    REQUIRE(out == "ok");
    REQUIRE(Decoder(Encoding::utf8).decode("名\xFF", out) == 3);
}

TEST_CASE("quoting by RFC 4180") {
    REQUIRE(read_all("a,b\r\n1,2\r\n").cells == Rows{{"a", "b"}, {"1", "2"}});
    REQUIRE(read_all("a,b\n1,2").cells == Rows{{"a", "b"}, {"1", "2"}});
    REQUIRE(read_all("\"a,b\",\"c\"\"d\"\r\n").cells == Rows{{"a,b", "c\"d"}});
    REQUIRE(read_all("\"第一行\r\n第二行\",x\r\ny,z\r\n").cells == Rows{{"第一行\n第二行", "x"}, {"y", "z"}});
    REQUIRE(read_all("a\"b,\"\",\n").cells == Rows{{"a\"b", "", ""}});
    REQUIRE(read_all("a\tb;c\n", Encoding::utf8, '\t').cells == Rows{{"a", "b;c"}});
    REQUIRE(read_all("").cells.empty());
    const Read blank = read_all("a,b\n\n,,\n \n1,2\n");
    REQUIRE(blank.cells == Rows{{"a", "b"}, {"1", "2"}});
    REQUIRE(blank.lines == std::vector<std::uint32_t>{1, 5});
    REQUIRE(detect_separator("a,b,c;d") == ',');
    REQUIRE(detect_separator("a\tb") == '\t');
    REQUIRE(detect_separator("\"a,b,c\";d;e") == ';');
    REQUIRE(detect_separator("one") == ',');
}

TEST_CASE("separators inside GB18030 characters do not split") {
    // 0x81 0x7C, 0x81 0x5C and four-byte forms with digits, next to real separators
    const std::string line = "\x81\x5C,\x81\x7C,\x81\x30\x81\x30,\"\x81\x5C\"\n";
    const Read rows = read_all(line, Encoding::gb18030);
    REQUIRE(rows.cells.size() == 1);
    REQUIRE(rows.cells[0].size() == 4);
    REQUIRE(rows.cells[0][3] == "乗");
    REQUIRE_FALSE(rows.refusals[0]);
}

TEST_CASE("a stray quote costs its own line only") {
    const Read open = read_all("a,\"b\n1,2\n3,4\n");
    REQUIRE(open.refusals == std::vector<std::optional<Code>>{Code::row_quotes, std::nullopt, std::nullopt});
    REQUIRE(open.cells[1] == std::vector<std::string>{"1", "2"});
    REQUIRE(open.lines == std::vector<std::uint32_t>{1, 2, 3});
    const Read junk = read_all("\"a\"b,c\n1,2\n");
    REQUIRE(junk.refusals == std::vector<std::optional<Code>>{Code::row_quotes, std::nullopt});
    const Read later =
        read_all("a,\"b\nc,\"d\"\n1,2\n");  // the second line closes the first one's quote, then goes on
    REQUIRE(later.refusals == std::vector<std::optional<Code>>{Code::row_quotes, std::nullopt, std::nullopt});
    REQUIRE(later.cells[1] == std::vector<std::string>{"c", "d"});
}

TEST_CASE("a row of bad bytes is refused alone") {
    const Read rows = read_all("a,b\n\xFF,2\n3,4\n");
    REQUIRE(rows.refusals == std::vector<std::optional<Code>>{std::nullopt, Code::row_encoding, std::nullopt});
    const Read gb = read_all("a,b\n\x81,2\n3,4\n", Encoding::gb18030);
    REQUIRE(gb.refusals[1] == Code::row_encoding);
    REQUIRE_FALSE(gb.refusals[2]);
}

TEST_CASE("a row over a limit is refused with the limit and reading goes on") {
    const std::string cell(limits::field_bytes_max + 1, 'x');
    const Read field = read_all("a,b\n" + cell + ",2\n3,4\n");
    REQUIRE(field.refusals ==
            std::vector<std::optional<Code>>{std::nullopt, Code::row_field_over, std::nullopt});
    REQUIRE_FALSE(read_all("\"" + cell.substr(1) + "\"\n").refusals[0]);
    const Read columns = read_all(std::string(limits::row_columns_max, ',') + "x\n3,4\n");
    REQUIRE(columns.refusals[0] == Code::row_columns_over);
    REQUIRE_FALSE(columns.refusals[1]);
    REQUIRE_FALSE(read_all(std::string(limits::row_columns_max - 1, ',') + "x\n").refusals[0]);
    const std::string line(limits::row_bytes_max * 3, 'x');
    const Read row = read_all("a,b\n" + line + "\n3,4\n");
    REQUIRE(row.refusals == std::vector<std::optional<Code>>{std::nullopt, Code::row_bytes_over, std::nullopt});
    std::string unclosed = "\"";
    while (unclosed.size() < limits::row_bytes_max * 2) unclosed += "1,2,3,4,5,6,7,8\n";
    const Read open = read_all(unclosed);
    REQUIRE(open.refusals[0] == Code::row_bytes_over);
    REQUIRE_FALSE(open.refusals[1]);
    REQUIRE(open.cells.size() == unclosed.size() / 16);
}

}  // namespace intake_csv_test
