#include "node/core/verdict_rows.h"

#include <algorithm>
#include <set>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

enum class VerdictRow : std::uint8_t { told = 0, refused = 1, transfer = 2 };

Bytes verdict_key(VerdictRow row, const LogId& log) {
    Writer key;
    key.u8(static_cast<std::uint8_t>(row));
    log.write(key);
    return key.take();
}

Bytes refused_key(const LogId& log, Seq seq) {
    Bytes key = verdict_key(VerdictRow::refused, log);
    append(key, ordered_key(seq));
    return key;
}

const Bytes& judged_key() {
    static const Bytes key = to_bytes(view("judged"));
    return key;
}

Result<ToldRanges> parse_told(View value) {
    Reader in(value, "told");
    const std::uint32_t count = in.u32();
    ToldRanges ranges;
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
        const Seq first = in.u64();
        ranges.emplace_back(first, in.u64());
    }
    XW_TRY_VOID(in.finish());
    return ranges;
}

Result<ToldRanges> told_of(const Snapshot& kept, const LogId& log) {
    XW_TRY(told, kept.get(Table::verdicts, verdict_key(VerdictRow::told, log)));
    if (!told) return ToldRanges{};
    return parse_told(*told);
}

std::uint64_t entries_in(const std::vector<VerdictGroup>& groups) {
    std::uint64_t sum = 0;
    for (const VerdictGroup& group : groups)
        for (const VerdictRange& range : group.ranges) sum += range.to - range.from + 1u;
    return sum;
}

}  // namespace

const Refusal* BatchVerdict::refused_at(std::uint32_t position) const {
    for (const VerdictGroup& group : refused)
        if (group.covers(position)) return &group.why;
    return nullptr;
}

bool BatchVerdict::refuses_all(std::uint32_t entries) const {
    return entries_in(refused) >= entries;
}

Result<BatchVerdict> verdict_of(const Snapshot& kept, const LogId& log, Seq seq) {
    BatchVerdict verdict;
    XW_TRY(told, told_of(kept, log));
    verdict.told = is_told(told, seq);
    if (!verdict.told)
        if (const std::uint64_t judged = judged_to(kept); judged != 0) {
            XW_TRY(position, kept.position(log, seq));
            verdict.told = position && position->ordinal < judged;
        }
    Result<void> good;
    kept.scan(Table::verdicts, refused_key(log, seq), [&](View, View value) {
        Reader in(value, "verdict row");
        auto groups = read_verdict_groups(in);
        if (!groups) {
            good = tl::unexpected(groups.error());
            return false;
        }
        for (VerdictGroup& group : *groups) verdict.refused.push_back(std::move(group));
        return true;
    });
    XW_TRY_VOID(good);
    return verdict;
}

Result<VerdictCounts> count_verdicts(const Snapshot& kept, const LogId& log, Seq first, Seq last) {
    XW_TRY(ranges, told_of(kept, log));
    const std::uint64_t judged = judged_to(kept);
    VerdictCounts counts;
    std::set<Seq> waiting;
    for (Seq seq = first; seq <= last; ++seq) {
        if (is_told(ranges, seq)) continue;
        XW_TRY(at, kept.position(log, seq));
        if (!at || at->ordinal < judged) continue;
        counts.waiting += at->entries;
        waiting.insert(seq);
    }
    Result<void> good;
    const auto add = [&](View key, View value) {
        const auto seq = ordered_number<Seq>(key.subspan(verdict_key(VerdictRow::refused, log).size()));
        if (seq > last) return false;
        Reader in(value, "verdict row");
        const auto groups = read_verdict_groups(in);
        if (!groups) good = tl::unexpected(groups.error());
        if (!groups) return false;
        const std::uint64_t rows = entries_in(*groups);
        counts.refused += rows;
        if (waiting.contains(seq)) counts.waiting -= std::min(counts.waiting, rows);
        return true;
    };
    kept.scan(Table::verdicts, verdict_key(VerdictRow::refused, log), add, refused_key(log, first));
    XW_TRY_VOID(good);
    return counts;
}

std::uint64_t judged_to(const Snapshot& kept) {
    const auto value = kept.get(Table::meta, judged_key());
    if (!value || !*value) return 0;
    return Reader(**value, "judged").u64();
}

Put judged_row(std::uint64_t ordinal) {
    Writer value;
    value.u64(ordinal);
    return {Table::meta, judged_key(), value.take()};
}

Put refused_row(const Verdict& verdict) {
    Bytes key = refused_key(verdict.log, verdict.first);
    append(key, ordered_key(verdict.part));
    Writer value;
    write(value, verdict.refused);
    return {Table::verdicts, std::move(key), value.take()};
}

Put told_row(const LogId& log, const ToldRanges& ranges) {
    Writer value;
    value.u32(static_cast<std::uint32_t>(ranges.size()));
    for (const auto& [first, end] : ranges) {
        value.u64(first);
        value.u64(end);
    }
    return {Table::verdicts, verdict_key(VerdictRow::told, log), value.take()};
}

Put transfer_row(const TakenTransfer& taken, std::uint32_t number) {
    Bytes key{static_cast<std::uint8_t>(VerdictRow::transfer)};
    append(key, ordered_key(taken.ordinal, number));
    return {Table::verdicts, std::move(key), encode(taken.transfer)};
}

std::vector<TakenTransfer> read_transfers(const Snapshot& kept) {
    std::vector<TakenTransfer> all;
    const std::uint8_t mark[] = {static_cast<std::uint8_t>(VerdictRow::transfer)};
    kept.scan(Table::verdicts, mark, [&](View key, View value) {
        auto transfer = parse_transfer(value);
        XW_CHECK(transfer);
        all.push_back({ordered_number<std::uint64_t>(key.subspan(1)), std::move(*transfer)});
        return true;
    });
    return all;
}

std::map<LogId, ToldRanges> read_told(const Snapshot& kept) {
    std::map<LogId, ToldRanges> all;
    const std::uint8_t mark[] = {static_cast<std::uint8_t>(VerdictRow::told)};
    kept.scan(Table::verdicts, mark, [&](View key, View value) {
        Reader in(key.subspan(1), "told key");
        const auto log = LogId::read(in);
        auto ranges = parse_told(value);
        XW_CHECK(log && ranges);  // the store has checked what we wrote
        all.emplace(*log, std::move(*ranges));
        return true;
    });
    return all;
}

bool is_told(const ToldRanges& ranges, Seq seq) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& range) { return range.first <= seq && seq < range.second; });
}

bool tell(ToldRanges& ranges, Seq first, Seq end) {
    for (const auto& range : ranges)
        if (range.first <= first && end <= range.second) return false;
    ranges.emplace_back(first, end);
    std::sort(ranges.begin(), ranges.end());
    ToldRanges joined;
    for (const auto& range : ranges)
        if (!joined.empty() && range.first <= joined.back().second)
            joined.back().second = std::max(joined.back().second, range.second);
        else
            joined.push_back(range);
    ranges = std::move(joined);
    return true;
}

}  // namespace xinwang
