// Core, authoring: this node's own logs, the submissions that feed them, and the entries that act on nodes.
#include <algorithm>
#include <utility>

#include "node/core/core.h"
#include "node/core/directory_entries.h"
#include "node/core/division_rows.h"
#include "protocol/base/check.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr OwnLog own_records{};
// Some are compressed while others wait for the batches before them.
constexpr std::size_t blocks_waiting_max = 6;
constexpr std::size_t blocks_waiting_bytes_max = 24u << 20;

Refusal not_of_the_city(std::string_view what, const LogId& log) {
    return Refusal(Code::not_your_log, what, log.origin_line(), "the city's trust log");
}

}  // namespace

LogId Core::own_log(const OwnLog& log) const {
    return {identity_.node, identity_.incarnation, log.lane, log.toward};
}

void Core::author(const OwnLog& log, std::uint16_t policy, const Entry& entry) {
    writes_.emplace_back(authoring_.add(log, policy, encode(entry)));
}

void Core::stage(std::vector<Write> writes) {
    for (Write& write : writes) writes_.push_back(std::move(write));
}

// --- entries that act on nodes

void Core::apply(Instant now, const LogView& log, const Entry& entry) {
    const bool from_city = roster_.city() != nullptr && log.id.origin == roster_.city()->node;
    switch (entry.kind) {
        case EntryKind::enrol:
        case EntryKind::rekey:
        case EntryKind::move:
        case EntryKind::revoke:
            if (log.id.lane == Lane::trust) learn_entry(now, entry);
            return;
        case EntryKind::catalogue: {
            if (!from_city || log.id.lane != Lane::trust)
                return find(now, not_of_the_city("catalogue", log.id), log.id);
            auto catalogue = parse_catalogue(text(entry.body));
            if (!catalogue) return find(now, catalogue.error(), log.id);
            const auto held = std::make_shared<const Catalogue>(std::move(*catalogue));
            keep_version(held, entry.body);
            // The city's logs of two incarnations come in any order.
            auto& newest = catalogues_[held->id];
            if (newest != nullptr && newest->version > held->version) return;
            newest = held;
            writes_.emplace_back(Put{Table::catalogues, to_bytes(view(held->id)), entry.body});
            return;
        }
        case EntryKind::division:
            if (!from_city || log.id.lane != Lane::trust)
                return find(now, not_of_the_city("division", log.id), log.id);
            return apply_division(now, entry.body);
        case EntryKind::directory:
            if (!from_city || log.id.lane != Lane::trust)
                return find(now, not_of_the_city("directory", log.id), log.id);
            return learn_statement(now, log, entry.body);
        case EntryKind::evidence:
            return learn_freeze(now, log, entry.body);
        case EntryKind::verdict:
            return learn_verdict(now, log, entry.body);
        case EntryKind::transfer:
            return learn_transfer(now, log, entry.body);
        case EntryKind::feedback:
            if (from_city && log.id.toward == identity_.node) learn_outcome(now, entry);
            return;
        default:
            return;  // records are found through the index
    }
}

Result<void> Core::publish_catalogue(Instant now, const std::string& toml) {
    if (!is_city()) return refuse(Code::not_at_this_node, "catalogue", certificate().code.text(), "the city");
    XW_TRY(catalogue, parse_catalogue(toml));
    if (const auto held = catalogues_.find(catalogue.id); held != catalogues_.end()) {
        if (held->second->version == catalogue.version) return {};
        if (held->second->version > catalogue.version)
            return refuse(Code::catalogue_older, catalogue.id, std::to_string(catalogue.version),
                          std::to_string(held->second->version));
    }
    const Entry entry = catalogue_entry(catalogue, toml);
    author({Lane::trust, {}}, policy_open, entry);
    apply(now, logbook_.at(own_log({Lane::trust, {}})), entry);
    return {};
}

// --- sealing

void Core::start_seals(Instant now) {
    if (!may_seal()) return;
    for (const OwnLog& log : authoring_.ready()) {
        SealJob job = seal_job(log, now);
        const auto entries = authoring_.take(log);
        EntryBlock block;
        for (const PendingEntry& e : entries) block.add(e.entry);
        SealGroup group = seal_group(entries.front().policy, log.toward, now);
        group.entries = std::make_shared<const EntryBlock>(std::move(block));
        job.groups.push_back(std::move(group));
        jobs_.emplace_back(std::move(job));
    }
    start_blocks(now);
}

std::uint64_t Core::seal_block(std::uint16_t policy, EntryBlock entries) {
    XW_CHECK(takes_block() && !entries.empty());
    const std::uint64_t number = ++blocks_.taken;
    blocks_.waiting.push_back({number, policy, entries.bytes(), nullptr});
    jobs_.emplace_back(PackJob{number, std::make_shared<const EntryBlock>(std::move(entries))});
    return number;
}

