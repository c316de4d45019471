#include "node/core/judging.h"

#include <algorithm>
#include <unordered_map>

#include "node/core/branches.h"
#include "node/core/judged.h"

namespace xinwang {
namespace {

constexpr std::uint32_t judged_per_step = 200'000;
// Of them so many that have to be opened: what was found when they were admitted is not at hand any more.
constexpr std::uint32_t opened_per_step = 40'000;
// So many refused rows of a batch are compared with what its owner says; the others are not told apart.
constexpr std::uint32_t compared_per_batch = 4'096;

class Judge {
  public:
    explicit Judge(const JobRoom& room)
        : room_(room),
          kept_(room.store->snapshot()),
          authority_(room.authority->get()),
          branches_(read_branches(kept_)) {}

    Judged run(std::uint64_t from) {
        Judged done{from, from, {}, {}};
        const std::uint64_t end = plan(from);
        for (; done.next < end; ++done.next) {
            auto batch = judge(done.next);
            if (!batch) {
                done.damage = batch.error();
                break;
            }
            if (!*batch) continue;
            judged_[{(*batch)->log, (*batch)->seq}] = (*batch)->refused;
            done.batches.push_back(std::move(**batch));
        }
        return done;
    }

  private:
    // One record's entry in this step, by the index's hash.
    struct Asked {
        std::uint64_t hash = 0;
        Locator where;
        auto operator<=>(const Asked&) const = default;
    };

    // How far this step goes; takes what is known of its batches, and asks the index for all of them at once
    // which of their entries are not their record's first.
    std::uint64_t plan(std::uint64_t from) {
        std::vector<Asked> asked;
        std::uint64_t end = from;
        std::uint32_t entries = 0, to_open = 0;
        while (end < kept_.next_ordinal() && entries < judged_per_step && to_open < opened_per_step) {
            const std::uint64_t ordinal = end++;
            const auto row = kept_.at(ordinal);
            if (!row) break;  // judge() says so, and ends the step there
            entries += row->entries;
            auto known = room_.judged_contents->take(row->id);
            if (!known || known->authority != authority_ || known->records.size() != row->entries) {
                to_open += row->entries;
                continue;
            }
            for (std::uint32_t i = 0; i < row->entries; ++i) asked.push_back({known->records[i], {ordinal, i}});
            known_.emplace(ordinal, std::move(*known));
        }
        std::sort(asked.begin(), asked.end());
        if (!find_pasts(asked)) known_.clear();
        return end;
    }

    // Refuses what the index refuses: then every batch is opened, and its entries are asked for one by one.
    Result<void> find_pasts(const std::vector<Asked>& asked) {
        std::vector<std::uint64_t> hashes;
        for (const Asked& one : asked)
            if (hashes.empty() || hashes.back() != one.hash) hashes.push_back(one.hash);
        constexpr Locator none{std::numeric_limits<std::uint64_t>::max(), 0};
        std::vector<Locator> firsts(hashes.size(), none);
        XW_TRY_VOID(kept_.find_records(hashes, [&](std::size_t which, const Locator& where) {
            firsts[which] = std::min(firsts[which], where);
        }));
        std::size_t which = 0;
        for (const Asked& one : asked) {
            if (hashes[which] != one.hash) ++which;
            if (firsts[which] < one.where) pasts_.insert(one.where);
        }
        return {};
    }

    // Empty: nothing is to be said of it. Refuses store_corrupt.
    Result<std::optional<BatchJudgement>> judge(std::uint64_t ordinal) {
        XW_TRY(row, kept_.at(ordinal));
        ordinal_ = ordinal;
        seq_ = row.seq;
        entries_ = row.entries;
        if (!row.log.toward.is_zero() || on_branch(branches_, row.log, row.seq)) return std::nullopt;
        // The city's own trust log speaks for itself.
        if (row.log.lane == Lane::trust && row.log.origin == room_.self) return std::nullopt;
        XW_TRY(told, verdict_of(kept_, row.log, row.seq));
        if (told.told) return std::nullopt;
        XW_TRY(bytes, kept_.piece_view(ordinal, 0));
        XW_TRY(header, parse_known_header(bytes, row.id));
        batch_ = {row.log, header.policy_id, header.created_ms, row.at_ms};
        groups_ = {};
        rows_.clear();
        compared_ = 0;
        const auto known = known_.find(ordinal);
        if (auto refused = judge_batch(batch_))
            refuse_all(*refused);
        else if (known != known_.end())
            XW_TRY_VOID(judge_known(known->second.refused));
        else
            XW_TRY_VOID(judge_entries());
        BatchJudgement said{row.log, row.seq, groups_.take(), std::exchange(rows_, {}), {}};
        for (const Stanza& stanza : header.stanzas)
            if (!stanza.recipient.is_zero() && stanza.recipient != room_.self)
                said.readers.push_back(stanza.recipient);
        return said;
    }

    void refuse_all(const Refusal& why) {
        for (std::uint32_t i = 0; i < entries_; ++i) groups_.add(i, why);
    }

    Result<void> judge_entries() {
        auto opened = visit_batch(kept_, ordinal_, room_, [this](std::uint32_t position, View encoded) {
            return decode_entry(encoded).and_then(
                [&](const Entry& entry) { return judge_one(position, entry); });
        });
        if (opened && !*opened)
            refuse_all(Refusal(Code::city_left_out, "policy", std::to_string(batch_.policy)));
        if (opened || opened.error().code == Code::batch_expired) return {};
        // What nobody can read says nothing: its origin made it so, for every carrier has checked the bytes. A
        // key that this node has given up is as good as none. Anything else is this node's own trouble, and
        // passes.
        const Code why = opened.error().code;
        if (!is_contents_fault(why) && why != Code::opening_key_missing) return tl::unexpected(opened.error());
        groups_ = {};
        refuse_all(opened.error());
        return {};
    }

