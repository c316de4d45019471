#include "node/core/scrub.h"

#include <algorithm>

namespace xinwang {
namespace {

constexpr std::uint8_t scrub_layout = 1;
constexpr Duration row_every{60'000};
constexpr std::uint64_t step_bytes_min = 64u << 10;
constexpr std::uint64_t step_bytes_max = 4u << 20;

void write_moment(Writer& out, const std::optional<Instant>& at) {
    out.i64(at ? at->ms : -1);
}
std::optional<Instant> read_moment(Reader& in) {
    const std::int64_t ms = in.i64();
    return ms < 0 ? std::nullopt : std::optional(Instant{ms});
}

}  // namespace

Bytes Scrub::row_key() {
    return to_bytes(view("scrub"));
}

Put Scrub::row() const {
    const StoreWalk::Place place = walk_.place();
    Writer out;
    out.u8(scrub_layout);
    write_moment(out, started_);
    write_moment(out, last_started_);
    write_moment(out, finished_);
    out.u64(bytes_);
    out.u8(place.table);
    out.bytes16(place.from);
    return {Table::meta, row_key(), out.take()};
}

Result<void> Scrub::restore(View row) {
    Reader in(row, "scrub row");
    // Another scrub_layout is a later or an earlier program's: the pass begins again.
    if (in.u8() != scrub_layout) return {};
    const auto started = read_moment(in), last_started = read_moment(in), finished = read_moment(in);
    const std::uint64_t bytes = in.u64();
    StoreWalk::Place place;
    place.table = in.u8();
    place.from = to_bytes(in.bytes16());
    XW_TRY_VOID(in.finish());
    started_ = started;
    last_started_ = last_started;
    finished_ = finished;
    bytes_ = bytes;
    walk_ = StoreWalk(std::move(place));
    return {};
}

std::optional<ScrubJob> Scrub::next(Instant now) {
    if (is_off() || stepping_ || now < next_step_) return std::nullopt;
    if (!started_) {
        // A clock that was set back does not put the next pass off for longer than one.
        if (last_started_ && now - *last_started_ < every_ && *last_started_ <= now) return std::nullopt;
        walk_ = StoreWalk();
        bytes_ = 0;
        ++pass_;
        started_ = last_started_ = now;
        next_row_ = now + row_every;
    }
    stepping_ = true;
    return ScrubJob{walk_, std::clamp(bytes_per_s_ / 2, step_bytes_min, step_bytes_max)};
}

std::optional<Put> Scrub::stepped(Instant now, Scrubbed done) {
    stepping_ = false;
    walk_ = std::move(done.walk);
    bytes_ += done.bytes;
    next_step_ =
        now + Duration(static_cast<std::int64_t>(done.bytes * 1000 / std::max<std::uint64_t>(bytes_per_s_, 1)));
    if (done.end) {
        started_.reset();
        finished_ = now;
        walk_ = StoreWalk();
    } else if (now < next_row_) {
        return std::nullopt;
    }
    next_row_ = now + row_every;
    return row();
}

}  // namespace xinwang
