// Every limit of the house, in one place, with the arithmetic that ties them together (WIRE.md, limits).
// Units are in the names.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xinwang::limits {

inline constexpr std::size_t refusal_value_bytes_max = 256;

// The envelope. A chunk is about `chunk_entries` entries; compressed, padded and sealed it stays under one
// piece.
inline constexpr std::size_t entry_bytes_max = 24u << 10;         // one entry as encoded
inline constexpr std::size_t chunk_entries = 100;                 // aimed at
inline constexpr std::size_t chunk_plain_bytes_max = 56u << 10;   // of encoded entries in one chunk
inline constexpr std::size_t chunk_sealed_bytes_max = 60u << 10;  // ciphertext with its tag
inline constexpr std::size_t chunk_padding_bytes = 64;            // size class of a sealed chunk
inline constexpr std::size_t batch_chunks_max = 512;
inline constexpr std::size_t batch_entries_max = 65'536;
inline constexpr std::size_t batch_stanzas_max = 64;
inline constexpr std::size_t batch_plain_bytes_max = 8u << 20;   // all chunks, decompressed
inline constexpr std::size_t batch_sealed_bytes_max = 1u << 20;  // all pieces, header included

// A piece is what one frame carries and one store value holds: the header, or a run of whole chunks.
inline constexpr std::size_t piece_bytes_max = 64u * 1024 - 512;
inline constexpr std::size_t batch_pieces_max = 36;  // greedy packing leaves a piece at worst half empty

static_assert(chunk_sealed_bytes_max <= piece_bytes_max);
static_assert((batch_pieces_max - 2) * (piece_bytes_max / 2) >= batch_sealed_bytes_max);
static_assert(batch_chunks_max * 32 + batch_stanzas_max * 160 + 1024 <= piece_bytes_max);

// Messages between nodes.
inline constexpr std::size_t frame_bytes_max = 64u * 1024;
inline constexpr std::size_t frames_per_message_max = 4;
static_assert(piece_bytes_max + 256 <= frame_bytes_max);

// Files handed in.
inline constexpr std::uint64_t file_bytes_max = 2ull << 30;
inline constexpr std::size_t file_rows_max = 5'000'000;
inline constexpr std::size_t row_bytes_max = 1u << 20;
inline constexpr std::size_t row_columns_max = 1024;
inline constexpr std::size_t field_bytes_max = 64u << 10;

// The local API (node/api).
inline constexpr std::size_t api_connections_max = 16;
inline constexpr std::size_t api_header_bytes_max = 8u << 10;
inline constexpr std::size_t api_body_bytes_max = 1u << 20;     // JSON; files go to a spool, up to file_bytes_max
inline constexpr std::size_t api_answer_bytes_max = 64u << 20;  // what the command line reads
inline constexpr std::size_t api_query_parameters_max = 16;
inline constexpr int api_patience_ms = 10'000;  // without a byte from the client
inline constexpr int api_answer_ms = 30'000;    // until a handler has answered

}  // namespace xinwang::limits
