// Shows that an answer file is read in both layouts, that its bad rows are findings beside the good ones, that
// broken markup costs one row, and that nothing in a file can make reading it slow.
#include "node/intake/csv.h"
#include "node/links/feedback.h"
#include "protocol/base/limits.h"
#include "tests/node/link_sample.h"

using namespace xinwang;
using namespace xinwang::link_sample;

namespace link_feedback_test {
namespace {

const std::string first_record(32, '1');

Result<Feedback> parse(const std::string& name, std::string_view file) {
    return parse_feedback(view(file), profile(name));
}
Result<Feedback> csv(std::string_view file) {
    return parse("hebei-default.toml", file);
}
Result<Feedback> xml(std::string_view utf8) {
    return parse("example-xml-gb18030.toml", to_gb18030(utf8));
}

}  // namespace

TEST_CASE("a CSV answer, columns in any order, mark or none") {
    const std::string body =
        "JG,BH,XH,YY,YYDM,JLBS,QT\r\n"
        "1,0000000007,1,,,,x\r\n"
        "0,7,2,\"主体不存在, 请核对\",E07," +
        first_record + ",\r\n";
    for (const char* mark : {"", "\xEF\xBB\xBF"}) {
        const auto feedback = csv(mark + body);
        REQUIRE(feedback);
        REQUIRE(feedback->findings.empty());
        REQUIRE(feedback->rows ==
                std::vector<FeedbackRow>{
                    {"0000000007", 1, std::nullopt, FeedbackResult::accepted, "", ""},
                    {"7", 2, block<RecordId>(0x11), FeedbackResult::refused, "E07", "主体不存在, 请核对"}});
    }
}

TEST_CASE("bad rows of an answer are findings; the good ones count") {
    const auto feedback =
        csv("BH,XH,JG,YY\n"
            "7,1,1,\n"
            ",2,1,\n"
            "7,,1,\n"
            "7,zero,1,\n"
            "7,0,1,\n"
            "7,5,9,\n"
            "7,6,0,\xFF\xFE\n"
            "7,7,0,\"open\n"
            "7,8,0,last\n");
    REQUIRE(feedback);
    REQUIRE(feedback->rows.size() == 2);
    REQUIRE(feedback->rows[0].row == 1);
    REQUIRE(feedback->rows[1].message == "last");
    REQUIRE(feedback->findings.size() == 7);
    REQUIRE(feedback->findings[0].number == 2);
    REQUIRE(feedback->findings[0].why.code == Code::feedback_row_incomplete);
    REQUIRE(feedback->findings[4].why.code == Code::feedback_result_unknown);
    REQUIRE(feedback->findings[6].number == 8);
}

TEST_CASE("what cannot be an answer file is refused whole") {
    REQUIRE(csv("").error().code == Code::feedback_column_missing);
    REQUIRE(csv("BH,XH\n7,1\n").error().field == "JG");
    REQUIRE(csv("BH,JG\n7,1\n").error().field == "XH");
    REQUIRE(xml("").error().code == Code::feedback_malformed);
    REQUIRE(xml("BH,XH\n").error().code == Code::feedback_malformed);
    REQUIRE(xml("<!DOCTYPE x [<!ENTITY a \"b\">]><DATAS></DATAS>").error().code == Code::feedback_malformed);
    REQUIRE(parse_feedback(Bytes(limits::feedback_bytes_max + 1), profile("hebei-default.toml")).error().code ==
            Code::too_large);
    REQUIRE(csv("BH,XH,JG\n")->rows.empty());
    REQUIRE(xml("<DATAS></DATAS>")->rows.empty());
}

TEST_CASE("an XML answer in GB18030") {
    const auto feedback =
        xml("<?xml version=\"1.0\" encoding=\"GB18030\"?>\n<DATAS>\n<!-- <DATA> of nothing -->\n"
            "<DATA><BAOHAO>0000000007</BAOHAO><XH>1</XH><STATUS>OK</STATUS><ERRMSG/></DATA>\n"
            "<DATA a=\"&gt;>\">\n  <STATUS> ERR </STATUS><ERRCODE>E&lt;7&#x3E;</ERRCODE>\n"
            "<ERRMSG><![CDATA[鄚州镇 <主体>]]>不存在</ERRMSG><BAOHAO>7</BAOHAO><SJBS>" +
            first_record + "</SJBS></DATA></DATAS>");
    REQUIRE(feedback);
    REQUIRE(feedback->findings.empty());
    REQUIRE(feedback->rows ==
            std::vector<FeedbackRow>{
                {"0000000007", 1, std::nullopt, FeedbackResult::accepted, "", ""},
                {"7", 0, block<RecordId>(0x11), FeedbackResult::refused, "E<7>", "鄚州镇 <主体>不存在"}});
}

TEST_CASE("broken markup costs the row it is in") {
    const std::string good = "<DATA><BAOHAO>7</BAOHAO><XH>1</XH><STATUS>OK</STATUS></DATA>";
    const std::string bad = GENERATE(values<std::string>({
        "<DATA><BAOHAO>7</BAOHAO>",
        "<DATA>text</DATA>",
        "<DATA><BAOHAO>7</XH></DATA>",
        "<DATA><BAOHAO><B>7</B></BAOHAO></DATA>",
        "<DATA><BAOHAO>&unknown;</BAOHAO></DATA>",
        "<DATA><BAOHAO>&#0;</BAOHAO></DATA>",
        "<DATA><BAOHAO><![CDATA[</BAOHAO></DATA>",
        "<DATA></DATA>",
        "<DATA/>",
        "<DATA a='",
    }));
    CAPTURE(bad);
    const auto feedback = xml("<DATAS>" + good + bad + good + "</DATAS>");
    REQUIRE(feedback);
    REQUIRE(feedback->rows.size() == 2);
    REQUIRE(feedback->findings.size() == 1);
    REQUIRE(feedback->findings[0].number == 2);

    // Bytes that are no GB18030 spoil their row only.
    const auto bytes = parse("example-xml-gb18030.toml",
                             "<DATAS>" + good + "<DATA><BAOHAO>7\xFF\xFF</BAOHAO></DATA>" + good + "</DATAS>");
    REQUIRE(bytes);
    REQUIRE(bytes->rows.size() == 2);
    REQUIRE(bytes->findings.size() == 1);
}

TEST_CASE("a file made of beginnings is read in linear time") {
    for (const std::string piece : {"<DATA><![CDATA[", "<!--", "<DATA ", "<DATA><A>", "<DATA><A>&"}) {
        std::string file = "<DATAS>";
        while (file.size() < 1'000'000) file += piece;
        const auto feedback = xml(file);
        REQUIRE(feedback);
        REQUIRE(feedback->rows.empty());
    }
}

TEST_CASE("too many rows are refused") {
    std::string file = "BH,XH,JG\n";
    for (std::size_t i = 0; i <= limits::feedback_rows_max; ++i) file += "7,1,1\n";
    REQUIRE(csv(file).error().code == Code::too_large);
}

TEST_CASE("what render() wrote, our own CSV reader reads") {
    auto sent = package();
    sent.rows[2].values[0] = "两\n行";  // the reader keeps line breaks as LF
    const auto files = render(sent, profile("hebei-default.toml"));
    REQUIRE(files);
    MemorySource source(files->files[0].bytes);
    CsvReader reader(source, Encoding::utf8, ',', {.offset = 3});
    CsvRow row;
    REQUIRE(reader.next(row));
    for (const auto& expected : sent.rows) {
        REQUIRE(reader.next(row));
        REQUIRE_FALSE(row.refusal);
        REQUIRE(row.count == 6);
        for (std::size_t f = 0; f < expected.values.size(); ++f)
            REQUIRE(std::string(unguard_cell(row.cells[f + 3])) == expected.values[f]);
    }
    REQUIRE_FALSE(reader.next(row));
}

}  // namespace link_feedback_test