bool Core::takes_block() const {
    std::size_t bytes = 0;
    for (const Blocks::Block& block : blocks_.waiting) bytes += block.bytes;
    return may_seal() && blocks_.waiting.size() < blocks_waiting_max && bytes < blocks_waiting_bytes_max;
}

void Core::on_packed(PackedBlock packed) {
    for (Blocks::Block& block : blocks_.waiting)
        if (block.number == packed.block) block.packed = std::move(packed.entries);
}

// Seals what is compressed, in the order in which it came.
void Core::start_blocks(Instant now) {
    // An intake step in its course seals into the same log.
    if (intake_ || !intake_queue_.empty() || authoring_.busy(own_records)) return;
    if (blocks_.waiting.empty() || !blocks_.waiting.front().packed) return;
    SealJob job = seal_job(own_records, now);
    for (auto& waiting = blocks_.waiting; !waiting.empty() && waiting.front().packed; waiting.pop_front()) {
        SealGroup group = seal_group(waiting.front().policy, own_records.toward, now);
        group.packed = std::move(waiting.front().packed);
        job.groups.push_back(std::move(group));
        ++blocks_.under_way;
    }
    authoring_.begin(own_records);
    jobs_.emplace_back(std::move(job));
}

// Later than every batch of this node's own and than `after`, whatever its clock says (WIRE.md section 4.8).
SealJob Core::seal_job(const OwnLog& log, Instant now, std::int64_t after) {
    own_moment_ = std::max({now.ms, own_moment_ + 1, std::min(after, limits::moment_followed_max) + 1});
    SealJob job;
    job.created_ms = own_moment_;
    job.sign_key = identity_.sign_key;
    job.log = own_log(log);
    if (const LogView* held = logbook_.find(job.log)) {
        job.seq = held->size;
        job.previous = held->last;
    }
    // Which directory the origin knew when it chose the recipients.
    if (const LogView* directory = directory_log()) {
        job.directory_version = directory->size;
        job.directory_hash = *Hash256::from(directory->last.view());
    }
    return job;
}

const LogView* Core::directory_log() const {
    const Certificate* city = roster_.city();
    if (city == nullptr) return nullptr;
    for (const auto& [id, log] : logbook_.all())
        if (id.origin == city->node && id.lane == Lane::trust && id.toward.is_zero()) return &log;
    return nullptr;
}

SealGroup Core::seal_group(std::uint16_t policy, const NodeId& toward, Instant now) const {
    SealGroup group;
    group.policy = policy;
    if (policy == policy_open) return group;
    const auto audience = roster_.audience(identity_.node, policy, toward);
    // A node is enrolled with the certificates of all its ancestors, and the policies come from checked
    // catalogues.
    XW_CHECK(audience);
    for (const NodeId& node : *audience) {
        const auto [key, epoch] = opening_at(*roster_.find(node), now);
        group.recipients.push_back({node, epoch, key});
    }
    return group;
}

void Core::on_sealed(Instant now, Sealed sealed) {
    if (rebirth_) return;  // a number of an incarnation that has just ended
    const OwnLog log{sealed.log.lane, sealed.log.toward};
    if (intake_ && intake_->sealed.contains(log)) {
        intake_->sealed[log] = std::move(sealed);
        finish_intake_step(now);
        return;
    }
    stage_sealed(now, sealed);
    for (Erase& erase : authoring_.finish(log)) writes_.emplace_back(std::move(erase));
    if (log == own_records) blocks_.staged += std::exchange(blocks_.under_way, 0);
}

void Core::stage_sealed(Instant now, const Sealed& sealed) {
    LogView& log = logbook_.at(sealed.log);
    Seq seq = sealed.seq;
    note_signer(log, seq, sealed.signer);
    for (const Sealed::Part& part : sealed.parts)
        stage_batch(log, seq++, part.id, part.entries, part.bytes, part.pieces, part.index, now);
}

// --- submissions

