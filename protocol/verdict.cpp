#include "protocol/verdict.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal_codec.h"

namespace xinwang {
namespace {

constexpr std::uint8_t verdict_version = 1;
constexpr std::size_t text_bytes_max = 96;                           // of each text of a reason
constexpr std::size_t part_bytes_max = limits::entry_bytes_max / 2;  // of the ranges and reasons in one entry
constexpr std::size_t range_bytes = 4;

std::size_t reason_bytes(const Refusal& why) {
    return 2 + 3 * 2 + why.field.size() + why.value.size() + why.limit.size() + 2;
}

Refusal shortened(const Refusal& why) {
    return {why.code, printable(why.field, text_bytes_max), printable(why.value, text_bytes_max),
            printable(why.limit, text_bytes_max)};
}

void extend(std::vector<VerdictRange>& ranges, std::uint16_t position) {
    if (!ranges.empty() && ranges.back().to + 1 == position)
        ranges.back().to = position;
    else
        ranges.push_back({position, position});
}

Result<std::vector<VerdictRange>> read_ranges(Reader& in) {
    const std::uint16_t count = in.u16();
    std::vector<VerdictRange> ranges;
    for (std::uint16_t i = 0; i < count && in.good(); ++i) {
        const VerdictRange range{in.u16(), in.u16()};
        if (in.good() && (range.to < range.from || (!ranges.empty() && range.from <= ranges.back().to)))
            return refuse(Code::verdict_malformed, "range", std::to_string(range.from),
                          std::to_string(range.to));
        ranges.push_back(range);
    }
    XW_TRY_VOID(in.so_far());
    return ranges;
}

}  // namespace

bool VerdictGroup::covers(std::uint32_t position) const {
    return std::any_of(ranges.begin(), ranges.end(), [&](const VerdictRange& range) {
        return range.from <= position && position <= range.to;
    });
}

void VerdictGroups::add(std::uint32_t position, const Refusal& why) {
    XW_CHECK(position < limits::batch_entries_max);
    const Refusal told = shortened(why);
    const auto same = [&](const VerdictGroup& group) { return group.why == told; };
    auto group = std::find_if(groups_.begin(), groups_.end(), same);
    // Room is left for each number once without its texts.
    if (group == groups_.end() && groups_.size() >= Verdict::reasons_max / 2) {
        const Refusal bare(why.code);
        group =
            std::find_if(groups_.begin(), groups_.end(), [&](const VerdictGroup& g) { return g.why == bare; });
        if (group == groups_.end()) group = groups_.insert(groups_.end(), VerdictGroup{bare, {}});
    }
    if (group == groups_.end()) group = groups_.insert(groups_.end(), VerdictGroup{told, {}});
    extend(group->ranges, static_cast<std::uint16_t>(position));
}

std::vector<Verdict> verdict_of_batch(const LogId& log, Seq seq, std::int64_t at_ms,
                                      const std::vector<VerdictGroup>& refused) {
    std::vector<Verdict> parts;
    std::size_t left = 0;
    const auto begin_part = [&] {
        parts.push_back({log, seq, seq + 1, static_cast<std::uint16_t>(parts.size()), false, at_ms, {}});
        left = part_bytes_max;
    };
    begin_part();
    for (const VerdictGroup& group : refused)
        for (std::size_t done = 0; done < group.ranges.size();) {
            if (left < reason_bytes(group.why) + range_bytes) begin_part();
            left -= reason_bytes(group.why);
            const std::size_t count = std::min(group.ranges.size() - done, left / range_bytes);
            const auto from = group.ranges.begin() + static_cast<std::ptrdiff_t>(done);
            parts.back().refused.push_back(
                {group.why, std::vector<VerdictRange>(from, from + static_cast<std::ptrdiff_t>(count))});
            left -= count * range_bytes;
            done += count;
        }
    parts.back().last = true;
    return parts;
}

void write(Writer& out, const std::vector<VerdictGroup>& groups) {
    out.u16(static_cast<std::uint16_t>(groups.size()));
    for (const VerdictGroup& group : groups) {
        write(out, group.why);
        out.u16(static_cast<std::uint16_t>(group.ranges.size()));
        for (const VerdictRange& range : group.ranges) {
            out.u16(range.from);
            out.u16(range.to);
        }
    }
}

Result<std::vector<VerdictGroup>> read_verdict_groups(Reader& in) {
    const std::uint16_t count = in.u16();
    if (count > Verdict::reasons_max)
        return refuse(Code::too_large, "verdict", std::to_string(count), std::to_string(Verdict::reasons_max));
    std::vector<VerdictGroup> groups;
    for (std::uint16_t i = 0; i < count; ++i) {
        XW_TRY(why, read_refusal(in));
        XW_TRY(ranges, read_ranges(in));
        groups.push_back({std::move(why), std::move(ranges)});
    }
    return groups;
}

Bytes encode(const Verdict& verdict) {
    Writer out;
    out.u8(verdict_version);
    verdict.log.write(out);
    out.u64(verdict.first);
    out.u64(verdict.end);
    out.u16(verdict.part);
    out.u8(verdict.last ? 1 : 0);
    out.i64(verdict.at_ms);
    write(out, verdict.refused);
    return out.take();
}

Result<Verdict> parse_verdict(View body) {
    Reader in(body, "verdict");
    if (const std::uint8_t its = in.u8(); in.good() && its != verdict_version)
        return refuse(Code::bad_number, "verdict", std::to_string(its), std::to_string(verdict_version));
    Verdict verdict;
    XW_TRY(log, LogId::read(in));
    verdict.log = log;
    verdict.first = in.u64();
    verdict.end = in.u64();
    verdict.part = in.u16();
    const std::uint8_t last = in.u8();
    verdict.last = last != 0;
    verdict.at_ms = in.i64();
    XW_TRY(groups, read_verdict_groups(in));
    verdict.refused = std::move(groups);
    XW_TRY_VOID(in.finish());
    if (last > 1) return refuse(Code::bad_number, "last", std::to_string(last), "1");
    const bool one = verdict.end == verdict.first + 1;
    if (verdict.end <= verdict.first || (!one && (!verdict.refused.empty() || verdict.part != 0)))
        return refuse(Code::verdict_malformed, "batches", std::to_string(verdict.first),
                      std::to_string(verdict.end));
    return verdict;
}

}  // namespace xinwang
