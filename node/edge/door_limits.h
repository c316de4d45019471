// Limits at the doors of a node's listeners, in one place, each with its reason. Units are in the names.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/base/limits.h"

namespace xinwang::limits {

// Descriptors that no peer can take: the API's connections and their files, the store, jobs, backups.
inline constexpr std::size_t descriptors_reserved = 96;
static_assert(descriptors_reserved >= 4 * api_connections_max);

// Unproven connections of one listener (door_book.h). More than unproven_most would gain nothing: a handshake
// takes some round trips, and a city's children come back within a minute.
inline constexpr std::size_t unproven_least = 16;
inline constexpr std::size_t unproven_most = 256;

// Frames that a connection may send before its first whole message is handed up: one for that message and its
// handshake, and as much again.
inline constexpr std::size_t unproven_frames = 2;
static_assert(unproven_most * unproven_frames * frame_bytes_max <= 32u << 20);

// Bytes allowed since the last whole message that was handed up: libzmq's queue for a peer, and this many
// times the kernel's buffer (the buffer itself, libzmq's decoder, and as much again). On a fat link that is
// 12 MiB, for each of the four connections that a key may have.
inline constexpr std::size_t proven_buffers = 4;

inline constexpr std::uint64_t enrol_messages_max = 16;  // of one connection: a ceremony takes two
inline constexpr std::size_t door_cuts_told_max = 64;    // at once; further cuts are not told

}  // namespace xinwang::limits
