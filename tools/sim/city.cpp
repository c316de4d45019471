// Virtual time, and a node's turn as the edge makes it.
#include "tools/sim/city.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <utility>

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/random.h"

namespace xinwang::sim {
namespace {

constexpr Duration room_check_every{5'000};
constexpr std::size_t past_frames_max = 400;

}  // namespace

// --- time

void City::at(Instant when, std::function<void()> act) {
    events_.push({when, order_++, std::move(act)});
}

void City::after(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> act) {
    at(now_ + Duration(random_.between(low_ms, high_ms)), std::move(act));
}

void City::run_until(Instant end) {
    while (!events_.empty() && events_.top().at <= end) {
        // A priority queue gives only const access; the event is gone with the pop.
        auto act = std::move(const_cast<Event&>(events_.top()).act);
        now_ = events_.top().at;
        events_.pop();
        act();
    }
    now_ = end;
}

void City::run() {
    province_ = std::make_unique<Province>();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        start(i);
        after(0, options_.tick.count(), [this, i] { tick(i); });
    }
    for (int i = 0; i < options_.files; ++i) {
        const std::size_t node = random_.below(nodes_.size());
        after(10'000, options_.fault_time.count(), [this, node] { hand_in(node); });
    }
    after(60'000, 60'000, [this] { chaos(); });
    after(60'000, 600'000, [this] { keep_reporting(); });
    if (options_.broken != Break::none) break_disks();
    run_until(now_ + options_.fault_time);
    heal();
    quiesce();
}

void City::tick(std::size_t node) {
    turn(node);
    at(now_ + options_.tick, [this, node] { tick(node); });
}

// --- lives

void City::start(std::size_t node, Memory memory) {
    SimNode& n = nodes_[node];
    XW_CHECK(!n.core);
    auto store = Store::open(make_memory_kv(n.disk));
    XW_CHECK(store);
    n.store = std::move(*store);
    n.room = std::make_unique<JobRoom>(JobRoom{n.node, n.sign_key, n.open_keys, n.store.get()});
    n.boot_nonce = random_number();
    build_core(node, memory);
    checks_.look_at_disk(node);
    if (node == 0) open_link();
    say(n.name + " starts");
}

void City::build_core(std::size_t node, Memory memory) {
    SimNode& n = nodes_[node];
    ++n.life;
    const Snapshot kept = n.store->snapshot();
    const auto incarnation = kept.get(Table::meta, view("incarnation"));
    XW_CHECK(incarnation && *incarnation);
    Identity identity{n.node, n.sign_key, *Incarnation::from(**incarnation), n.boot_nonce};
    identity.memory = memory;
    identity.home = to_bytes(view("home of " + n.name));
    identity.open_keys = n.open_keys;
    const Addresses addresses{"sim:1", "sim:2", n.certificate.transport_key};
    n.core = std::make_unique<Core>(std::move(identity), addresses, options_.timing, kept, clock(node));
    n.room->authority->set(n.core->authority());
    follow_certificate(node);
}

void City::crash(std::size_t node, const char* why) {
    ++crashes_;
    say(fmt::format("{} stops {}", nodes_[node].name, why));
    stop(node);
    const bool longer = !healing_ && random_.chance(options_.long_downtime);
    after(200, longer ? 3'600'000 : 60'000, [this, node, life = nodes_[node].life] {
        if (nodes_[node].life == life) start(node);
    });
}

void City::stop(std::size_t node) {
    SimNode& n = nodes_[node];
    ++n.life;
    if (node == 0) close_link();
    n.core.reset();
    n.room.reset();
    n.store.reset();
    n.inbox.clear();
    n.connections.clear();
    for (const auto& answer : std::exchange(n.answers, {})) answer(false);
    network_->cut(node);
    for (std::size_t child = 0; child < nodes_.size(); ++child)
        if (nodes_[child].parent == node) network_->cut(child);
}

// New keys are on the disk, here the node's own memory that outlives a crash, before the core hears of them.
void City::tend_keys(std::size_t node) {
    SimNode& n = nodes_[node];
    const auto wish = n.core->take_key_wish();
    if (!wish || !wish->opening) return;
    NewKeys made;
    made.opening = OpeningKey::generate();
    n.open_keys.add(*wish->opening, *made.opening);
    n.core->offer_keys(*wish, made);
}

// --- turns

void City::post(std::size_t node, std::function<void(Core&)> event) {
    SimNode& n = nodes_[node];
    if (!n.core) return;
    n.inbox.push_back(std::move(event));
    if (std::exchange(n.turn_due, true)) return;
    after(0, 20, [this, node] {
        if (nodes_[node].turn_due) turn(node);
    });
}

void City::request(std::size_t node, std::function<void(Core&)> event, std::function<void(bool)> answer) {
    if (!nodes_[node].core) return answer(false);
    nodes_[node].answers.push_back(std::move(answer));
    post(node, std::move(event));
}

void City::turn(std::size_t node) {
    SimNode& n = nodes_[node];
    n.turn_due = false;
    if (!n.core) return;
    ++turns_;
    for (auto& event : std::exchange(n.inbox, {})) event(*n.core);
    n.core->tick(clock(node));
    n.core->end_turn(clock(node));
    auto writes = n.core->take_writes();
    if (options_.broken != Break::none) break_writes(node, writes);
    const double danger = healing_ || writes.empty() ? 0 : options_.crash_per_turn;
    if (random_.chance(danger)) return crash(node, "before a commit");
    auto answers = std::exchange(n.answers, {});
    if (!commit(node, writes, answers)) return;
    if (random_.chance(danger)) {
        n.answers = std::move(answers);
        return crash(node, "after a commit, before speaking");
    }
    n.core->committed(clock(node));
    n.room->authority->set(n.core->authority());
    for (const auto& answer : answers) answer(true);
    if (n.core->take_rebirth()) return build_core(node);
    tend_keys(node);
    if (n.core->take_moved()) {
        n.core->stage({no_moved_to_row()});
        follow_certificate(node);
    }
    speak(node, n.core->take_sends());
    if (n.core->take_reconnect()) network_->cut(node);
    for (const SubmissionId& id : n.core->take_released()) n.spool.erase(id);
    for (Job& job : n.core->take_jobs()) start_job(node, std::move(job));
}

// False when the turn is void: the process is gone, or its core was built anew from the last commit.
bool City::commit(std::size_t node, const std::vector<Write>& writes,
                  std::vector<std::function<void(bool)>>& answers) {
    SimNode& n = nodes_[node];
    if (!writes.empty()) {
        if (!healing_ && random_.chance(options_.crash_per_turn))
            n.disk->fail_next_commit = std::array{MemoryDisk::Fault::full, MemoryDisk::Fault::lost,
                                                  MemoryDisk::Fault::kept}[random_.below(3)];
        Result<void> done;
        try {
            done = n.store->commit(writes);
        } catch (const StoreFailure& failure) {
            n.answers = std::move(answers);
            crash(node, failure.what());
            return false;
        }
        if (!done) {
            say(n.name + ": disk full");
            build_core(node);
            n.core->disk_full(true);
            n.next_room_check = now_ + room_check_every;
            for (const auto& answer : answers) answer(false);
            return false;
        }
        if (recorded_ == node) snapshots_.push_back({*n.disk, n.spool});
        checks_.look_at_disk(node);
        checks_.receipts_written(node, writes);
        record("commit", node, view(std::to_string(n.disk->bytes)));
    }
    if (n.core->is_disk_full() && n.next_room_check <= now_) {
        n.next_room_check = now_ + room_check_every;
        if (n.store->has_room()) n.core->disk_full(false);
    }
    return true;
}

void City::speak(std::size_t node, std::vector<Send> sends) {
    for (Send& s : sends) {
        if (options_.broken != Break::none && !break_frame(node, s)) continue;
        checks_.on_frame(node, s.side, s.frame);
        send(node, std::move(s));
    }
}

void City::send(std::size_t node, Send send) {
    SimNode& n = nodes_[node];
    if (send.side == Side::parent) return network_->send_up(now_, node, std::move(send.frame));
    const auto child = n.connections.find(send.connection);
    const bool alive = child != n.connections.end() &&
                       network_->send_down(now_, child->second, send.connection, std::move(send.frame));
    // As the transport says when a connection is gone.
    if (!alive && options_.told_of_cuts) n.core->child_connection_lost(send.connection);
}

void City::deliver(const Frame& frame) {
    const std::size_t node = frame.upward ? *nodes_[frame.child].parent : frame.child;
    SimNode& n = nodes_[node];
    if (!n.core) return;
    record("frame", node, frame.bytes);
    if (past_.size() < past_frames_max && random_.chance(0.05))
        past_.push_back({frame, *nodes_[frame.child].parent});
    const ConnectionId connection = frame.upward ? frame.connection : 0;
    if (frame.upward) n.connections[connection] = frame.child;
    post(node,
         [this, node, connection, child = frame.child, upward = frame.upward, body = frame.bytes](Core& core) {
             core.receive(clock(node), {upward ? Side::child : Side::parent, connection,
                                        nodes_[child].certificate.transport_key, body, std::nullopt});
         });
}

// --- jobs

void City::start_job(std::size_t node, Job job) {
    if (options_.broken != Break::none)
        if (auto* seal = std::get_if<SealJob>(&job)) break_seal(node, *seal);
    const std::uint64_t life = nodes_[node].life;
    const std::int64_t slow = random_.chance(0.02) ? 20'000 : 100;
    after(0, slow, [this, node, life, slow, job = std::move(job)] {
        if (nodes_[node].life != life) return;
        const auto result = std::make_shared<JobResult>(run_job(node, job));
        after(0, slow, [this, node, life, result] {
            if (nodes_[node].life != life) return;
            post(node, [this, node, result](Core& core) { core.finish(clock(node), std::move(*result)); });
        });
    });
}

// --- the run's fingerprint

void City::record(std::string_view kind, std::size_t node, View what) {
    Writer head;
    head.i64(now_.ms);
    head.u64(node);
    trace_ = hash<Hash256>("sim-trace", {trace_.view(), view(kind), head.bytes(), what});
}

void City::say(const std::string& line) const {
    if (options_.verbose)
        std::fprintf(stderr, "%10.3f s  %s\n", static_cast<double>(now_.ms % 86'400'000) / 1000, line.c_str());
}

std::string City::summary() const {
    return said_ + fmt::format(
                       "{} nodes, {} turns, {} frames, {} crashes, {} restores, {} moves, {} batches healed, "
                       "{} records "
                       "acked, trace {}",
                       nodes_.size(), turns_, network_->frames(), crashes_, restores_, moves_, spoilt_count_,
                       checks_.acked(), trace_.hex().substr(0, 16));
}

}  // namespace xinwang::sim
