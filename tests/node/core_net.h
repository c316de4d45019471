// A few real cores over real stores in memory, wired to each other without a network between: what one says the
// other hears in its next turn. No faults and no chance: those are the simulator's (tools/sim).
#pragma once

#include "node/core/core.h"
#include "node/core/directory_entries.h"
#include "node/core/judging.h"
#include "node/core/restored.h"
#include "node/edge/first_commit.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "storage/memory_kv.h"
#include "tests/topology/sample.h"

namespace xinwang::sample {

struct CoreNode {
    explicit CoreNode(const Node& who) : keys(who.keys), id(who.certificate.node) {}

    ChildKeys keys;
    NodeId id;
    std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
    std::unique_ptr<Store> store;
    std::unique_ptr<JobRoom> room;
    std::unique_ptr<Core> core;
    std::vector<std::function<void(Core&)>> inbox;
    std::map<NodeId, std::map<LogId, std::size_t>> batches_said;  // to whom, of which log: piece 0 counts

    Seq size(const LogId& log) const {
        const LogView* view = core->logbook().find(log);
        return view == nullptr ? 0 : view->size;
    }
    bool found(Code code) const {
        for (const Finding& f : core->findings())
            if (f.refusal.code == code) return true;
        return false;
    }
};

class CoreNet {
  public:
    explicit CoreNet(const City& city) : city_(city) {
        for (const Node* n : city.all()) first_commit(*n);
    }
    // Of a child's connection at its parent.
    static ConnectionId number_of(const CoreNode& child) {
        return Reader(child.keys.transport.view(), "connection").u64();
    }
    CoreNode& at(const Node& who) { return nodes_.at(who.certificate.node); }
    Instant now() const { return now_; }

    void start(const Node& who) {
        CoreNode& n = at(who);
        n.store = std::move(*Store::open(make_memory_kv(n.disk)));
        const OpeningKeys open(n.keys.open, n.keys.open_epoch);
        n.room = std::make_unique<JobRoom>(JobRoom{n.id, n.keys.sign, open, n.store.get()});
        build(n);
    }
    void start_all() {
        for (const Node* n : city_.all()) start(*n);
    }
    void stop(const Node& who) {
        CoreNode& n = at(who);
        n.core.reset();
        n.room.reset();
        n.store.reset();
        n.inbox.clear();
        for (auto& [id, other] : nodes_)
            if (other.core && other.core->uplink() == n.id) other.core->parent_connection_lost(now_);
    }
    // What a restored backup is: the disk of then, and a new incarnation.
    void set_back(const Node& who, const MemoryDisk& then) {
        CoreNode& n = at(who);
        stop(who);
        *n.disk = then;
        const Write begin[] = {Put{Table::meta, to_bytes(view("incarnation")), random_bytes(Incarnation::size)},
                               Put{Table::meta, to_bytes(restored_key()), encode(RestoredRow{now_, true})}};
        XW_CHECK((*Store::open(make_memory_kv(n.disk)))->commit(begin));
        start(who);
    }
    // Between two nodes nothing passes, until they are joined again.
    void part(const Node& child) { parted_.insert(child.certificate.node); }
    void join(const Node& child) { parted_.erase(child.certificate.node); }
    // The child's connection breaks, and stays broken.
    void cut(const Node& child) {
        part(child);
        at(child).core->parent_connection_lost(now_);
    }
    // By the node's code in the mover's own directory.
    Result<Certificate> move(const Node& mover, const Node& node, const Node& parent, std::string_view to) {
        Core& core = *at(mover).core;
        const DivisionCode was = core.roster().find(node.certificate.node)->code;
        return core.move(now_, {was, parent.certificate.code, code(to), {}, "net:1", {}});
    }

