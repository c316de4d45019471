// Shows that a package's files are exactly the bytes the profile asks for, the same every time; that no cell
// can become a formula and every value comes back as it went in; and that a row which cannot be written is set
// aside alone.
#include <random>

#include "protocol/base/hash.h"
#include "tests/node/link_sample.h"

using namespace xinwang;
using namespace xinwang::link_sample;

namespace link_package_test {
namespace {

// A naive reader of quoted CSV, apart from the code.
std::vector<std::vector<std::string>> read_csv(std::string_view text) {
    std::vector<std::vector<std::string>> rows;
    std::size_t i = 0;
    while (i < text.size()) {
        rows.emplace_back();
        for (;;) {
            REQUIRE(text[i] == '"');
            std::string cell;
            for (++i; text[i] != '"' || (i + 1 < text.size() && text[i + 1] == '"'); ++i) {
                if (text[i] == '"') ++i;
                cell.push_back(text[i]);
            }
            rows.back().push_back(cell);
            if (text[++i] != ',') break;
            ++i;
        }
        REQUIRE(text.substr(i, 2) == "\r\n");
        i += 2;
    }
    return rows;
}

std::string body_of(const PackageFiles& files) {
    return std::string(text(files.files.at(0).bytes));
}

}  // namespace

TEST_CASE("golden: CSV, UTF-8 with mark, header as lines") {
    const auto files = render(package(), profile("hebei-default.toml"));
    REQUIRE(files);
    REQUIRE(files->files.size() == 2);
    REQUIRE(files->files[0].name == "130600000000_XZXK_20261124_0000000007.csv");
    REQUIRE(files->files[1].name == "130600000000_XZXK_20261124_0000000007.head");
    const std::string body =
        "\xEF\xBB\xBF"
        "\"XH\",\"CZBS\",\"JLBS\",\"XK_XDR_MC\",\"XK_WSH\",\"JE\"\r\n"
        "\"1\",\"A\",\"11111111111111111111111111111111\",\"鄚州镇\"\"好\"\"店\",\"（2026）1号\",\"-5.00\"\r\n"
        "\"2\",\"U\",\"12121212121212121212121212121212\",\"'=HYPERLINK(1)\",\"<2>&\",\"'-x\"\r\n"
        "\"3\",\"D\",\"13131313131313131313131313131313\",\"两\r\n行\",\"\",\"\"\r\n";
    REQUIRE(body_of(*files) == body);
    REQUIRE(files->body_hash == sha256({view(body)}));
    REQUIRE(text(files->files[1].bytes) ==
            "\xEF\xBB\xBF"
            "FSF=130600000000\r\nJSF=130000000000\r\nML=xzxk\r\nSJB=XZXK\r\nBH=0000000007\r\nGUID=" +
                guid_text(files->guid) +
                "\r\nSCSJ=2026-11-24T02:10:00+08:00\r\nSL=3\r\nWJ=130600000000_XZXK_20261124_0000000007.csv\r\n"
                "ZYSF=sha256\r\nZY=" +
                files->body_hash.hex() + "\r\n");
    REQUIRE(guid_text(files->guid) == "317710c8-bd67-8dec-9c49-412c39b82951");
}

TEST_CASE("golden: XML, GB18030, header as XML") {
    const auto files = render(package(), profile("example-xml-gb18030.toml"));
    REQUIRE(files);
    REQUIRE(files->files.size() == 2);
    REQUIRE(files->files[0].name == "XY130600000000202611240000000007T_XZXK.xml");
    REQUIRE(files->files[1].name == "XY130600000000202611240000000007T_XZXK.xml.ok");
    // 鄚 E07C, 州 D6DD, 镇 D5F2, 好 BAC3, 店 B5EA, （ A3A8, ） A3A9, 号 BAC5, 两 C1BD, 行 D0D0
    REQUIRE(body_of(*files) ==
            "<?xml version=\"1.0\" encoding=\"GB18030\"?>\n<DATAS>\n"
            "<DATA><SJZT>1</SJZT><XK_WSH>\xA3\xA8"
            "2026\xA3\xA9"
            "1\xBA\xC5</XK_WSH><XK_XDR_MC>\xE0\x7C\xD6\xDD\xD5\xF2&quot;\xBA\xC3&quot;\xB5\xEA</XK_XDR_MC>"
            "<JE>-5.00</JE><XH>1</XH><SJBS>11111111111111111111111111111111</SJBS>"
            "<LYJD>a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1</LYJD></DATA>\n"
            "<DATA><SJZT>2</SJZT><XK_WSH>&lt;2&gt;&amp;</XK_WSH><XK_XDR_MC>=HYPERLINK(1)</XK_XDR_MC>"
            "<JE>-x</JE><XH>2</XH><SJBS>12121212121212121212121212121212</SJBS>"
            "<LYJD>a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1</LYJD></DATA>\n"
            "<DATA><SJZT>3</SJZT><XK_WSH></XK_WSH><XK_XDR_MC>\xC1\xBD&#13;\n\xD0\xD0</XK_XDR_MC>"
            "<JE></JE><XH>3</XH><SJBS>13131313131313131313131313131313</SJBS>"
            "<LYJD>a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2</LYJD></DATA>\n"
            "</DATAS>\n");
    const std::string header(text(files->files[1].bytes));
    REQUIRE(header.starts_with("<?xml version=\"1.0\" encoding=\"GB18030\"?>\n<HEAD>\n<GUID>"));
    REQUIRE(header.find("<TO>\xCA\xA1\xD0\xC5\xD3\xC3\xD0\xC5\xCF\xA2\xC6\xBD\xCC\xA8</TO>\n") != header.npos);
    REQUIRE(header.find("<HASH>" + files->body_hash.hex() + "</HASH>") != header.npos);
    REQUIRE(header.find("<COUNT>3</COUNT>") != header.npos);
}

TEST_CASE("a header in the first lines leaves the body's hash to the body") {
    auto layout = replaced(profile_text("hebei-default.toml"), "place = \"file\"", "place = \"first-lines\"");
    const auto inside = render(package(), *parse_profile(layout));
    REQUIRE(inside);
    REQUIRE(inside->files.size() == 1);
    const auto whole = body_of(*inside);
    const auto body = whole.substr(whole.find("\"XH\""));
    REQUIRE(
        whole.starts_with("\xEF\xBB\xBF"
                          "FSF="));
    REQUIRE(inside->body_hash == sha256({view(body)}));
}

TEST_CASE("the same package gives the same bytes and name, another content another name") {
    const auto layout = profile("hebei-default.toml");
    REQUIRE(render(package(), layout)->files == render(package(), layout)->files);
    auto other = package();
    other.rows[0].values[0] += "。";
    REQUIRE(package_guid(other) != package_guid(package()));
    other = package();
    other.number = 8;
    REQUIRE(package_guid(other) != package_guid(package()));
    REQUIRE(parse_package_text(package_text(7)) == 7);
    REQUIRE_FALSE(parse_package_text("7a"));
    REQUIRE_FALSE(parse_package_text(""));
}

TEST_CASE("no text cell starts a formula, and every value comes back") {
    const std::vector<std::string> parts{
        "=",  "+", "-",  "@", "\t", "\r", "\n", "＝", "＋", "－",
        "＠", "'", "\"", ",", "1",  "a",  "张", " ",  "",   std::string(1, '\0')};
    std::mt19937 random(20261124);
    auto layout = profile("hebei-default.toml");
    layout.rows_per_package = 50'000;
    auto sent = package();
    sent.rows.clear();
    for (std::uint32_t row = 1; row <= 2000; ++row) {
        std::vector<std::string> values(3);
        for (auto& value : values)
            for (std::size_t n = random() % 4; n > 0; --n) value += parts[random() % parts.size()];
        sent.rows.push_back({row, PackageAction::add, block<RecordId>(1), block<NodeId>(2), values});
    }
    const auto files = render(sent, layout);
    REQUIRE(files);
    REQUIRE(files->set_aside.empty());
    const auto read = read_csv(std::string_view(body_of(*files)).substr(3));
    REQUIRE(read.size() == sent.rows.size() + 1);
    for (std::size_t i = 0; i < sent.rows.size(); ++i)
        for (std::size_t f = 0; f < 3; ++f) {
            const auto& cell = read[i + 1][f + 3];
            REQUIRE(std::string(unguard_cell(cell)) == sent.rows[i].values[f]);
            if (f == 2 && cell == "-1") continue;  // a number in a typed column
            if (cell.empty()) continue;
            REQUIRE(std::string_view("=+-@\t\r\n\0", 8).find(cell[0]) == std::string_view::npos);
            for (const char* wide : {"＝", "＋", "－", "＠"}) REQUIRE_FALSE(cell.starts_with(wide));
        }
}

TEST_CASE("a row that cannot be written is set aside with its reason; the others go") {
    auto sent = package();
    sent.rows[0].values[1] = "bad \xFF byte";
    sent.rows[1].values.resize(9);
    const auto files = render(sent, profile("hebei-default.toml"));
    REQUIRE(files);
    REQUIRE(files->rows == 1);
    REQUIRE(files->set_aside.size() == 2);
    REQUIRE(files->set_aside[0].row == 1);
    REQUIRE(files->set_aside[0].why.code == Code::unsendable_text);
    REQUIRE(files->set_aside[0].why.field == "XK_WSH");
    REQUIRE(files->set_aside[1].why.code == Code::unsendable_row);
    REQUIRE(std::string(text(files->files[1].bytes)).find("SL=1\r\n") != std::string::npos);

    auto xml = package();
    xml.rows[2].values[0] = "bell\x07";
    xml.rows[1].values[0] = "not a character \xEF\xBF\xBF";
    const auto as_xml = render(xml, profile("example-xml-gb18030.toml"));
    REQUIRE(as_xml);
    REQUIRE(as_xml->rows == 1);
    REQUIRE(as_xml->set_aside.size() == 2);
    REQUIRE(as_xml->set_aside[0].why.limit == "XML 1.0");

    auto surrogate = package();
    surrogate.rows[1].values[0] = "\xED\xA0\x80";
    const auto gb = render(surrogate, profile("example-xml-gb18030.toml"));
    REQUIRE(gb->set_aside.size() == 1);
    REQUIRE(gb->set_aside[0].why.field == "XK_XDR_MC");
    REQUIRE(gb->set_aside[0].why.limit == "gb18030");

    sent.rows.resize(1);
    const auto none = render(sent, profile("hebei-default.toml"));
    REQUIRE(none);
    REQUIRE(none->files.empty());
}

TEST_CASE("a city or catalogue that cannot be a file name, or an order of unknown fields, is refused") {
    auto sent = package();
    sent.city = "../13";
    REQUIRE(render(sent, profile("hebei-default.toml")).error().code == Code::bad_file_name);
    auto layout = profile("hebei-default.toml");
    layout.catalogues["xzxk"].order = {"NOT_THERE"};
    REQUIRE(render(package(), layout).error().code == Code::bad_profile);
}

}  // namespace link_package_test
