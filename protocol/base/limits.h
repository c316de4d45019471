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
inline constexpr std::size_t row_excerpt_bytes_max = 256;        // of a refused row, for its sender
inline constexpr std::size_t withdraw_reason_characters_max = 500;
inline constexpr std::size_t subject_bytes_max = 64;                  // a subject's identifier
inline constexpr std::size_t row_findings_max = 1024;            // one row's, as stored
inline constexpr std::size_t encoding_probe_bytes = 256u << 10;  // read to tell the encoding
inline constexpr std::size_t shift_probe_rows = 20;              // read to tell a shifted header
static_assert(field_bytes_max <= row_bytes_max);

// Catalogues.
inline constexpr std::size_t catalogue_bytes_max = 256u << 10;
inline constexpr std::size_t catalogue_fields_max = 256;
inline constexpr std::size_t catalogue_names_max = 32;     // aliases of one field; dropped columns
inline constexpr std::size_t catalogue_values_max = 2048;  // of one code list
inline constexpr std::size_t catalogue_text_bytes_max = 512;
static_assert(catalogue_fields_max <= row_columns_max);
static_assert(catalogue_fields_max * 4 <= row_findings_max);

// The provincial link. A package record and a page of its rows are one store value each.
inline constexpr std::size_t profile_bytes_max = 64u << 10;
inline constexpr std::size_t package_rows_max = 50'000;
inline constexpr std::size_t link_waiting_rows_max = 200'000;  // gathered and not yet cut
inline constexpr std::size_t feedback_bytes_max = 50u * 1000 * 1000;
inline constexpr std::size_t feedback_rows_max = 1'000'000;
inline constexpr std::size_t link_reason_bytes_max = 32;
inline constexpr std::size_t link_message_bytes_max = 512;
inline constexpr std::size_t link_page_rows = 100;
static_assert(link_page_rows * (64 + link_reason_bytes_max + link_message_bytes_max) <= piece_bytes_max);
static_assert(link_waiting_rows_max >= package_rows_max);

}  // namespace xinwang::limits
