// Shows that the core catalogues are read whole, that a faulty catalogue is refused by name, and that a row's
// every problem is reported under the rule that it breaks.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "protocol/row.h"
#include "tools/gen/core_catalogues.h"

using namespace xinwang;

namespace catalogue_test {
namespace {

constexpr std::uint32_t today = 20261124;

Catalogue load(const char* name) {
    std::ifstream file(std::string(XINWANG_SOURCE_DIR "/deploy/catalogues/") + name, std::ios::binary);
    auto catalogue = parse_catalogue(std::string(std::istreambuf_iterator<char>(file), {}));
    if (!catalogue) FAIL(catalogue.error().line(Language::english));
    return *catalogue;
}

const std::string small = R"(
id = "x"
version = 3
title_zh = "例"
title_en = "example"
openness = 1
legal_basis = "例"
due_working_days = 7
decision_date = "D"
key = ["B", "N"]
[subject]
kind = "K"
organisations = ["法人"]
persons = ["自然人"]
organisation_identifier = "U"
person_identifier = "P"
[audience]
organisations = ["city", "county"]
persons = ["city"]
[[field]]
code = "N"
label = "名称"
type = "text"
length = 4
required = true
[[field]]
code = "K"
label = "类别"
type = "code-list"
length = 16
values = ["法人", "自然人"]
required = true
[[field]]
code = "U"
label = "代码"
type = "uscc"
required_unless = { field = "K", equals = "自然人" }
[[field]]
code = "P"
label = "号码"
type = "citizen-number"
required_if = { field = "K", equals = "自然人" }
personal = true
[[field]]
code = "B"
label = "机关"
type = "text"
length = 20
required = true
[[field]]
code = "D"
label = "日期"
type = "date"
past = true
required = true
)";

std::string changed(std::string_view from, std::string_view to) {
    std::string out = small;
    const auto at = out.find(from);
    REQUIRE(at != std::string::npos);
    return out.replace(at, from.size(), to);
}
Refusal refused(const std::string& toml) {
    const auto catalogue = parse_catalogue(toml);
    REQUIRE_FALSE(catalogue);
    return catalogue.error();
}

struct Row {
    explicit Row(const Catalogue& c) : catalogue(c), values(c.fields.size()) {}
    Row& set(std::string_view code, std::string value) {
        const auto field = catalogue.find(code);
        REQUIRE(field);
        values[*field] = std::move(value);
        return *this;
    }
    std::vector<RowFinding> findings() {
        normalise_row(catalogue, values);
        return validate(catalogue, values, today).findings;
    }
    // The one finding; fails when there are more.
    RowFinding finding() {
        const auto all = findings();
        REQUIRE(all.size() == 1);
        return all[0];
    }
    const Catalogue& catalogue;
    Values values;
};

Row penalty_row(const Catalogue& c) {
    Row row(c);
    row.set("CF_XDR_MC", "保定某某有限公司")
        .set("CF_XDR_LB", "法人及非法人组织")
        .set("CF_XDR_SHXYM", "91130602MA0ABC1216");
    row.set("CF_FRDB", "张三")
        .set("CF_WSH", "保市监罚〔2026〕1号")
        .set("CF_WFXW", "无照经营")
        .set("CF_SY", "事实");
    row.set("CF_YJ", "依据").set("CF_CFLB", "警告").set("CF_NR", "警告").set("CF_JDRQ", "2026/11/20");
    row.set("CF_YXQ", "2099/12/31")
        .set("CF_CFJG", "保定市市场监督管理局")
        .set("CF_CFJGDM", "111306000001234577");
    row.set("CF_SJLY", "保定市市场监督管理局").set("CF_SJLYDM", "111306000001234577");
    return row;
}

}  // namespace

TEST_CASE("the core catalogues hold what the notice lists") {
    const Catalogue licence = load("xzxk.toml"), penalty = load("xzcf.toml");
    REQUIRE(licence == *parse_catalogue(licence_catalogue_toml()));
    REQUIRE(penalty == *parse_catalogue(penalty_catalogue_toml()));
    REQUIRE(licence.id == "xzxk");
    REQUIRE(licence.fields.size() == 28);
    REQUIRE(penalty.fields.size() == 30);
    REQUIRE(licence.due_working_days == 7);
    REQUIRE(licence.organisations_policy == (audience_city | audience_county));
    REQUIRE(licence.persons_policy == audience_city);
    REQUIRE(penalty.find("CF_XDR_SFZ") == penalty.find("CF_XDR_ZJHM"));
    REQUIRE(penalty.find("CF_CFLB1") == penalty.find("处罚类别"));
    REQUIRE(penalty.find(" *罚款金额（万元） ") == penalty.find("CF_NR_FK"));
    REQUIRE(licence.fields[*licence.find("XK_NR")].characters_max == 4000);
    REQUIRE(licence.fields[licence.decision_date].code == "XK_JDRQ");
    REQUIRE(licence.rule_version() == "xzxk/1");
}

