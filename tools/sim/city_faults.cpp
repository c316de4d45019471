// What goes wrong, who hands in what, and how a run ends.
#include <fmt/format.h>

#include "node/core/judging.h"
#include "node/intake/run.h"
#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr std::uint32_t today = 20261124;
constexpr std::size_t rows_per_step = 7;
constexpr Duration chaos_every{60'000};
constexpr Duration settle_step{30'000};
constexpr Duration replay_time{20 * 60'000};

}  // namespace

// --- faults

void City::chaos() {
    if (healing_) return;
    const double hours = static_cast<double>(chaos_every.count()) / 3'600'000;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].parent) network_->maybe_partition(now_, i, chaos_every);
        if (random_.chance(options_.full_per_hour * hours)) fill_disk(i);
        if (random_.chance(options_.bad_bytes_per_hour * hours)) spoil_bytes(i);
        if (random_.chance(options_.restores_per_hour * hours)) back_up(i);
        if (options_.moves_per_hour > 0 && random_.chance(options_.moves_per_hour * hours)) move(i);
    }
    at(now_ + chaos_every, [this] { chaos(); });
}

// Until room is made: a soft quota, under which control still fits, or a disk that takes nothing.
void City::fill_disk(std::size_t node) {
    MemoryDisk& disk = *nodes_[node].disk;
    const bool hard = random_.chance(0.3);
    (hard ? disk.bytes_max : disk.bytes_quota) = disk.bytes + random_.below(2'000);
    say(fmt::format("{}: no room ({})", nodes_[node].name, hard ? "disk" : "quota"));
    const auto undo = [&disk] { disk.bytes_max = disk.bytes_quota = ~0ull; };
    undo_.push_back(undo);
    after(60'000, 1'800'000, undo);
}

// A flipped bit, for ever, in any value of any batch that a neighbour holds too: a batch with one copy in the
// world is not what healing can promise.
void City::spoil_bytes(std::size_t node) {
    SimNode& n = nodes_[node];
    if (!n.core || !n.store) return;
    const Snapshot kept = n.store->snapshot();
    if (kept.next_ordinal() == 0) return;
    const std::uint64_t ordinal = random_.below(kept.next_ordinal());
    const auto row = kept.at(ordinal);
    if (!row || spoilt_.contains({row->log, row->seq}) || !neighbour_holds(node, row->log, row->seq)) return;
    const bool position = random_.chance(0.2);
    auto& table = n.disk->tables[static_cast<std::size_t>(position ? Table::positions : Table::batches)];
    auto it = table.begin();
    if (position) {
        std::advance(it, static_cast<std::ptrdiff_t>(random_.below(table.size())));
        const auto at = unframe_value(Table::positions, it->first, it->second).and_then([&](View payload) {
            return read_position(it->first, payload);
        });
        if (!at || at->ordinal != ordinal) return;
    } else {
        const std::uint64_t piece = random_.below(row->pieces + 2u);
        it = table.find(
            batch_key(ordinal, piece > row->pieces ? batch_row_piece : static_cast<std::uint16_t>(piece)));
    }
    it->second[random_.below(it->second.size())] ^= static_cast<std::uint8_t>(1 << random_.below(8));
    spoilt_.emplace(BatchName{row->log, row->seq}, node);
    ++spoilt_count_;
    say(fmt::format("{}: a byte of batch {} of {} goes bad", n.name, row->seq, row->log.origin_line()));
}

bool City::neighbour_holds(std::size_t node, const LogId& log, Seq seq) const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const SimNode& other = nodes_[i];
        if ((other.parent != node && nodes_[node].parent != i) || !other.core) continue;
        const LogView* view = other.core->logbook().find(log);
        if (view != nullptr && view->size > seq) return true;
    }
    return false;
}

// What is still spoilt somewhere, or waits on a list for it; empty when all is healed.
std::string City::unhealed() {
    for (auto it = spoilt_.begin(); it != spoilt_.end();) {
        const SimNode& n = nodes_[it->second];
        if (!n.store) return n.name + " is down";
        if (examine_batch(n.store->snapshot(), it->first).damage)
            return fmt::format("{} has not healed batch {} of {}", n.name, it->first.seq,
                               it->first.log.origin_line());
        it = spoilt_.erase(it);
    }
    for (const SimNode& n : nodes_)
        if (n.core && !n.core->healing().wounds().empty()) return n.name + " lists damage that is none";
    return {};
}

void City::heal() {
    say("heal");
    healing_ = true;
    network_->heal();
    for (const auto& undo : undo_) undo();
    undo_.clear();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i].disk->fail_next_commit = MemoryDisk::Fault::none;
        if (!nodes_[i].core) start(i);
    }
}

// --- people

void City::hand_in(std::size_t node) {
    SimNode& n = nodes_[node];
    const File& file = n.people->write_file(random_, today);
    ++offers_open_;
    offer_file(node, file.head.id);
}

