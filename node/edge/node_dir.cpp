#include "node/edge/node_dir.h"

#include <algorithm>

#include "node/core/directory_entries.h"
#include "node/core/restored.h"
#include "node/edge/clock.h"
#include "node/edge/files.h"
#include "node/edge/node_config.h"
#include "node/edge/node_keys.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "storage/lmdb_kv.h"

namespace xinwang {
namespace {

constexpr Duration reply_wait{20'000};
constexpr std::size_t small_file_bytes_max = 1u << 20;
constexpr Duration certificate_validity{2 * 365 * 86'400'000ll};

// Thousands of hosted nodes share one address space of 128 TiB.
constexpr std::uint64_t hosted_map_bytes = 8ull << 30;
constexpr std::uint64_t hosted_quota_bytes = 7ull << 30;
// An idle hosted node looks at its clock so often; whatever happens wakes it at once. ZeroMQ's own heartbeats
// notice a dead connection; the parent's silence may take longer to tell than at a node alone.
constexpr Duration hosted_idle_wait{10'000};
constexpr Duration hosted_ping_every{60'000};

Result<std::unique_ptr<Store>> open_store(const Path& dir, const LmdbOptions& options) {
    XW_TRY(kv, open_lmdb_kv(dir / "store", options));
    return Store::open(std::move(kv));
}

// A new node's first commit; the disk space held in reserve is taken when it first runs.
Result<void> make_store(const Path& dir, std::span<const Write> writes) {
    LmdbOptions options;
    options.ballast_bytes = 0;
    XW_TRY(store, open_store(dir, options));
    return store->commit(writes);
}

// A new node's first commit: who it is, whom it believes, the certificates it knows.
std::vector<Write> first_writes(const SignPublicKey& root, const NodeId& self,
                                const std::vector<Bytes>& certificates) {
    std::vector<Write> writes;
    writes.emplace_back(Put{Table::meta, to_bytes(view("root-key")), to_bytes(root.view())});
    writes.emplace_back(Put{Table::meta, to_bytes(view("node")), to_bytes(self.view())});
    writes.emplace_back(Put{Table::meta, to_bytes(view("incarnation")), random_bytes(Incarnation::size)});
    for (const Bytes& bytes : certificates) {
        const auto certificate = parse_certificate(bytes);
        XW_CHECK(certificate);
        writes.emplace_back(Put{Table::certificates, to_bytes(certificate->node.view()), bytes});
    }
    return writes;
}

NodeDirSummary summary_of(const Certificate& c, const std::string& parent) {
    return {c.node.hex(), c.code.text(), c.name, tier_name(c.tier), parent};
}

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

}  // namespace

Result<NodeDirSummary> init_city(const Path& dir, const InitOptions& options) {
    if (std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::already_a_node, "directory", dir.string());
    XW_TRY(code, DivisionCode::parse(options.code));
    if (code.tier() != Tier::city) return refuse(Code::not_a_city_code, "code", options.code);
    XW_TRY(catalogues, read_catalogues(options.catalogues_dir));
    Bytes profile;
    if (!options.profile.empty()) {
        XW_TRY(bytes, read_file(options.profile, small_file_bytes_max));
        profile = bytes;
    }
    XW_TRY_VOID(make_dir(dir));
    XW_TRY(keys, make_node_keys(dir / "keys"));
    XW_TRY(root, make_signing_key(dir / "keys/root"));

    const Instant now = wall_now();
    Certificate city;
    city.node = node_id_of(keys.sign.public_key());
    city.code = code;
    city.tier = Tier::city;
    city.name = options.name;
    city.sign_key = keys.sign.public_key();
    city.open_key = keys.open.newest().second.public_key();
    city.open_epoch = 1;
    city.transport_key = keys.transport.public_key;
    city.issued_ms = now.ms;
    city.expires_ms = (now + certificate_validity).ms;
    XW_TRY(certificate, issue_certificate(city, root));

    // The city's trust log begins with the city itself and its catalogues; the node seals them when it first
    // runs.
    auto writes = first_writes(root.public_key(), city.node, {certificate});
    Authoring authoring;
    const OwnLog trust{Lane::trust, {}};
    writes.emplace_back(authoring.add(trust, policy_open, encode(enrol_entry(certificate))));
    for (const std::string& toml : catalogues) {
        const auto parsed = parse_catalogue(toml);
        writes.emplace_back(authoring.add(trust, policy_open, encode(catalogue_entry(*parsed, toml))));
        writes.emplace_back(Put{Table::catalogues, to_bytes(view(parsed->id)), to_bytes(view(toml))});
    }
    XW_TRY_VOID(make_store(dir, writes));
    if (!profile.empty()) XW_TRY_VOID(write_file_atomic(dir / "profile.toml", profile, FileMode::shared));
    NodeConfig config;
    config.data_listen = options.data_listen;
    config.enrol_listen = options.enrol_listen;
    XW_TRY_VOID(write_config(dir / "node.toml", config));
    return summary_of(city, "");
}

namespace {

// Greeting, challenge, request, reply: each step's refusal ends it.
Result<EnrolReply> ask_parent(const Invitation& invitation, const ChildKeys& keys,
                              const TransportKeys& transport, const std::string& name) {
    XW_TRY(client, EnrolClient::connect("tcp://" + invitation.enrol_address, invitation.parent_transport_key,
                                        transport));
    const auto exchange = [&](const EnrolMessage& message) -> Result<EnrolMessage> {
        XW_TRY_VOID(client.send(encode(message), reply_wait));
        XW_TRY(body, client.receive(reply_wait));
        XW_TRY(answer, decode_enrol_message(body));
        if (const auto* refused = std::get_if<EnrolRefused>(&answer)) return tl::unexpected(refused->refusal);
        return answer;
    };
    XW_TRY(greeted, exchange(make_hello(invitation)));
    const auto* challenge = std::get_if<EnrolChallenge>(&greeted);
    if (challenge == nullptr) return refuse(Code::unknown_message, "enrolment", "", "EnrolChallenge");
    XW_TRY(request, make_request(invitation, keys, name, *challenge));
    XW_TRY(answered, exchange(request));
    const auto* reply = std::get_if<EnrolReply>(&answered);
    if (reply == nullptr) return refuse(Code::unknown_message, "enrolment", "", "EnrolReply");
    return *reply;
}

}  // namespace

Result<NodeDirSummary> join(const Path& dir, std::string_view line, const JoinOptions& options) {
    if (std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::already_a_node, "directory", dir.string());
    XW_TRY(invitation, parse_invitation(line));
    XW_TRY_VOID(make_dir(dir));
    XW_TRY(keys, make_node_keys(dir / "keys"));
    const ChildKeys child{keys.sign, *keys.open.find(1), 1, keys.transport.public_key};
    XW_TRY(reply, ask_parent(invitation, child, keys.transport, options.name));
    XW_TRY(enrolled, check_reply(invitation, child, reply));
    XW_TRY_VOID(
        make_store(dir, first_writes(invitation.root_key, enrolled.certificate.node, enrolled.certificates)));
    NodeConfig config;
    config.data_listen = options.data_listen;
    config.enrol_listen = options.enrol_listen;
    config.parent_address = enrolled.data_address;
    config.parent_key = invitation.parent_transport_key;
    XW_TRY_VOID(write_config(dir / "node.toml", config));
    return summary_of(enrolled.certificate, invitation.code.parent()->text());
}

namespace {

// The first start after `xinwang restore`: a new incarnation, before anything is numbered.
Result<void> begin_after_restore(Store& store) {
    XW_TRY(bytes, store.snapshot().get(Table::meta, restored_key()));
    if (!bytes) return {};
    XW_TRY(row, decode_restored(*bytes));
    if (row.opened) return {};
    row.opened = true;
    const Write writes[] = {Put{Table::meta, to_bytes(view("incarnation")), random_bytes(Incarnation::size)},
                            Put{Table::meta, to_bytes(restored_key()), encode(row)}};
    return store.commit(writes);
}

KeyKeeper key_keeper(std::shared_ptr<KeyStore> store) {
    KeyKeeper keeper;
    keeper.make = [store](const KeyWish& wish) -> Result<NewKeys> {
        NewKeys made;
        if (wish.opening) {
            made.opening = OpeningKey::generate();
            XW_TRY_VOID(store->put(opening_key_name(*wish.opening), made.opening->secret()));
        }
        if (wish.sign) {
            made.sign = SigningKey::generate();
            XW_TRY_VOID(store->put("sign.next", made.sign->seed()));
        }
        if (wish.transport) {
            made.transport = OpeningKey::generate();
            XW_TRY_VOID(store->put("transport.next", made.transport->secret()));
        }
        return made;
    };
    keeper.adopt = [store](const KeyWish& adopted) -> Result<void> {
        const auto make_lasting = [&](const std::string& name) -> Result<void> {
            if (store->find(name + ".next").empty()) return {};
            XW_TRY_VOID(store->put(name, store->find(name + ".next")));
            return store->remove(name + ".next");
        };
        if (adopted.sign) XW_TRY_VOID(make_lasting("sign"));
        if (adopted.transport) XW_TRY_VOID(make_lasting("transport"));
        return {};
    };
    keeper.transport = [store] {
        const View next = store->find("transport.next");
        const auto secret = TransportSecretKey::from(next.empty() ? store->find("transport") : next);
        return TransportKeys{transport_public_key(*secret), *secret};
    };
    return keeper;
}

}  // namespace

Result<OpenNode> open_node(const Path& dir, const Housing& housing) {
    if (!std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::not_a_node_directory, "directory", dir.string());
    XW_TRY(config, read_config(dir / "node.toml"));
    XW_TRY(key_store, KeyStore::open(dir / "keys"));
    const auto kept_keys = std::make_shared<KeyStore>(std::move(key_store));
    LmdbOptions options;
    if (housing.hub) {
        options.map_bytes = hosted_map_bytes;
        options.quota_bytes = hosted_quota_bytes;
        options.ballast_file = housing.ballast_file;
    }
    XW_TRY(store, open_store(dir, options));
    XW_TRY_VOID(begin_after_restore(*store));
    const Snapshot kept = store->snapshot();
    XW_TRY(id, kept.get(Table::meta, view("node")));
    XW_TRY(incarnation, kept.get(Table::meta, view("incarnation")));
    if (!id || !incarnation) return refuse(Code::not_a_node_directory, "store", (dir / "store").string());
    XW_TRY(bytes, kept.get(Table::certificates, *id));
    if (!bytes) return refuse(Code::not_a_node_directory, "store", (dir / "store").string());
    XW_TRY(certificate, parse_certificate(*bytes));
    XW_TRY(keys, keys_in_force(*kept_keys, certificate));
    LoopOptions loop{.identity = {certificate.node, keys.sign, *Incarnation::from(*incarnation),
                                  random_number(), keys.open, keys.next_sign, keys.next_transport, false},
                     .open_keys = keys.open,
                     .transport_keys = keys.listen,
                     .workers = config.workers};
    loop.keys = key_keeper(kept_keys);
    loop.client_keys = keys.transport;
    loop.identity.listens_behind = keys.listen.public_key != keys.transport.public_key;
    // Who has no children has nobody to tell.
    if (config.data_listen.empty() && loop.identity.listens_behind) {
        XW_TRY_VOID(loop.keys.adopt(KeyWish{std::nullopt, false, true}));
        loop.identity.listens_behind = false;
        loop.transport_keys = loop.client_keys;
    }
    loop.timing = config.timing;
    loop.hub = housing.hub;
    loop.shared_workers = housing.workers;
    if (housing.hub) {
        loop.idle_wait = hosted_idle_wait;
        loop.timing.ping_every = std::max(loop.timing.ping_every, hosted_ping_every);
    }
    if (certificate.tier == Tier::city) loop.transport.children = fat_link;
    if (certificate.tier == Tier::county) loop.transport.parent = fat_link;
    if (certificate.tier == Tier::city || certificate.tier == Tier::county) loop.transport.io_threads = 2;
    const auto tcp = [](const std::string& address) { return address.empty() ? "" : "tcp://" + address; };
    loop.transport.data_listen = tcp(config.data_listen);
    loop.transport.enrol_listen = tcp(config.enrol_listen);
    loop.transport.reconnect_first = config.reconnect_first;
    loop.transport.reconnect_max = config.reconnect_max;
    loop.transport.heartbeat = config.timing.ping_every;
    loop.transport.jitter_seed = loop.identity.boot_nonce;
    loop.parent_address = tcp(config.parent_address);
    for (const Standby& other : config.standby) loop.standby.push_back({other.code, tcp(other.address)});
    loop.patience = config.patience;
    loop.parent_key = config.parent_key;
    loop.public_data_address =
        config.public_data_address.empty() ? config.data_listen : config.public_data_address;
    loop.public_enrol_address =
        config.public_enrol_address.empty() ? config.enrol_listen : config.public_enrol_address;
    std::string profile_toml;
    if (std::filesystem::exists(dir / "profile.toml")) {
        XW_TRY(profile, read_file(dir / "profile.toml", small_file_bytes_max));
        profile_toml = std::string(text(profile));
    }
    return OpenNode{std::move(store), std::move(loop), std::move(profile_toml), config.retention,
                    config.retention_every};
}

}  // namespace xinwang