Result<SubmissionTaken> Core::submit(Instant now, const NewSubmission& file) {
    if (submissions_.contains(file.id)) return SubmissionTaken{file.id, true};
    if (disk_full_) return refuse(Code::store_full, "store");
    if (draining_) return refuse(Code::node_drains, "node", certificate().code.text());
    // Nobody would take it from here.
    if (roster_.revocation(identity_.node) != nullptr) return tl::unexpected(revoked_refusal(identity_.node));
    if (parent_refusal_ && parent_refusal_->code == Code::node_revoked) return tl::unexpected(*parent_refusal_);
    if (!catalogues_.contains(file.catalogue))
        return refuse(Code::catalogue_unknown, "catalogue", file.catalogue);
    Submission s;
    s.id = file.id;
    s.name = file.name;
    s.catalogue = file.catalogue;
    s.action = file.action;
    s.file_bytes = file.file_bytes;
    s.cursor = file.cursor;
    s.day = file.day;
    s.received = now;
    keep(s);
    intake_queue_.push_back(s.id);
    return SubmissionTaken{s.id, false};
}

void Core::keep(const Submission& submission) {
    submissions_[submission.id] = submission;
    note_ranges(submission);
    writes_.emplace_back(Put{Table::submissions, to_bytes(submission.id.view()), encode(submission)});
}

// One step of one submission at a time: the next step looks up what the last one has committed.
void Core::start_intake(Instant now) {
    if (now < next_intake_ || intake_ || intake_queue_.empty() || !may_seal() || blocks_.under_way != 0) return;
    const Submission& s = submissions_.at(intake_queue_.front());
    intake_.emplace(IntakeWork{s.id, std::nullopt, {}, {}});
    // A file is read by the version of its catalogue that is in force when each step begins.
    jobs_.emplace_back(IntakeJob{s.id, catalogues_.at(s.catalogue), s.action, s.cursor, identity_.incarnation,
                                 held_by_city(own_log({Lane::records, {}}))});
}

void Core::on_intake(Instant now, IntakeStepped stepped) {
    XW_CHECK(intake_ && intake_->submission == stepped.submission);
    if (!stepped.step && (stepped.step.error().code == Code::store_corrupt ||
                          stepped.step.error().code == Code::machine_refuses)) {
        // A record that the row is about lies in a batch that went bad: it is fetched again, and the file waits
        // for it. So it does for a machine that has no descriptor or memory just now.
        find(now, stepped.step.error());
        suspect(stepped.step.error());
        next_intake_ = now + timing_.healing.first;
        intake_.reset();
        return;
    }
    if (!stepped.step) {
        Submission s = submissions_.at(stepped.submission);
        s.state = SubmissionState::refused;
        s.refusal = stepped.step.error();
        s.finished = now;
        keep(s);
        finished_.push_back(s.id);
        intake_queue_.pop_front();
        intake_.reset();
        return;
    }
    intake_->step = std::move(*stepped.step);
    struct Group {
        EntryBlock entries;
        std::vector<std::uint32_t> rows;
    };
    std::map<OwnLog, std::map<std::uint16_t, Group>> groups;
    for (const NewEntry& e : intake_->step->entries) {
        Group& group = groups[OwnLog{e.lane, {}}][e.policy];
        group.entries.add(e.entry);
        group.rows.push_back(e.row);
    }
    intake_->step->entries.clear();
    for (auto& [log, by_policy] : groups) {
        SealJob job = seal_job(log, now, intake_->step->after);
        auto& rows = intake_->rows[log];
        for (auto& [policy, of_policy] : by_policy) {
            SealGroup group = seal_group(policy, {}, now);
            group.entries = std::make_shared<const EntryBlock>(std::move(of_policy.entries));
            job.groups.push_back(std::move(group));
            rows.insert(rows.end(), of_policy.rows.begin(), of_policy.rows.end());
        }
        intake_->sealed[log] = std::nullopt;
        authoring_.begin(log);
        jobs_.emplace_back(std::move(job));
    }
    finish_intake_step(now);
}

// When the last lane is sealed: batches, verdicts, counts and cursor in one commit.
void Core::finish_intake_step(Instant now) {
    for (const auto& [log, sealed] : intake_->sealed)
        if (!sealed) return;
    Submission s = submissions_.at(intake_->submission);
    for (const auto& [log, sealed] : intake_->sealed) {
        stage_sealed(now, *sealed);
        authoring_.finish(log);
        s.range(log.lane, identity_.incarnation, sealed->seq).last = sealed->seq + sealed->parts.size() - 1;
    }
    IntakeStep& step = *intake_->step;
    keep_rows(s, step);
    s.rows += step.rows;
    s.cursor = std::move(step.cursor);
    s.state = step.end ? SubmissionState::done : SubmissionState::reading;
    if (step.end) {
        s.finished = now;
        s.batches_held = record_batches();
        if (const auto it = catalogues_.find(s.catalogue); it != catalogues_.end())
            s.catalogue_version = it->second->version;
    }
    keep(s);
    if (step.end) {
        finished_.push_back(s.id);
        intake_queue_.pop_front();
    }
    intake_.reset();
}

}  // namespace xinwang