// As often as it takes, until the node says that it has it.
void City::offer_file(std::size_t node, SubmissionId id) {
    SimNode& n = nodes_[node];
    if (n.is_gone || n.forgotten.contains(id)) {
        --offers_open_;
        return;
    }
    const File& file = n.people->files().at(id);
    const auto taken = std::make_shared<std::optional<SubmissionTaken>>();
    const auto offer = [this, &n, &file, taken](Core& core) {
        if (n.last_offer == now_) return;  // one at a time: which came first must be plain
        n.last_offer = now_;
        NewSubmission head = file.head;
        head.day = today;
        head.id = core.submission_for(head.id, today);
        const bool held = core.submissions().contains(head.id);
        if (!held) n.people->hand_in(head.id, file.head.id);
        if (!held || core.submissions().at(head.id).open()) n.spool[head.id] = file.content;
        if (auto result = core.submit(now_ + n.clock_off, head)) *taken = *result;
    };
    const auto answer = [this, node, id, taken](bool durable) {
        SimNode& at_node = nodes_[node];
        if (!durable || !*taken) {
            after(1'000, 300'000, [this, node, id] { offer_file(node, id); });
            return;
        }
        --offers_open_;
        if (!at_node.people->has_taken((*taken)->id) && !at_node.is_twin)
            throw SafetyBroken(
                fmt::format("S1 at {}: a file was acknowledged and is not on the disk", at_node.name));
    };
    request(node, offer, answer);
}

JobResult City::run_job(std::size_t node, const Job& job) {
    struct Runner {
        City& city;
        SimNode& n;
        JobResult operator()(const LoadJob& j) const { return run_load(j, *n.room); }
        JobResult operator()(const AdmitJob& j) const { return run_admit(j, *n.room); }
        JobResult operator()(const PackJob& j) const { return run_pack(j, *n.room); }
        JobResult operator()(const SealJob& j) const { return run_seal(j, *n.room); }
        JobResult operator()(const ExamineJob& j) const { return run_examine(j, *n.room); }
        JobResult operator()(const ScrubJob& j) const { return run_scrub(j, *n.room); }
        JobResult operator()(const CompareJob& j) const { return run_compare(j, *n.room); }
        JobResult operator()(const JudgeJob& j) const {
            Judged done = run_judge(j, *n.room);
            if (city.options_.broken == Break::no_verdict) done.batches.clear();
            return done;
        }
        JobResult operator()(const IntakeJob& j) const {
            const auto file = n.spool.find(j.submission);
            if (file == n.spool.end())
                throw SafetyBroken("S1 at " + n.name + ": a file left the spool too early");
            MemorySource source{std::string_view(file->second)};
            IntakeStepped stepped = run_intake(j, source, *n.room, today, rows_per_step);
            if (city.options_.broken != Break::none && stepped.step) city.break_step(*stepped.step);
            return stepped;
        }
    };
    return std::visit(Runner{*this, nodes_[node]}, job);
}

// --- the end

void City::quiesce() {
    const Instant end = now_ + options_.quiet_time_max;
    const auto settle = [&] {
        std::string open = "files wait to be taken";
        do {
            if (now_ >= end) {
                std::string findings;
                for (const SimNode& n : nodes_)
                    for (const Finding& f : n.core ? n.core->findings() : std::deque<Finding>())
                        if (options_.verbose)
                            findings += "\n  " + n.name + ": " + f.refusal.line(Language::english);
                throw LivenessBroken("L1: " + open + findings);
            }
            run_until(now_ + settle_step);
            if (offers_open_ == 0) open = checks_.unfinished();
            if (open.empty()) open = unhealed();
            if (open.empty() && report()) open = "something is on its way to or from the province";
        } while (!open.empty());
    };
    settle();
    say("quiet");
    checks_.at_rest();
    check_province();
    std::vector<MemoryDisk> before;
    for (const SimNode& n : nodes_) before.push_back(*n.disk);
    replay_the_past();
    run_until(now_ + replay_time);
    settle();
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (const std::string row = changed_row(before[i], *nodes_[i].disk); !row.empty())
            throw SafetyBroken("S3 at " + nodes_[i].name +
                               ": old messages and files handed in again changed the disk: " + row);
}

// Every file again whose submission still answers for it, and a sample of everything that was ever delivered,
// on the connections of today.
void City::replay_the_past() {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        for (const auto& [id, file] : nodes_[i].people->files()) {
            const Core& core = *nodes_[i].core;
            if (!core.submissions().contains(core.submission_for(id, today))) continue;
            ++offers_open_;
            after(0, replay_time.count() / 2, [this, i, sent = id] { offer_file(i, sent); });
        }
    // Not what was said to or by a parent that has none of this line any more.
    const std::vector<Delivered> past = std::exchange(past_, {});
    for (const auto& [sent, parent] : past)
        after(0, replay_time.count() / 2, [this, frame = sent, to = parent]() mutable {
            frame.connection = network_->connection(frame.child);
            if (frame.connection != 0 && nodes_[frame.child].parent == to) deliver(frame);
        });
}

}  // namespace xinwang::sim
