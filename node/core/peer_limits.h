// The costs that one neighbour may cause, in one place, each with its reason (WIRE.md section 7.7). Units are
// in the names. An honest node stays far below every limit; one that goes above is cut, the others go on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/base/limits.h"
#include "protocol/base/time.h"

namespace xinwang::limits {

// The logs not held here that a session remembers until the peer's list has ended. A node lives a few times
// and has three logs a life; a parent that lost its disk is told of all of them by each child.
inline constexpr std::size_t named_logs_of_origin_max = 256;
inline constexpr std::size_t named_logs_max = 32'768;
inline constexpr std::size_t named_log_bytes = 256;  // a Holding and its node in the map
static_assert(named_logs_max * named_log_bytes <= 8u << 20);

// Heads may come before the first batch of their log, which is then on its way. Two of each log are kept, with
// the session.
inline constexpr std::size_t early_logs_max = 256;
static_assert(early_logs_max * 2 * note_bytes_max <= 4u << 20);

// Lives (incarnations) of one origin: so many at once, then one a day; and in all. A log costs about 1 KB of
// memory and 2 KB of disk for ever.
inline constexpr std::uint64_t lives_at_once = 24;
inline constexpr Duration life_returns{86'400'000};
inline constexpr std::size_t lives_of_origin_max = 512;
static_assert(lives_of_origin_max * 3 * 3 * 1024 <= 8u << 20);

// The quarantine space that one neighbour's refused batches may fill. The largest batch fits eight times.
inline constexpr std::size_t quarantine_share_bytes = 8u << 20;
inline constexpr std::size_t quarantine_share_rows = 512;
inline constexpr std::size_t quarantine_row_bytes = 1024;  // of a row beside its pieces
static_assert(quarantine_share_bytes >= 8 * batch_sealed_bytes_max);

// Messages other than pieces, which the credit bounds. A county that comes back names the heads of some
// thousand logs at once. A message that makes work beyond its size counts more than once (message_cost()).
inline constexpr std::uint64_t messages_at_once = 20'000;
inline constexpr Duration message_returns{1};
inline constexpr std::uint64_t holdings_a_message = 8;  // so many of a Have count as one message
inline constexpr std::uint64_t want_messages = 10;      // a batch is read for it
inline constexpr std::uint64_t unread_messages = 10;    // bytes that are no message at all count as so many

// Greetings that open a session: each is answered with the whole list of logs. A child says Hello every 2 s
// until it is welcomed.
inline constexpr std::uint64_t greetings_at_once = 60;
inline constexpr Duration greeting_returns{1'000};

// Batches that break a rule. 300 villages with three logs each, misled by one wrong directory, are offered
// again every 10 minutes: 1.5 a second.
inline constexpr std::uint64_t refused_at_once = 512;
inline constexpr Duration refused_returns{250};

// Certificates that a child asks for: each becomes an entry of the trust log that everyone below keeps.
inline constexpr std::uint64_t renewals_at_once = 12;
inline constexpr Duration renewal_returns{600'000};

// How long a neighbour that was cut stays outside: doubling from first to most, forgotten after a day of peace.
inline constexpr Duration cut_first{60'000};
inline constexpr Duration cut_most{3'600'000};
inline constexpr Duration cut_forgotten{86'400'000};

// Findings of one neighbour among the list that an operator sees.
inline constexpr std::ptrdiff_t findings_of_one_max = 8;

// The bytes that may wait to be sent to one neighbour that does not read. Twice the widest window of credit.
inline constexpr std::size_t outbox_bytes_max = 2 * window_pieces_fat * piece_bytes_max;
static_assert(outbox_bytes_max <= 16u << 20);

// A neighbour's clock is named when it is further away than this.
inline constexpr Duration clock_apart_max{86'400'000};

}  // namespace xinwang::limits
