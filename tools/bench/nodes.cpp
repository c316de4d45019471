#include "tools/bench/nodes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "node/edge/city_new.h"
#include "node/edge/spool_source.h"
#include "node/intake/run.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "tools/gen/core_catalogues.h"

namespace xinwang::bench {
namespace {

constexpr std::array codes = {"130600000000", "130602000000", "130602200000", "130602200201"};
constexpr std::uint32_t today = 20261124;  // the generator's own

// A port that was free a moment ago.
std::string free_address() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    XW_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    XW_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(fd);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

// Two persons who approve what the bench invites.
const std::vector<SigningKey>& operators() {
    static const std::vector<SigningKey> two{SigningKey::generate(), SigningKey::generate()};
    return two;
}

Result<Invitation> invite(Core& core, Instant now, DivisionCode code, const Token& token) {
    if (!needs_two(code)) return core.invite(now, code, code.text(), token);
    Order order{core.identity().node,
                code,
                code.text(),
                *OrderId::from(random_bytes(OrderId::size)),
                now.ms,
                {},
                {},
                {}};
    order.proposed = word_of(order, OrderRole::proposes, operators()[0]);
    XW_TRY_VOID(core.propose(now, order));
    return core.approve(now, order.id, word_of(order, OrderRole::approves, operators()[1]), token);
}

// What a road measures is a township and a county that carry what they cannot read: the catalogue must order
// that, or the city would refuse the records.
std::string for_the_city() {
    constexpr std::string_view ordered = "organisations = [\"city\", \"county\"]";
    std::string toml(licence_catalogue_toml());
    const auto at = toml.find(ordered);
    XW_CHECK(at != toml.npos);
    return toml.replace(at, ordered.size(), "organisations = [\"city\"]");
}

Result<void> make_city(const std::filesystem::path& dir) {
    std::filesystem::create_directories(dir / "catalogues");
    std::ofstream(dir / "catalogues/xzxk.toml") << for_the_city();
    CityOptions options;
    options.code = codes[0];
    options.name = "保定市";
    options.data_listen = free_address();
    options.enrol_listen = free_address();
    options.catalogues_dir = dir / "catalogues";
    for (const char* name : {"1", "2", "3"})
        options.root_keys.push_back(dir.parent_path() / (dir.filename().string() + "-root-" + name));
    for (const SigningKey& key : operators())
        options.operators.push_back({key.public_key().hex(), key.public_key()});
    XW_TRY_VOID(new_city(dir, options));
    return {};
}

Result<void> make_child(const std::filesystem::path& parent, const std::filesystem::path& dir,
                        const char* code) {
    XW_TRY(running, RunningNode::open(parent));
    Result<Invitation> invitation = refuse(Code::node_stopping);
    const Bytes token = random_bytes(Token::size);
    XW_TRY_VOID(running->loop().call([&](Core& core, Instant now) {
        invitation = invite(core, now, *DivisionCode::parse(code), *Token::from(token));
    }));
    if (!invitation) return tl::unexpected(invitation.error());
    XW_TRY(line, write_invitation(*invitation));
    XW_TRY_VOID(join(dir, line, {free_address(), free_address(), code, {}}));
    return {};
}

}  // namespace

Result<std::vector<std::filesystem::path>> make_chain(const std::filesystem::path& dir, std::size_t tiers) {
    XW_CHECK(tiers >= 1 && tiers <= codes.size());
    std::vector<std::filesystem::path> dirs{dir / "0"};
    XW_TRY_VOID(make_city(dirs[0]));
    for (std::size_t i = 1; i < tiers; ++i) {
        dirs.push_back(dir / std::to_string(i));
        XW_TRY_VOID(make_child(dirs[i - 1], dirs[i], codes[i]));
    }
    return dirs;
}

Result<std::unique_ptr<RunningNode>> RunningNode::open(const std::filesystem::path& dir, Loop::Hook hook) {
    XW_TRY(node, open_node(dir));
    std::unique_ptr<RunningNode> running(new RunningNode);
    running->dir_ = dir;
    running->store_ = std::move(node.store);
    XW_TRY(loop, Loop::create(
                     std::move(node.loop), *running->store_,
                     [r = running.get()](const IntakeJob& job) { return r->intake(job); },
                     [](const SubmissionId&) {}));
    running->loop_ = std::move(loop);
    if (hook) running->loop_->every_turn(std::move(hook));
    running->thread_ = std::thread([r = running.get()] { r->loop_->run(); });
    return running;
}

RunningNode::~RunningNode() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
}

IntakeStepped RunningNode::intake(const IntakeJob& job) const {
    auto file = SpoolSource::open(dir_ / "spool" / job.submission.hex());
    if (!file) return {job.submission, tl::unexpected(file.error())};
    return run_intake(job, **file, loop_->room(), today);
}

void RunningNode::ask(const std::function<void(Core&, Instant)>& question) {
    XW_CHECK(loop_->call(question));
}

void RunningNode::wait_for_parent() {
    wait_until([](Core& core) {
        const Session* parent = core.parent_session();
        return parent != nullptr && parent->resumed;
    });
}

std::string RunningNode::counts() {
    std::uint64_t wire = 0, batches = 0;
    ask([&](Core& core, Instant) {
        wire = loop_->transport_stats().bytes_out;
        for (const auto& [id, log] : core.logbook().all())
            if (id.lane == Lane::records) batches += log.size;
    });
    const KvSizes bytes = store_->sizes().bytes;
    std::ostringstream line;
    line << wire << ' ' << bytes.commits << ' ' << batches << ' ' << bytes.used_bytes;
    return line.str();
}

void RunningNode::wait_until(const std::function<bool(Core&)>& true_of) {
    for (bool done = false;; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
        ask([&](Core& core, Instant) { done = true_of(core); });
        if (done) return;
    }
}

}  // namespace xinwang::bench
