#include "node/edge/city_new.h"

#include <algorithm>
#include <set>

#include "node/core/directory_entries.h"
#include "node/edge/clock.h"
#include "node/edge/first_commit.h"
#include "node/edge/node_config.h"
#include "node/edge/node_keys.h"
#include "node/edge/person_key.h"

namespace xinwang {
namespace {

constexpr std::size_t small_file_bytes_max = 1u << 20;

Result<std::vector<std::string>> read_catalogues(const Path& dir) {
    std::vector<std::string> texts;
    if (dir.empty()) return texts;
    std::error_code failed;
    std::vector<Path> files;
    for (const auto& file : std::filesystem::directory_iterator(dir, failed))
        if (file.path().extension() == ".toml") files.push_back(file.path());
    if (failed) return refuse(Code::file_missing, dir.string(), failed.message());
    std::sort(files.begin(), files.end());
    for (const Path& file : files) {
        XW_TRY(bytes, read_file(file, small_file_bytes_max));
        std::string toml(text(bytes));
        XW_TRY_VOID(parse_catalogue(toml));
        texts.push_back(std::move(toml));
    }
    return texts;
}

// Apart from the node and from each other: whoever takes the node's disk must not find the root on it. And
// where a medium should be mounted no folder is made in its place.
Result<void> check_places(const Path& dir, const std::vector<Path>& files) {
    const Path home = std::filesystem::weakly_canonical(std::filesystem::absolute(dir));
    std::set<Path> seen;
    for (const Path& file : files) {
        const Path place = std::filesystem::weakly_canonical(std::filesystem::absolute(file));
        const auto [end, rest] = std::mismatch(home.begin(), home.end(), place.begin(), place.end());
        if (end == home.end() || !seen.insert(place).second)
            return refuse(Code::root_key_place, file.string(), dir.string());
        XW_TRY_VOID(check_key_folder(file));
    }
    return {};
}

std::string key_name(const CityOptions& options, std::size_t index) {
    return options.code + " root " + std::to_string(index + 1);
}

// What lies at one of the places already must be this very key: before any of them is made.
Result<void> check_found_keys(const CityOptions& options) {
    for (std::size_t i = 0; i < options.root_keys.size(); ++i) {
        if (!std::filesystem::exists(options.root_keys[i])) continue;
        const auto held = read_person_key(options.root_keys[i], KeyRole::root, view(options.passphrase));
        if (!held || held->name != key_name(options, i))
            return refuse(Code::file_exists, options.root_keys[i].string());
    }
    return {};
}

Result<std::vector<SigningKey>> make_root_keys(const CityOptions& options) {
    std::vector<SigningKey> keys;
    for (std::size_t i = 0; i < options.root_keys.size(); ++i) {
        XW_TRY(made, make_person_key(options.root_keys[i], KeyRole::root, key_name(options, i),
                                     view(options.passphrase)));
        keys.push_back(made.key);
    }
    return keys;
}

Result<Bytes> city_certificate(const NodeKeys& keys, DivisionCode code, const std::string& name, Instant now) {
    Certificate city;
    city.node = node_id_of(keys.sign.public_key());
    city.code = code;
    city.tier = Tier::city;
    city.name = name;
    city.sign_key = keys.sign.public_key();
    city.open_key = keys.open.newest().second.public_key();
    city.open_epoch = 1;
    city.transport_key = keys.transport.public_key;
    city.issued_ms = now.ms;
    city.expires_ms = now.ms + limits::certificate_days * day_ms;
    return issue_certificate(city, keys.sign);
}

// The city's trust log begins with the statement and its catalogues; the node seals them when it first runs.
Result<void> first_commit(const Path& dir, const DirectoryStatement& statement, const Certificate& city,
                          const std::vector<std::string>& catalogues) {
    const Bytes bytes = encode(statement);
    auto writes = first_writes(root_id_of(statement.roots), city.node, {bytes}, {statement.city});
    Authoring authoring;
    const OwnLog trust{Lane::trust, {}};
    writes.emplace_back(authoring.add(trust, policy_open, encode(directory_entry(bytes))));
    for (const std::string& toml : catalogues) {
        XW_TRY(parsed, parse_catalogue(toml));
        writes.emplace_back(authoring.add(trust, policy_open, encode(catalogue_entry(parsed, toml))));
        writes.emplace_back(Put{Table::catalogues, to_bytes(view(parsed.id)), to_bytes(view(toml))});
    }
    return make_store(dir, writes);
}

// Everything that can be wrong with what was asked for: nothing is made before.
Result<void> check_options(const Path& dir, const CityOptions& options) {
    XW_TRY(code, DivisionCode::parse(options.code));
    if (code.tier() != Tier::city) return refuse(Code::not_a_city_code, "code", options.code);
    XW_TRY_VOID(check_name(options.name, "name"));
    XW_TRY_VOID(check_address(options.data_listen, "listen"));
    XW_TRY_VOID(check_address(options.enrol_listen, "enrol"));
    XW_TRY_VOID(check_apart(options.data_listen, options.enrol_listen));
    const std::size_t keys_made = options.root_keys.size();
    if (options.threshold < 1 || options.threshold > keys_made || keys_made > limits::root_keys_max)
        return refuse(Code::directory_field, "threshold", std::to_string(options.threshold),
                      "1.." + std::to_string(std::min(keys_made, limits::root_keys_max)));
    XW_TRY_VOID(check_persons(options.operators));
    XW_TRY_VOID(check_places(dir, options.root_keys));
    return check_found_keys(options);
}

}  // namespace

Result<NewCity> new_city(const Path& dir, const CityOptions& options) {
    if (std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::already_a_node, "directory", dir.string());
    XW_TRY_VOID(check_options(dir, options));
    XW_TRY(code, DivisionCode::parse(options.code));
    XW_TRY(catalogues, read_catalogues(options.catalogues_dir));
    Bytes profile;
    if (!options.profile.empty()) {
        XW_TRY(bytes, read_file(options.profile, small_file_bytes_max));
        profile = bytes;
    }
    XW_TRY(roots, make_root_keys(options));
    XW_TRY_VOID(make_dir(dir));
    XW_TRY(keys, make_node_keys(dir / "keys"));
    const Instant now = wall_now();
    XW_TRY(certificate, city_certificate(keys, code, options.name, now));
    XW_TRY(city, parse_certificate(certificate));
    XW_TRY(statement, first_statement(certificate, roots, options.threshold, options.operators, now));
    XW_TRY_VOID(first_commit(dir, statement, city, catalogues));
    if (!profile.empty()) XW_TRY_VOID(write_file_atomic(dir / "profile.toml", profile, FileMode::shared));
    NodeConfig config;
    config.data_listen = options.data_listen;
    config.enrol_listen = options.enrol_listen;
    XW_TRY_VOID(write_config(dir / "node.toml", config));
    NewCity made{summary_of(city),    root_id_of(statement.roots).hex(), statement.roots.threshold, {}, {},
                 statement.expires_ms};
    for (const Path& file : options.root_keys) made.root_keys.push_back(file.string());
    for (const Operator& person : statement.operators) made.operators.push_back(person.name);
    return made;
}

}  // namespace xinwang