    // What its entries say by themselves was looked at when they came: only those whose record has a past are
    // decoded. Whatever stands in the way of that is judge_entries()' to name.
    Result<void> judge_known(const std::vector<VerdictGroup>& refused) {
        auto past = pasts_.lower_bound({ordinal_, 0});
        if (past == pasts_.end() || past->ordinal != ordinal_) {
            groups_ = VerdictGroups(refused);
            return {};
        }
        const auto judge_past = [&](std::uint32_t position, View encoded) -> Result<void> {
            const bool has_past = past != pasts_.end() && *past == Locator{ordinal_, position};
            if (has_past) ++past;
            const auto group = std::find_if(refused.begin(), refused.end(),
                                            [&](const VerdictGroup& g) { return g.covers(position); });
            if (group != refused.end()) groups_.add(position, group->why);
            if (group != refused.end() || !has_past) return {};
            XW_TRY(entry, decode_entry(encoded));
            XW_TRY(by_owner, judge_owner(position, entry));
            if (by_owner) groups_.add(position, *by_owner);
            return {};
        };
        if (visit_batch(kept_, ordinal_, room_, judge_past).value_or(false)) return {};
        groups_ = {};
        compared_ = 0;
        return judge_entries();
    }

    Result<void> judge_one(std::uint32_t position, const Entry& entry) {
        // This city's own intake has looked at its rows.
        const bool own = batch_.log.origin == room_.self;
        auto refused = own ? std::nullopt : judge_entry(*authority_, batch_, entry);
        if (!refused && about_record(entry.kind)) {
            XW_TRY(by_owner, judge_owner(position, entry));
            refused = std::move(by_owner);
        }
        if (refused) groups_.add(position, *refused);
        if (refused && own && entry.row != 0) rows_.push_back(entry.row);
        return {};
    }

    // Most records are new: the index says so without being read.
    Result<std::optional<Refusal>> judge_owner(std::uint32_t position, const Entry& entry) {
        const Locator here{ordinal_, position};
        const Ownership::Said said{ordinal_,        batch_.log.origin, entry.kind, batch_.at_ms,
                                   entry.catalogue, entry.subject,     false};
        auto known = owners_.find(entry.record);
        if (known == owners_.end()) {
            XW_TRY(found, kept_.find_record(entry.record));
            XW_TRY(held, look_up(kept_, found, here, verdicts()));
            if (held.empty()) return Ownership(*authority_).take(said);
            Ownership owns(*authority_);
            XW_TRY_VOID(judge_held(kept_, entry.record, room_, *authority_, held, owns));
            known = owners_.emplace(entry.record, std::move(owns)).first;
        }
        auto refused = known->second.take(said);
        if (!refused && entry.kind == EntryKind::withdraw) return judge_withdrawal(here, entry);
        if (refused && refused->code == Code::record_held) return told_apart(here, entry, *refused);
        return refused;
    }

    // A withdrawal carries the key's fields alone: whose record it is, and of which day, it must say as the
    // record does.
    Result<std::optional<Refusal>> judge_withdrawal(Locator here, const Entry& entry) {
        XW_TRY(held, newest(here, entry.record));
        if (!held || held->kind == EntryKind::withdraw) return std::nullopt;
        if (held->subject != entry.subject) return Refusal(Code::subject_wrong, "withdraw");
        if (held->date != entry.date)
            return Refusal(Code::date_wrong, "withdraw", std::to_string(entry.date),
                           std::to_string(held->date));
        return std::nullopt;
    }

    Result<std::optional<Refusal>> told_apart(Locator here, const Entry& entry, const Refusal& refused) {
        if (++compared_ > compared_per_batch) return refused;
        XW_TRY(held, newest(here, entry.record));
        if (!held) return refused;
        const bool same = held->kind != EntryKind::withdraw && held->fields == entry.fields;
        return Refusal(same ? Code::record_held_same : Code::record_held_other, refused.field, refused.value);
    }

    Result<std::optional<Entry>> newest(Locator here, const RecordId& record) {
        XW_TRY(latest, find_latest_before(kept_, record, room_, here, verdicts()));
        if (!latest.read) return std::nullopt;
        return std::move(latest.read->entry);
    }

    // What this step has said already is not in the store yet.
    VerdictSource verdicts() {
        return [this](const LogId& log, Seq seq) -> Result<BatchVerdict> {
            if (log == batch_.log && seq == seq_) return BatchVerdict{true, groups_.all()};
            if (const auto it = judged_.find({log, seq}); it != judged_.end())
                return BatchVerdict{true, it->second};
            return verdict_of(kept_, log, seq);
        };
    }

    const JobRoom& room_;
    Snapshot kept_;
    std::shared_ptr<const Authority> authority_;
    Branches branches_;
    std::map<std::pair<LogId, Seq>, std::vector<VerdictGroup>> judged_;
    std::unordered_map<RecordId, Ownership, BlockHash> owners_;  // of records with a past
    std::map<std::uint64_t, JudgedContents> known_;              // by ordinal
    std::set<Locator> pasts_;  // entries of `known_` that are not their record's first
    // The batch at hand.
    std::uint64_t ordinal_ = 0;
    Seq seq_ = 0;
    std::uint32_t entries_ = 0;
    std::uint32_t compared_ = 0;
    BatchClaim batch_;
    VerdictGroups groups_;
    std::vector<std::uint32_t> rows_;  // of this node's own that are refused
};

}  // namespace

Judged run_judge(const JudgeJob& job, const JobRoom& room) {
    return Judge(room).run(job.from);
}

}  // namespace xinwang
