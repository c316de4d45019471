#include "node/edge/loop.h"

#include <spdlog/spdlog.h>
#include <algorithm>

#include <array>
#include <chrono>

#include "node/core/judging.h"
#include "node/core/peer_limits.h"
#include "node/edge/clock.h"
#include "node/edge/door_limits.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::size_t messages_per_turn_max = 256;
constexpr std::size_t outbox_frames_max = 2'000;  // for one peer; pieces among them are bounded by its credit
constexpr Duration backlogged_wait{2};
constexpr Duration room_check_every{5'000};
// A peer that is cut is told why first.
constexpr Duration told_before_cut{500};
// Lines of findings in the process's log: so many in ten minutes, whatever neighbours do.
constexpr std::size_t finding_lines_max = 200;
constexpr Duration crowd_told_every{60'000};
constexpr std::size_t crowds_max = 64;  // addresses

}  // namespace

Loop::Loop(LoopOptions options, Store& store, IntakeRunner intake, Released released)
    : options_(std::move(options)),
      store_(store),
      intake_(std::move(intake)),
      released_(std::move(released)),
      room_{options_.identity.node, options_.identity.sign_key, options_.open_keys, &store},
      transport_(options_.transport_keys, options_.transport, options_.hub),
      configured_parent_key_(options_.parent_key),
      diagnosis_(std::in_place, options_.parent_address, options_.transport.handshake),
      choice_(options_.standby.size() + 1, options_.patience, options_.transport.jitter_seed),
      workers_(options_.shared_workers ? options_.shared_workers
                                       : std::make_shared<Workers>(options_.workers)) {}

// Jobs use what goes away here.
Loop::~Loop() {
    std::unique_lock lock(mutex_);
    job_ended_.wait(lock, [this] { return jobs_under_way_ == 0; });
}

Result<std::unique_ptr<Loop>> Loop::create(LoopOptions options, Store& store, IntakeRunner intake,
                                           Released released) {
    auto loop =
        std::unique_ptr<Loop>(new Loop(std::move(options), store, std::move(intake), std::move(released)));
    XW_TRY_VOID(loop->transport_.listen());
    auto& o = loop->options_;
    if (!o.client_keys.public_key.is_zero()) loop->transport_.use_as_client(o.client_keys);
    if (o.public_data_address.empty()) o.public_data_address = loop->transport_.data_address();
    if (o.public_enrol_address.empty()) o.public_enrol_address = loop->transport_.enrol_address();
    loop->core_ = loop->build_core(wall_now(), loop->judge());
    loop->room_.authority->set(loop->core_->authority());
    loop->admit_children(wall_now());
    if (!o.parent_address.empty()) XW_TRY_VOID(loop->transport_.connect_parent(o.parent_address, o.parent_key));
    return loop;
}

std::unique_ptr<Core> Loop::build_core(Instant now, Memory memory) const {
    const Addresses addresses{options_.public_data_address, options_.public_enrol_address,
                              options_.transport_keys.public_key};
    Identity identity = options_.identity;
    identity.memory = memory;
    return std::make_unique<Core>(std::move(identity), addresses, options_.timing, store_.snapshot(), now);
}

void Loop::run() {
    while (!stopping()) {
        transport_.wait(backlogged_ ? backlogged_wait : options_.idle_wait);
        turn();
    }
    refuse_waiting();
    say_goodbye();
}

Duration Loop::step() {
    transport_.hush();
    turn();
    if (transport_.is_ready()) return Duration(0);
    if (backlogged_) return backlogged_wait;
    const bool greeting = !options_.parent_address.empty() && core_->parent_session() == nullptr;
    return greeting ? std::min(options_.idle_wait, options_.timing.hello_every) : options_.idle_wait;
}

bool Loop::stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

void Loop::refuse_waiting() {
    for (Request& request : take_requests()) request.done.set_value(refuse(Code::node_stopping));
}

void Loop::say_goodbye() {
    if (core_->parent_session() == nullptr) return;
    const Refusal stops(Code::node_stopping, "node", core_->certificate().code.text());
    transport_.leave_parent(encode(Refused{{}, Refused::no_seq, stops}));
}

void Loop::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    transport_.wake();
}

