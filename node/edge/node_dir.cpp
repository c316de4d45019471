#include "node/edge/node_dir.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "node/core/restored.h"
#include "node/edge/files.h"
#include "node/edge/first_commit.h"
#include "node/edge/head_file.h"
#include "node/edge/home.h"
#include "node/edge/node_config.h"
#include "node/edge/node_files.h"
#include "node/edge/node_keys.h"
#include "protocol/base/random.h"

namespace xinwang {
namespace {

constexpr Duration reply_wait{20'000};
// Twice the interval at which a parent is backed up, at the most: what it loses comes from here.
constexpr std::uint32_t carried_days_safe = 35;
constexpr std::size_t small_file_bytes_max = 1u << 20;

// Thousands of hosted nodes share one address space of 128 TiB.
constexpr std::uint64_t hosted_map_bytes = 8ull << 30;
constexpr std::uint64_t hosted_quota_bytes = 7ull << 30;
// An idle hosted node looks at its clock so often; whatever happens wakes it at once. ZeroMQ's own heartbeats
// notice a dead connection; the parent's silence may take longer to tell than at a node alone.
constexpr Duration hosted_idle_wait{10'000};
constexpr Duration hosted_ping_every{60'000};

// Greeting, challenge, request, reply: each step's refusal ends it. `asked`: the parent may have certified
// these keys, though no answer came.
Result<Enrolled> ask_parent(const Invitation& invitation, const ChildKeys& keys, const TransportKeys& transport,
                            const std::string& name, bool& asked) {
    XW_TRY(client, EnrolClient::connect("tcp://" + invitation.enrol_address, invitation.parent_transport_key,
                                        transport));
    bool refused_by_parent = false;
    const auto exchange = [&](const EnrolMessage& message) -> Result<EnrolMessage> {
        XW_TRY_VOID(client.send(encode(message), reply_wait));
        XW_TRY(body, client.receive(reply_wait));
        XW_TRY(answer, decode_enrol_message(body));
        const auto* refused = std::get_if<EnrolRefused>(&answer);
        refused_by_parent = refused != nullptr;
        if (refused != nullptr) return tl::unexpected(refused->refusal);
        return answer;
    };
    XW_TRY(greeted, exchange(make_hello(invitation)));
    const auto* challenge = std::get_if<EnrolChallenge>(&greeted);
    if (challenge == nullptr) return refuse(Code::unknown_message, "enrolment", "", "EnrolChallenge");
    XW_TRY(request, make_request(invitation, keys, name, *challenge));
    asked = true;
    auto first = exchange(request);
    // Refused by the parent itself, or by a reply that nobody can read?
    if (!first) asked = !refused_by_parent;
    XW_TRY(answered, std::move(first));
    std::vector<Bytes> statements;
    while (auto* statement = std::get_if<EnrolStatement>(&answered)) {
        statements.push_back(std::move(statement->statement));
        XW_TRY(body, client.receive(reply_wait));
        XW_TRY(next, decode_enrol_message(body));
        answered = std::move(next);
    }
    const auto* reply = std::get_if<EnrolReply>(&answered);
    if (reply == nullptr) return refuse(Code::unknown_message, "enrolment", "", "EnrolReply");
    return check_reply(invitation, keys, statements, *reply);
}

// Takes back what a refused join has made, unless the parent may have certified the keys: then the same keys
// are asked for again, and answered.
class Attempt {
  public:
    explicit Attempt(const Path& dir)
        : dir_(dir), had_dir_(std::filesystem::exists(dir)), had_keys_(std::filesystem::exists(dir / "keys")) {}
    ~Attempt() {
        std::error_code none;
        if (keep || had_keys_) return;
        std::filesystem::remove_all(dir_ / "keys", none);
        if (!had_dir_) std::filesystem::remove(dir_, none);
    }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    bool keep = false;

  private:
    Path dir_;
    bool had_dir_, had_keys_;
};

}  // namespace

Result<NodeDirSummary> join(const Path& dir, std::string_view line, const JoinOptions& options) {
    if (std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::already_a_node, "directory", dir.string());
    const auto parsed = parse_invitation(line);
    if (!parsed) return tl::unexpected(name_the_slip(line, parsed.error()));
    const Invitation& invitation = *parsed;
    if (!options.code.empty() && options.code != invitation.code.text())
        return refuse(Code::token_other_code, "code", options.code, invitation.code.text());
    if (!options.name.empty()) {
        XW_TRY_VOID(check_name(options.name, "name"));
        if (!invitation.name.empty() && options.name != invitation.name)
            return refuse(Code::invitation_names_it, "name", options.name, invitation.name);
    }
    XW_TRY_VOID(check_apart(options.data_listen, options.enrol_listen));
    Attempt attempt(dir);
    XW_TRY_VOID(make_dir(dir));
    XW_TRY(keys, make_node_keys(dir / "keys"));
    const ChildKeys child{keys.sign, *keys.open.find(1), 1, keys.transport.public_key};
    XW_TRY(enrolled, ask_parent(invitation, child, keys.transport, options.name, attempt.keep));
    XW_TRY_VOID(make_store(dir, first_writes(invitation.root, enrolled.certificate.node, enrolled.statements,
                                             enrolled.certificates)));
    NodeConfig config;
    config.data_listen = options.data_listen;
    config.enrol_listen = options.enrol_listen;
    config.parent_address = enrolled.data_address;
    config.parent_key = invitation.parent_transport_key;
    XW_TRY_VOID(write_config(dir / "node.toml", config));
    return summary_of(enrolled.certificate);
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
                            Put{Table::meta, to_bytes(restored_key()), encode(row)},
                            Erase{Table::meta, to_bytes(view("home"))}};
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

// A move that was durable before node.toml was. A file that cannot be written (another form, no right to) must
// not keep the node from its new parent: then the row goes on to say it.
Result<void> finish_move(const Path& file, NodeConfig& config, Store& store) {
    XW_TRY(to, read_moved_to(store.snapshot()));
    if (!to) return {};
    config.parent_address = to->address;
    config.parent_key = to->key;
    if (const auto kept = set_parent(file, to->address, to->key); !kept) {
        spdlog::warn("node.toml: {}", kept.error().line(Language::english));
        return {};
    }
    const Write writes[] = {no_moved_to_row()};
    return store.commit(writes);
}

// Whether the store is the newest there is of this node: by where it lies, and by the head file when there is
// one.
Result<void> watch_memory(const Path& dir, const NodeConfig& config, const Store& store, LoopOptions& loop) {
    loop.identity.home = home_of(dir / "store" / "data.mdb");
    loop.judge = [&store, home = loop.identity.home] { return judge_home(store, home); };
    if (config.head_file.empty()) return {};
    const Path file = config.head_file;
    if (!file.is_absolute() || !std::filesystem::is_directory(file.parent_path()))
        return refuse(Code::bad_config, "node.head_file", config.head_file, "/an/existing/directory/file");
    const bool apart = is_apart(file, dir / "store");
    if (!apart)
        spdlog::warn(
            "{}", Refusal(Code::head_file_beside, "node.head_file", config.head_file).line(Language::english));
    const auto head = std::make_shared<HeadFile>(file, loop.identity.node, loop.identity.sign_key, apart);
    loop.judge = [&store, home = loop.identity.home, head] {
        const Memory place = judge_home(store, home);
        return place == Memory::set_back ? place : head->judge(store.snapshot());
    };
    loop.keep_head = [head](const Core& core) {
        return head->keep(core.identity().incarnation, core.logbook());
    };
    return {};
}

}  // namespace

Result<OpenNode> open_node(const Path& dir, const Housing& housing) {
    XW_TRY_VOID(check_node_files(dir));
    XW_TRY(config, read_config(dir / "node.toml"));
    XW_TRY(key_store, KeyStore::open(dir / "keys"));
    const auto kept_keys = std::make_shared<KeyStore>(std::move(key_store));
    LmdbOptions options;
    if (housing.hub) {
        options.map_bytes = hosted_map_bytes;
        options.quota_bytes = hosted_quota_bytes;
        options.ballast_file = housing.ballast_file;
    }
    XW_TRY(store, open_node_store(dir, options));
    XW_TRY_VOID(begin_after_restore(*store));
    XW_TRY_VOID(finish_move(dir / "node.toml", config, *store));
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
    XW_TRY_VOID(watch_memory(dir, config, *store, loop));
    loop.keys = key_keeper(kept_keys);
    loop.keep_parent = [file = std::filesystem::absolute(dir / "node.toml")](const MovedTo& to) {
        return set_parent(file, to.address, to.key);
    };
    loop.client_keys = keys.transport;
    loop.identity.listens_behind = keys.listen.public_key != keys.transport.public_key;
    // Who has no children has nobody to tell.
    if (config.data_listen.empty() && loop.identity.listens_behind) {
        XW_TRY_VOID(loop.keys.adopt(KeyWish{std::nullopt, false, true}));
        loop.identity.listens_behind = false;
        loop.transport_keys = loop.client_keys;
    }
    if (const auto days = config.retention.carried_days; days > 0 && days < carried_days_safe)
        spdlog::warn("{}", Refusal(Code::retention_short, "retention.carried_days", std::to_string(days),
                                   std::to_string(carried_days_safe))
                               .line(Language::english));
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
