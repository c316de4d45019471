// The provincial link (API.md section 10).
#include <algorithm>
#include <fstream>

#include "node/api/api.h"
#include "node/links/link.h"
#include "node/links/package.h"

namespace xinwang::api {
namespace {

// The files as they were written: none of a package that is not out yet, or that had nothing left to send.
// Names under a profile that is no longer in force are not known.
Json file_names(const PackageRecord& p, const std::string& city, const LinkProfile& profile) {
    Json names = Json::array();
    const bool same = p.profile == profile.id + "/" + std::to_string(profile.version);
    if (!same || p.body_hash.is_zero() || p.set_aside == p.rows) return names;
    const Package named{p.number, {}, city, p.catalogue, {}, p.created_ms, {}};
    if (const auto known = package_file_names(named, profile)) names = *known;
    return names;
}

Json package_json(const PackageRecord& p, const std::string& city, const LinkProfile& profile, Instant now) {
    const char* state = p.state == PackageState::prepared  ? "prepared"
                        : p.state == PackageState::written ? "written"
                                                           : "answered";
    Json out{{"number", p.number},
             {"package", package_text(p.number)},
             {"catalogue", p.catalogue},
             {"state", state},
             {"files", file_names(p, city, profile)},
             {"records", p.rows},
             {"accepted", p.accepted},
             {"refused", p.refused},
             {"set_aside", p.set_aside},
             {"pending", p.rows - p.accepted - p.refused - p.set_aside},
             {"hash", p.body_hash.is_zero() ? Json(nullptr) : Json(p.body_hash.hex())},
             {"guid", p.body_hash.is_zero() ? Json(nullptr) : Json(guid_text(p.guid))}};
    put_moment(out, "created", {p.created_ms}, now);
    return out;
}

Json set_aside_json(const std::vector<SetAsideFile>& files, Instant now) {
    Json list = Json::array();
    for (const SetAsideFile& file : files) {
        Json item{{"name", file.name}, {"kept_as", file.kept_as}, {"rows", file.rows}, {"total", file.total}};
        put_moment(item, "", file.at, now);
        Json findings = Json::array();
        for (const FeedbackFinding& f : file.findings)
            findings.push_back(Json{{"row", f.number}, {"refusal", refusal_json(f.why)}});
        item["findings"] = std::move(findings);
        list.push_back(std::move(item));
    }
    return list;
}

tl::unexpected<Refusal> no_link() {
    return refuse(Code::not_at_this_node, "link", "", "the city");
}

// An upload, whose size the server has bounded.
Result<Bytes> read_small_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    Bytes bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) return refuse(Code::cannot_read_file, path.filename().string());
    return bytes;
}

}  // namespace

Json link_summary(const Link& link, const Snapshot& kept) {
    const auto packages = link.packages(kept);
    if (!packages) return nullptr;
    std::uint64_t unanswered = 0;
    for (const PackageRecord& p : *packages) unanswered += p.state == PackageState::answered ? 0 : 1;
    return {{"profile", link.profile().id + "/" + std::to_string(link.profile().version)},
            {"packages", packages->size()},
            {"unanswered", unanswered},
            {"list", "/v1/link"}};
}

Result<std::string> Api::city_code() {
    std::string code;
    XW_TRY_VOID(node_.look([&](const Situation& s) { code = s.core.certificate().code.text(); }));
    return code;
}

Result<Response> Api::get_link(const Request& request) {
    if (node_.link == nullptr) return no_link();
    XW_TRY(page, Page::from(request.query));
    const Instant now = node_.now();
    const Snapshot kept = node_.store.snapshot();
    XW_TRY(packages, node_.link->packages(kept));
    XW_TRY(waiting, node_.link->waiting(kept));
    XW_TRY(city, city_code());
    const LinkProfile& profile = node_.link->profile();
    Json list = Json::array();
    std::uint64_t sent = 0, accepted = 0, refused = 0, set_aside = 0;
    for (std::size_t i = 0; i < packages.size(); ++i) {
        const PackageRecord& p = packages[i];
        sent += p.rows - p.set_aside;
        accepted += p.accepted;
        refused += p.refused;
        set_aside += p.set_aside;
        if (page.covers(i)) list.push_back(package_json(p, city, profile, now));
    }
    Json out{{"schema", "xinwang.link/1"},
             {"profile", {{"id", profile.id}, {"version", profile.version}, {"receiver", profile.receiver}}},
             {"outbox", node_.link->folders().outbox.string()},
             {"inbox", node_.link->folders().inbox.string()},
             {"waiting", waiting}};
    XW_TRY(files, node_.link->set_aside(kept));
    out["quarantine"] = node_.link->folders().quarantine.string();
    out["set_aside_files"] = set_aside_json(files, now);
    page.put(out, packages.size());
    out["rows"] = {{"sent", sent},
                   {"accepted", accepted},
                   {"refused", refused},
                   {"set_aside", set_aside},
                   {"pending", sent - accepted - refused}};
    out["packages"] = std::move(list);
    return answer(200, out);
}

Result<Response> Api::post_link_export() {
    if (node_.link == nullptr) return no_link();
    const Instant now = node_.now();
    XW_TRY(written, node_.link->run_export(CutRule::all, now));
    XW_TRY(packages, node_.link->packages(node_.store.snapshot()));
    XW_TRY(city, city_code());
    Json list = Json::array();
    for (const PackageRecord& p : packages)
        if (std::find(written.begin(), written.end(), p.number) != written.end())
            list.push_back(package_json(p, city, node_.link->profile(), now));
    return answer(200, {{"schema", "xinwang.link_export/1"},
                        {"already", written.empty()},
                        {"outbox", node_.link->folders().outbox.string()},
                        {"packages", list}});
}

Result<Response> Api::post_link_feedback(Request& request) {
    if (node_.link == nullptr) return no_link();
    const auto name = request.query.find("name");
    if (!request.file) return refuse(Code::bad_request, "body", "", "a file");
    XW_TRY(bytes, read_small_file(request.file->path()));
    const std::string called = name == request.query.end() ? std::string("feedback") : name->second;
    XW_TRY(taken, node_.link->take_feedback(bytes, called, node_.now()));
    if (taken.unreadable) return tl::unexpected(*taken.unreadable);
    Json unknown = Json::array();
    for (const FeedbackFinding& f : taken.findings)
        unknown.push_back(Json{{"row", f.number}, {"refusal", refusal_json(f.why)}});
    return answer(200, {{"schema", "xinwang.link_feedback/1"},
                        {"name", name == request.query.end() ? "" : name->second},
                        {"kept_as", taken.kept_as.empty() ? Json(nullptr) : Json(taken.kept_as)},
                        {"already", taken.already},
                        {"rows", taken.rows},
                        {"taken", taken.changed},
                        {"unchanged", taken.unchanged},
                        {"accepted", taken.accepted},
                        {"refused", taken.refused},
                        {"unknown", unknown}});
}

}  // namespace xinwang::api