Result<void> Loop::call(std::function<void(Core&, Instant)> request) {
    Request waiting{std::move(request), {}};
    auto done = waiting.done.get_future();
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return refuse(Code::node_stopping);
        requests_.push_back(std::move(waiting));
    }
    transport_.wake();
    return done.get();
}

void Loop::turn() {
    const Instant now = wall_now();
    // As after a crash: everything that waits for a time waits anew.
    if (clock_.was_set(now)) rebuild_core(now, judge());
    take_events(now);
    auto requests = take_requests();
    for (Request& request : requests) request.run(*core_, now);
    for (const Hook& hook : hooks_) hook(*core_, now);
    core_->tick(now);
    core_->end_turn(now);
    start_jobs();  // what needs nothing of this turn's writes is worked on while they are synced
    if (!commit(now, requests)) return;
    core_->committed(now);
    room_.authority->set(core_->authority());
    for (Request& request : requests) request.done.set_value({});
    for (const SubmissionId& id : core_->take_released()) released_(id);
    // What is under way belongs to an incarnation that has ended.
    if (core_->take_rebirth()) return rebuild_core(now);
    keep_head(now);
    log_findings(now);
    speak(now);
    start_jobs();
}

// What status shows for an hour stays in the process's log; a finding that comes again and again, once in ten
// minutes.
void Loop::log_findings(Instant now) {
    constexpr Duration again_after{600'000};
    std::erase_if(logged_, [&](const auto& line) { return now - line.second >= again_after; });
    const auto& findings = core_->findings();
    for (auto it = findings.rbegin(); it != findings.rend() && it->at == now; ++it) {
        const std::string line = it->refusal.line(Language::english);
        if (logged_.size() >= finding_lines_max || !logged_.emplace(line, now).second) continue;
        spdlog::warn("{}: {}", core_->certificate().code.text(), line);
    }
}

// Everything that waits: what the link did, messages, results of jobs.
void Loop::take_events(Instant now) {
    for (const LinkEvent& event : transport_.take_events()) {
        diagnosis_->feed(event);
        if (event.kind == LinkEvent::Kind::handshake_succeeded || event.kind == LinkEvent::Kind::disconnected)
            core_->parent_connection_lost(now);
    }
    tell_cuts(now);
    std::vector<Inbound> inbound;
    transport_.receive(inbound, messages_per_turn_max);
    for (const Inbound& in : inbound) {
        const Side side = in.from == Inbound::From::parent  ? Side::parent
                          : in.from == Inbound::From::child ? Side::child
                                                            : Side::enrol;
        Arrival arrival{side, in.connection, in.key, in.body, std::nullopt};
        if (side == Side::enrol) arrival.fresh_key = OpeningKey::generate();
        core_->receive(now, arrival);
    }
    std::deque<std::pair<std::uint64_t, JobResult>> results;
    {
        const std::lock_guard lock(mutex_);
        results.swap(results_);
    }
    for (auto& [life, result] : results)
        if (life == core_life_) core_->finish(now, std::move(result));
}

std::vector<Loop::Request> Loop::take_requests() {
    const std::lock_guard lock(mutex_);
    std::vector<Request> requests;
    for (Request& request : requests_) requests.push_back(std::move(request));
    requests_.clear();
    return requests;
}

// False when the store was full and the turn is void.
bool Loop::commit(Instant now, std::vector<Request>& requests) {
    const auto writes = core_->take_writes();
    if (!writes.empty()) {
        if (const auto done = store_.commit(writes); !done) {
            on_full(now, requests);
            return false;
        }
    }
    // Both ways: a disk that others fill is named before a commit runs into it.
    if (next_room_check_ <= now) {
        next_room_check_ = now + room_check_every;
        core_->disk_full(!store_.has_room());
    }
    return true;
}

void Loop::on_full(Instant now, std::vector<Request>& requests) {
    for (Request& request : requests) request.done.set_value(refuse(Code::store_full, "store"));
    // The core is ahead of what is durable: a new one starts where the store is.
    rebuild_core(now);
    core_->disk_full(true);
    next_room_check_ = now + room_check_every;
}

// Peers greet it again.
void Loop::rebuild_core(Instant now, Memory memory) {
    ++core_life_;
    const NodeId uplink = core_->uplink();
    auto findings = core_->findings();
    core_ = build_core(now, memory);
    room_.authority->set(core_->authority());
    core_->recall(std::move(findings));
    core_->set_uplink(now, uplink);
    core_->drain(draining_);
    outbox_.clear();
}

void Loop::keep_head(Instant now) {
    if (!options_.keep_head) return;
    const auto kept = options_.keep_head(*core_);
    core_->hold_seals(now, kept ? std::nullopt
                                : std::optional(Refusal(Code::head_file_not_kept, kept.error().field,
                                                        kept.error().line(Language::english))));
}

void Loop::speak(Instant now) {
    for (Send& s : core_->take_sends()) {
        auto& queue = outbox_[{s.side, s.connection}];
        // Without a session only greetings go to the parent, and an unsent greeting is worth nothing a moment
        // later.
        if (s.side == Side::parent && core_->parent_session() == nullptr) queue = {};
        queue.bytes += s.frame.size();
        queue.frames.push_back(std::move(s.frame));
    }
    flush(now);
    tend_doors(now);
    // libzmq itself never tries again after a flat refusal; we do, with patience.
    const bool again = diagnosis_->given_up() && next_remake_ <= now;
    if (choice_.current() == ParentChoice::home && diagnosis_->refusal() &&
        diagnosis_->refusal()->code == Code::wrong_parent_key && next_remake_ <= now) {
        try_other_parent_key();
        next_remake_ = now + options_.transport.reconnect_first * 6;
    }
    if (core_->take_reconnect() || again) {
        transport_.recreate_parent();
        next_remake_ = now + options_.transport.reconnect_first * 6;
    }
    tend_keys(now);
    follow_move(now);
    choose_parent(now);
    const bool changed = core_->take_admission_changed();
    if (changed || core_->enrolment_door(now) != enrolment_) admit_children(now);
}

// Those that the core has cut go when its word has had a moment to get out.
void Loop::tend_doors(Instant now) {
    for (const ConnectionId connection : core_->take_cut())
        closing_.push_back({now + told_before_cut, connection});
    std::erase_if(closing_, [&](const Closing& closing) {
        if (closing.due > now) return false;
        transport_.cut_child(closing.connection);
        return true;
    });
}

// What the doorkeeper has ended by itself.
void Loop::tell_cuts(Instant now) {
    for (const ConnectionCut& cut : transport_.take_cuts()) {
        if (cut.key) {
            core_->over_budget(now, cut.connection, *cut.key, Code::endless_message, cut.bytes, cut.bytes_max);
        } else if (!cut.crowd) {
            core_->report(now, Refusal(Code::endless_message, cut.address, std::to_string(cut.bytes),
                                       std::to_string(cut.bytes_max)));
        } else if (crowds_.size() < crowds_max || crowds_.contains(cut.address)) {
            ++crowds_.try_emplace(cut.address, Crowd{0, now}).first->second.cut;
        }
    }
    for (auto it = crowds_.begin(); it != crowds_.end();) {
        auto& [address, crowd] = *it;
        if (crowd.next > now) {
            ++it;
        } else if (crowd.cut == 0) {
            it = crowds_.erase(it);
        } else {
            core_->report(now, Refusal(Code::connections_cut, address, std::to_string(crowd.cut),
                                       std::to_string(limits::unproven_most)));
            crowd = {0, now + crowd_told_every};
        }
    }
}

void Loop::flush(Instant now) {
    backlogged_ = false;
    for (auto it = outbox_.begin(); it != outbox_.end();)
        it = flush_one(now, it->first, it->second) ? outbox_.erase(it) : std::next(it);
}

// True when nothing is left to send there.
bool Loop::flush_one(Instant now, const std::pair<Side, ConnectionId>& to, Queue& queue) {
    for (; !queue.frames.empty(); queue.frames.pop_front()) {
        const Sent sent = send(to, queue.frames.front());
        if (sent == Sent::yes) {
            queue.bytes -= queue.frames.front().size();
            continue;
        }
        const bool bears = queue.frames.size() < outbox_frames_max && queue.bytes <= limits::outbox_bytes_max;
        if (sent == Sent::would_block && bears) {
            backlogged_ = true;
            return false;
        }
        if (sent == Sent::would_block && to.first == Side::child)
            if (const auto key = transport_.key_of(to.second))
                core_->over_budget(now, to.second, *key, Code::reads_nothing, queue.bytes,
                                   limits::outbox_bytes_max);
        // Gone, or so slow that its queue outgrew every bound: the conversation is over.
        if (to.first == Side::child) core_->child_connection_lost(to.second);
        if (to.first == Side::parent && core_->parent_session() != nullptr) core_->parent_connection_lost(now);
        return true;
    }
    return true;
}

Sent Loop::send(const std::pair<Side, ConnectionId>& to, View frame) {
    switch (to.first) {
        case Side::parent:
            return transport_.send_parent(frame);
        case Side::child:
            return transport_.send_child(to.second, frame);
        case Side::enrol:
            return transport_.send_enrol(to.second, frame);
    }
    return Sent::gone;
}

void Loop::start_jobs() {
    for (Job& job : core_->take_jobs()) {
        {
            const std::lock_guard lock(mutex_);
            ++jobs_under_way_;
        }
        const Submitted taken = workers_->submit(
            [this, life = core_life_, job = std::move(job)]() mutable { run_job(life, std::move(job)); });
        XW_CHECK(taken == Submitted::yes);  // credits and one seal per log bound what the core asks for
    }
}

// On a worker thread.
void Loop::run_job(std::uint64_t life, Job job) {
    struct Runner {
        Loop& loop;
        JobResult operator()(const LoadJob& j) const { return run_load(j, loop.room_); }
        JobResult operator()(const AdmitJob& j) const { return run_admit(j, loop.room_); }
        JobResult operator()(const PackJob& j) const { return run_pack(j, loop.room_); }
        JobResult operator()(const SealJob& j) const { return run_seal(j, loop.room_); }
        JobResult operator()(const IntakeJob& j) const { return loop.intake_(j); }
        JobResult operator()(const ExamineJob& j) const { return run_examine(j, loop.room_); }
        JobResult operator()(const ScrubJob& j) const { return run_scrub(j, loop.room_); }
        JobResult operator()(const CompareJob& j) const { return run_compare(j, loop.room_); }
        JobResult operator()(const JudgeJob& j) const { return run_judge(j, loop.room_); }
    };
    JobResult result = std::visit(Runner{*this}, job);
    job = {};
    {
        const std::lock_guard lock(mutex_);
        results_.emplace_back(life, std::move(result));
    }
    transport_.wake();
    // The last word, under the lock: whoever waits for it may take everything down after.
    const std::lock_guard lock(mutex_);
    --jobs_under_way_;
    job_ended_.notify_all();
}

// Keys are durable before the core hears of them.
void Loop::tend_keys(Instant now) {
    if (!options_.keys.make) return;
    if (const auto wish = core_->take_key_wish()) {
        if (const auto made = options_.keys.make(*wish))
            core_->offer_keys(*wish, *made);
        else
            core_->keys_failed(now, made.error());
    }
    KeyWish adopted = core_->take_adopted();
    if (adopted.transport) {
        transport_.use_as_client(options_.keys.transport());
        if (!options_.parent_address.empty()) transport_.recreate_parent();
    }
    // The children's way stays as it is until they know the new key.
    adopted.transport = core_->take_children_told() || (adopted.transport && !core_->identity().listens_behind);
    if (adopted.any())
        if (const auto kept = options_.keys.adopt(adopted); !kept) core_->keys_failed(now, kept.error());
    options_.identity = core_->identity();  // for the next core
}

// Home, a standby parent, or home again.
void Loop::choose_parent(Instant now) {
    if (options_.standby.empty() || options_.parent_address.empty()) return;
    const Session* session = core_->parent_session();
    const bool away = core_->parent_refusal() && core_->parent_refusal()->code == Code::node_drains;
    if (choice_.turn(now, session != nullptr && session->resumed) || (away && choice_.sent_away(now)))
        connect_chosen(now);
}

void Loop::connect_chosen(Instant now) {
    const bool home = choice_.current() == ParentChoice::home;
    const Standby* standby = home ? nullptr : &options_.standby[choice_.current() - 1];
    const Certificate* other = standby ? core_->roster().by_code(standby->code) : nullptr;
    // Only an ancestor takes custody; another code in the list is passed over at its next turn.
    if (standby && (other == nullptr || !core_->roster().is_below(options_.identity.node, other->node))) return;
    core_->set_uplink(now, other ? other->node : NodeId());
    const TransportPublicKey& key = other ? other->transport_key : options_.parent_key;
    diagnosis_.emplace(parent_address(), options_.transport.handshake);
    if (const auto connecting = transport_.connect_parent(parent_address(), key); !connecting)
        spdlog::warn("parent: {}", connecting.error().line(Language::english));
}

// The node's place is another: its new parent is reached from now on, and after every restart.
void Loop::follow_move(Instant now) {
    const auto to = core_->take_moved();
    if (!to) return;
    if (options_.keep_parent) {
        if (const auto kept = options_.keep_parent(*to); !kept)
            spdlog::warn("node.toml: {}", kept.error().line(Language::english));
        else
            core_->stage({no_moved_to_row()});
    }
    options_.parent_address = "tcp://" + to->address;
    options_.parent_key = configured_parent_key_ = to->key;
    // One that stands in goes on if it is above the node still.
    if (choice_.current() != ParentChoice::home && core_->uplink() != core_->certificate().parent) return;
    choice_.go_home(now);
    connect_chosen(now);
}

const std::string& Loop::parent_address() const {
    const bool home = choice_.current() == ParentChoice::home;
    return home ? options_.parent_address : options_.standby[choice_.current() - 1].address;
}

void Loop::drain(bool on) {
    draining_ = on;
    core_->drain(on);
}

// A parent that changed its transport key listens with the old one until its children know the new one. Which
// it is today only trying tells: the configured key, which is named as wrong when the parent never changed it,
// the certified one, and the one before that.
void Loop::try_other_parent_key() {
    const Certificate* parent = core_->roster().find(core_->certificate().parent);
    const auto* earlier = parent ? core_->roster().earlier_transport_key(parent->node) : nullptr;
    if (earlier == nullptr) return;
    const std::array known{configured_parent_key_, parent->transport_key, *earlier};
    const auto present = std::find(known.begin(), known.end(), options_.parent_key);
    options_.parent_key =
        present == known.end() || std::next(present) == known.end() ? known.front() : *std::next(present);
    const auto connecting = transport_.connect_parent(options_.parent_address, options_.parent_key);
    XW_CHECK(connecting);  // the address was good the first time
}

// The transport lets in whom the roster has below this node, and nobody else: those further below may come when
// their parent is away, and those that were below and have moved learn it here if they were cut off.
void Loop::admit_children(Instant now) {
    auto keys = std::make_shared<AdmittedKeys>();
    for (const Certificate* c : core_->roster().all()) {
        if (!core_->roster().was_below(c->node, options_.identity.node)) continue;
        if (core_->outside(now, c->node) != nullptr) continue;
        keys->admitted.insert(c->transport_key);
        if (const auto* earlier = core_->roster().earlier_transport_key(c->node))
            keys->admitted.insert(*earlier);
    }
    for (const auto& [node, revocation] : core_->roster().revocations())
        if (const Certificate* gone = core_->roster().find(node); gone->parent == options_.identity.node)
            keys->revoked.insert(gone->transport_key);
    // Strangers may speak to the enrolment port only while an invitation waits for one; while one is used and
    // in its days its node alone, and else the port is closed.
    enrolment_ = core_->enrolment_door(now);
    keys->newcomers = enrolment_.open;
    for (const TransportPublicKey& key : core_->enrolled_lately(now)) keys->returning.insert(key);
    transport_.admit(std::move(keys));
    if (const auto done = transport_.open_enrolment(enrolment_.open || enrolment_.used); !done) {
        core_->report(now, done.error());
        enrolment_ = {};  // tried again when it is looked at next
    }
}

}  // namespace xinwang