TEST_CASE("a faulty catalogue is refused at the place of the fault") {
    REQUIRE(parse_catalogue(small));
    REQUIRE(refused("id = ").code == Code::catalogue_malformed);
    REQUIRE(refused("").code == Code::catalogue_malformed);
    REQUIRE(refused(changed("version = 3", "")).field == "version");
    REQUIRE(refused(changed("version = 3", "version = 0")).code == Code::catalogue_malformed);
    REQUIRE(refused(changed("past = true", "passed = true")).field == "field[6].passed");
    REQUIRE(refused(changed("\"D\"", "\"E\"")).code == Code::catalogue_unknown_field);
    REQUIRE(refused(changed("decision_date = \"D\"", "decision_date = \"N\"")).code ==
            Code::catalogue_malformed);
    REQUIRE(refused(changed("label = \"机关\"", "label = \"名称\"")).code == Code::catalogue_duplicate);
    REQUIRE(refused(changed("code = \"B\"", "code = \"N\"")).code == Code::catalogue_duplicate);
    REQUIRE(refused(changed("\"text\"", "\"words\"")).code == Code::catalogue_malformed);
    REQUIRE(refused(changed("equals = \"自然人\"", "like = \"自然人\"")).code == Code::catalogue_malformed);
    REQUIRE(refused(changed("persons = [\"city\"]", "persons = [\"city\", \"village\"]")).field ==
            "audience.persons");
    REQUIRE(refused(changed("persons = [\"city\"]", "persons = []")).code == Code::catalogue_malformed);
    REQUIRE(refused(std::string(300'000, ' ')).code == Code::too_large);
    REQUIRE(refused("a = \"\xFF\"").code == Code::bad_text);
    REQUIRE(refused(std::string(10'000, '[')).code == Code::catalogue_malformed);
}

TEST_CASE("no catalogue may collect what is denied, whatever it says") {
    for (const char* label : {"宗教信仰", "血型", "指纹信息", "基因", "既往病史", "疾病名称"}) {
        INFO(label);
        const auto refusal = refused(changed("label = \"机关\"", std::string("label = \"") + label + "\""));
        REQUIRE(refusal.code == Code::catalogue_denied_field);
    }
    REQUIRE(refused(changed("code = \"P\"\nlabel", "code = \"P\"\naliases = [\"blood_type\"]\nlabel")).code ==
            Code::catalogue_denied_field);
    for (const char* label : {"疾病预防控制机构", "宗教活动场所名称", "转基因生物种类"})
        REQUIRE(parse_catalogue(changed("label = \"机关\"", std::string("label = \"") + label + "\"")));
}

TEST_CASE("the record's identity survives other ways of writing the key") {
    const Catalogue c = load("xzcf.toml");
    const RecordId id = record_id(c, penalty_row(c).values);
    for (const char* number :
         {"保市监罚[2026]1号", "保市监罚（2026）1号", " 保市监罚〔２０２６〕 1号　", "保市监罚［2026］1号"})
        REQUIRE(record_id(c, penalty_row(c).set("CF_WSH", number).values) == id);
    REQUIRE(record_id(c, penalty_row(c).set("CF_WSH", "保市监罚〔2026〕2号").values) != id);
    REQUIRE(record_id(c, penalty_row(c).set("CF_XDR_MC", "另一公司").values) != id);
    REQUIRE(record_id(c, penalty_row(c).set("CF_NR", "另一内容").values) == id);
}

TEST_CASE("a good row has nothing to answer and is kept in one form") {
    const Catalogue c = load("xzcf.toml");
    Row row = penalty_row(c);
    row.set("CF_JDRQ", " 2026-11-2 ").set("CF_XDR_SHXYM", "９１130602ma0abc1216");
    REQUIRE(row.findings().empty());
    REQUIRE(value_of(row.values, *c.find("CF_JDRQ")) == "2026/11/02");
    REQUIRE(value_of(row.values, *c.find("CF_XDR_SHXYM")) == "91130602MA0ABC1216");
    REQUIRE(policy_of(c, row.values) == c.organisations_policy);
    REQUIRE(subject_identifier(c, row.values) == "91130602MA0ABC1216");
}

TEST_CASE("each rule of a row has its number") {
    const Catalogue c = load("xzcf.toml");
    const auto code = [&](const char* field, std::string value) {
        const RowFinding found = penalty_row(c).set(field, std::move(value)).finding();
        REQUIRE(found.field == field);
        REQUIRE(found.severity == Severity::refusal);
        REQUIRE(found.refusal.field.find(field) != std::string::npos);
        REQUIRE_FALSE(found.refusal.advice(Language::chinese).empty());
        return found.refusal.code;
    };
    REQUIRE(code("CF_WSH", "") == Code::field_missing);
    REQUIRE(code("CF_XDR_SHXYM", "") == Code::field_missing);
    REQUIRE(code("CF_XDR_SHXYM", "91130602MA0ABC1217") == Code::check_digit);
    REQUIRE(code("CF_XDR_SHXYM", "00000000000000000X") == Code::uscc_placeholder_refused);
    REQUIRE(code("CF_CFLB", "罚") == Code::field_not_in_list);
    REQUIRE(code("CF_CFLB", "其他-") == Code::field_not_in_list);
    REQUIRE(code("CF_JDRQ", "2026/11/25") == Code::date_in_future);
    REQUIRE(code("CF_YXQ", "2026/02/30") == Code::date_missing_from_calendar);
    REQUIRE(code("CF_YXQ", "长期") == Code::date_form);
    REQUIRE(code("CF_NR_WFFF", "-5") == Code::field_not_number);
    REQUIRE(code("CF_NR_WFFF", "1.1234567") == Code::field_not_number);
    REQUIRE(code("CF_NR_WFFF", "1234567890123") == Code::field_not_number);
    REQUIRE(code("CF_NR_WFFF", "1.") == Code::field_not_number);
    REQUIRE(code("CF_XDR_ZZJG", "D21435690") == Code::check_digit);
    REQUIRE(code("CF_XDR_MC", "保定\xEE\x9F\x87公司") == Code::field_private_character);
    REQUIRE(code("CF_XDR_MC", "保定\xEF\xBF\xBD公司") == Code::field_private_character);
    REQUIRE(code("CF_SY", std::string("a\0b", 3)) == Code::field_control_character);
    std::string characters_200, characters_201;
    for (int i = 0; i < 200; ++i) characters_200 += "鄚";
    characters_201 = characters_200 + "州";
    REQUIRE(penalty_row(c).set("CF_XDR_MC", characters_200).findings().empty());
    REQUIRE(code("CF_XDR_MC", characters_201) == Code::field_too_long);
}

TEST_CASE("a fine demands its amount, in any item of the list") {
    const Catalogue c = load("xzcf.toml");
    for (const char* kinds : {"罚款", "警告；罚款", "警告;罚款", "罚款；其他-责令改正"}) {
        const RowFinding found = penalty_row(c).set("CF_CFLB", kinds).finding();
        REQUIRE(found.field == "CF_NR_FK");
        REQUIRE(found.refusal.code == Code::field_missing);
        REQUIRE(penalty_row(c).set("CF_CFLB", kinds).set("CF_NR_FK", "0.5").findings().empty());
    }
    REQUIRE(penalty_row(c).set("CF_CFLB", "其他-加处罚款").findings().empty());
}

TEST_CASE("a natural person needs a document, which is checked as what it is") {
    const Catalogue c = load("xzcf.toml");
    const auto person = [&] {
        Row row = penalty_row(c);
        row.set("CF_XDR_LB", "自然人").set("CF_XDR_SHXYM", "").set("CF_FRDB", "").set("CF_XDR_ZJLX", "身份证");
        return row;
    };
    REQUIRE(person().finding().field == "CF_XDR_ZJHM");
    REQUIRE(person().set("CF_XDR_ZJHM", "13060219000101002x").findings().empty());
    REQUIRE(person().set("CF_XDR_ZJHM", "130602190001010021").finding().refusal.code == Code::check_digit);
    REQUIRE(person().set("CF_XDR_ZJLX", "护照").set("CF_XDR_ZJHM", "E12345678").findings().empty());
    REQUIRE(policy_of(c, person().values) == c.persons_policy);
    REQUIRE(policy_of(c, Values()) == c.persons_policy);  // not known: the narrower one
}

TEST_CASE("remarks do not refuse, and every problem of a row is named at once") {
    const Catalogue c = load("xzcf.toml");
    Row remarked = penalty_row(c);
    const auto warnings =
        remarked.set("CF_FR_ZJLX", "护照").set("CF_FR_ZJHM", "E1").set("BZ", "\xEE\x80\x80").findings();
    REQUIRE(warnings.size() == 2);
    REQUIRE(warnings[0].refusal.code == Code::field_leave_empty);
    REQUIRE(warnings[1].refusal.code == Code::field_private_character);
    REQUIRE(RowVerdict{warnings}.accepted());
    const auto all = penalty_row(c)
                         .set("CF_XDR_MC", "")
                         .set("CF_JDRQ", "x")
                         .set("CF_CFJGDM", "1")
                         .set("CF_CFLB", "y")
                         .findings();
    REQUIRE(all.size() == 4);
    REQUIRE(Row(c).findings().size() == 16);
    REQUIRE(validate(c, {}, today).findings[0].refusal.code == Code::row_wrong_width);
}

TEST_CASE("a row that would make too large an entry is refused with the limit") {
    const Catalogue c = load("xzcf.toml");
    std::string text;
    for (int i = 0; i < 3900; ++i) text += "长";
    const RowFinding found = penalty_row(c).set("CF_SY", text).set("CF_NR", text).set("BZ", text).finding();
    REQUIRE(found.refusal.code == Code::row_too_large);
    REQUIRE(found.refusal.limit == "24576");
}

}  // namespace catalogue_test