    void run(std::int64_t seconds) {
        for (std::int64_t i = 0; i < seconds; ++i) {
            for (bool busy = true; busy;) {
                busy = false;
                for (auto& [id, n] : nodes_) busy = turn(n) || busy;
            }
            now_ = now_ + Duration(1'000);
        }
    }
    LogId records(const Node& who) { return at(who).core->own_log({Lane::records, {}}); }
    LogId trust(const Node& who) { return at(who).core->own_log({Lane::trust, {}}); }
    // A record for the city's eyes: one batch of its own.
    void publish(const Node& who) {
        Entry entry;
        entry.record.bytes.fill(++number_);
        entry.date = 20261124;
        entry.catalogue = "licence";
        entry.catalogue_version = 1;
        entry.fields = {"甲", "乙"};
        at(who).core->author({Lane::records, {}}, 1, entry);
        run(1);
    }

  private:
    void first_commit(const Node& who) {
        CoreNode n(who);
        std::vector<Bytes> known{who.bytes};
        Authoring authoring;
        std::vector<Write> published;
        const auto publish = [&](const Entry& entry) {
            published.emplace_back(authoring.add({Lane::trust, {}}, policy_open, encode(entry)));
        };
        if (who.certificate.parent.is_zero()) publish(directory_entry(encode(city_.statement())));
        for (const Node* other : city_.all()) {
            const bool above = who.certificate.code.is_within(other->certificate.code);
            if (above && other != &who) known.push_back(other->bytes);
            if (other->certificate.parent != n.id) continue;
            known.push_back(other->bytes);
            publish(enrol_entry(other->bytes));
        }
        auto writes = first_writes(city_.root(), n.id, {encode(city_.statement())}, known);
        for (Write& w : published) writes.push_back(std::move(w));
        XW_CHECK((*Store::open(make_memory_kv(n.disk)))->commit(writes));
        nodes_.emplace(n.id, std::move(n));
    }

    void build(CoreNode& n) {
        Identity identity{n.id, n.keys.sign, {}, random_number()};
        identity.open_keys = n.room->open_keys;
        n.core = std::make_unique<Core>(std::move(identity), Addresses{"net:1", "net:2", n.keys.transport},
                                        Timing{}, n.store->snapshot(), now_);
        n.room->authority->set(n.core->authority());
    }

    bool turn(CoreNode& n) {
        if (!n.core) return false;
        const auto events = std::exchange(n.inbox, {});
        for (const auto& event : events) event(*n.core);
        n.core->tick(now_);
        n.core->end_turn(now_);
        const auto writes = n.core->take_writes();
        if (!writes.empty()) XW_CHECK(n.store->commit(writes));
        n.core->committed(now_);
        n.room->authority->set(n.core->authority());
        tend_keys(n);
        if (n.core->take_rebirth()) {
            build(n);
            return true;
        }
        for (Send& send : n.core->take_sends()) deliver(n, std::move(send));
        for (Job& job : n.core->take_jobs()) {
            auto result = std::make_shared<JobResult>(run_job(n, job));
            n.inbox.push_back([this, result](Core& core) { core.finish(now_, std::move(*result)); });
        }
        return !events.empty() || !writes.empty();
    }

    // As the edge does, without files.
    static void tend_keys(CoreNode& n) {
        if (const auto wish = n.core->take_key_wish()) {
            NewKeys made;
            if (wish->sign) made.sign = SigningKey::generate();
            if (wish->transport) made.transport = OpeningKey::generate();
            n.core->offer_keys(*wish, made);
        }
        const KeyWish adopted = n.core->take_adopted();
        if (adopted.sign) n.keys.sign = n.room->sign_key = n.core->identity().sign_key;
        if (adopted.transport) n.keys.transport = n.core->certificate().transport_key;
    }

    // A child's connection has the beginning of the child's transport key for its number.
    void deliver(CoreNode& n, Send send) {
        const bool up = send.side == Side::parent;
        const NodeId to = up ? n.core->uplink() : connections_.at(send.connection);
        const auto other = nodes_.find(to);
        if (other == nodes_.end() || !other->second.core || parted_.contains(up ? n.id : to)) return;
        if (const auto message = decode_message(send.frame))
            if (const auto* piece = std::get_if<Piece>(&*message); piece && piece->index == 0)
                ++n.batches_said[to][piece->log];
        const ConnectionId connection = number_of(n);
        if (up) connections_[connection] = n.id;
        other->second.inbox.push_back([this, up, connection, key = n.keys.transport,
                                       body = std::move(send.frame)](Core& core) {
            core.receive(now_, {up ? Side::child : Side::parent, up ? connection : 0, key, body, std::nullopt});
        });
    }

    JobResult run_job(const CoreNode& n, const Job& job) {
        struct Runner {
            const JobRoom& room;
            JobResult operator()(const LoadJob& j) const { return run_load(j, room); }
            JobResult operator()(const AdmitJob& j) const { return run_admit(j, room); }
            JobResult operator()(const PackJob& j) const { return run_pack(j, room); }
            JobResult operator()(const SealJob& j) const { return run_seal(j, room); }
            JobResult operator()(const ExamineJob& j) const { return run_examine(j, room); }
            JobResult operator()(const ScrubJob& j) const { return run_scrub(j, room); }
            JobResult operator()(const CompareJob& j) const { return run_compare(j, room); }
            // What was found when the batches were admitted leads to the same as opening them again.
            JobResult operator()(const JudgeJob& j) const {
                JobRoom without = room;
                without.judged_contents = std::make_shared<JudgedContentsCache>();
                Judged done = run_judge(j, room);
                const Judged again = run_judge(j, without);
                XW_CHECK(done.next != again.next || done.batches == again.batches);
                return done;
            }
            JobResult operator()(const IntakeJob&) const { throw std::logic_error("no files here"); }
        };
        return std::visit(Runner{*n.room}, job);
    }

    const City& city_;
    Instant now_ = sample::start;
    std::map<NodeId, CoreNode> nodes_;
    std::map<ConnectionId, NodeId> connections_;
    std::set<NodeId> parted_;
    std::uint8_t number_ = 0;
};

}  // namespace xinwang::sample
