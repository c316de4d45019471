// Every limit of the project, in one place, with the arithmetic that ties them together (WIRE.md, limits).
// Units are in the names.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xinwang::limits {

inline constexpr std::size_t refusal_value_bytes_max = 256;

// The envelope. A chunk is about `chunk_entries` entries; compressed, padded and sealed it stays under one
// piece.
inline constexpr std::size_t entry_bytes_max = 24u << 10;         // one entry as encoded
inline constexpr std::size_t chunk_entries = 128;                 // aimed at: more compress better, open slower
inline constexpr std::size_t chunk_plain_bytes_max = 80u << 10;   // of encoded entries in one chunk
inline constexpr std::size_t chunk_sealed_bytes_max = 60u << 10;  // ciphertext with its tag
inline constexpr std::size_t chunk_padding_bytes = 64;            // size class of a sealed chunk
inline constexpr std::size_t batch_chunks_max = 512;
inline constexpr std::size_t batch_entries_max = 65'536;
inline constexpr std::size_t batch_stanzas_max = 64;
inline constexpr std::size_t batch_plain_bytes_max = 8u << 20;   // all chunks, decompressed
inline constexpr std::size_t batch_sealed_bytes_max = 1u << 20;  // all pieces, header included

// A piece is the part of a batch that one frame carries and one store value holds: the header, or a stretch
// of the sealed chunks.
inline constexpr std::size_t piece_bytes_max = 64u * 1024 - 512;
inline constexpr std::size_t batch_pieces_max = 36;  // envelope 1 left a piece at worst half empty

static_assert(chunk_sealed_bytes_max <= piece_bytes_max);
static_assert((batch_pieces_max - 2) * (piece_bytes_max / 2) >= batch_sealed_bytes_max);
static_assert(batch_chunks_max * 32 + batch_stanzas_max * 160 + 1024 <= piece_bytes_max);

// Messages between nodes.
inline constexpr std::size_t frame_bytes_max = 64u * 1024;
inline constexpr std::size_t frames_per_message_max = 4;
static_assert(piece_bytes_max + 256 <= frame_bytes_max);

// The most pieces that a session's receiver holds: on thin lines, and between a county and its city. At least
// one whole batch must fit, or nothing would ever be acknowledged.
inline constexpr std::uint64_t window_pieces_thin = 40;
inline constexpr std::uint64_t window_pieces_fat = 128;
static_assert(window_pieces_thin - window_pieces_thin / 8 + 1 >= batch_pieces_max);
// Batches kept in memory after their commit, so that they are sent on without being read again.
inline constexpr std::size_t recent_batches_bytes_max = 16u << 20;

// A writer follows the moments of others up to this one (WIRE.md section 4.8): a node that claims a later
// moment cannot drive the writer's own to the end of 63 bits.
inline constexpr std::int64_t moment_followed_max = std::int64_t{1} << 62;
// A batch that claims a moment more than this after its arrival is not in effect (WIRE.md section 8.8): no
// clock is so wrong, and nobody must stay the latest for ever.
inline constexpr std::int64_t moment_ahead_max_ms = std::int64_t{36'525} * 86'400'000;

// Inside an entry.
inline constexpr std::size_t entry_subject_bytes_max = 64;
inline constexpr std::size_t entry_catalogue_bytes_max = 64;
inline constexpr std::size_t entry_fields_max = 1024;

// Inside the envelope. A frame of zstd may not grow more than this: real records grow 4 to 6 times.
inline constexpr std::size_t chunk_growth_max = 200;

// Logs. C2SP asks verifiers to accept at least 16 signatures.
inline constexpr std::size_t note_bytes_max = 8u << 10;
inline constexpr std::size_t note_signatures_max = 16;
// The transport. A listener forgets its oldest connections beyond these numbers, because libzmq does not say
// when a peer leaves.
inline constexpr std::size_t connections_per_key_max = 4;
inline constexpr std::size_t child_connections_max = 32'768;
inline constexpr std::size_t enrol_connections_max = 1024;
inline constexpr std::size_t enrol_frame_bytes_max = 16u << 10;  // what a newcomer may say at once
inline constexpr std::size_t link_events_max = 256;
static_assert(enrol_frame_bytes_max <= frame_bytes_max);

// Files handed in.
inline constexpr std::uint64_t file_bytes_max = 2ull << 30;
inline constexpr std::size_t file_rows_max = 5'000'000;
inline constexpr std::size_t row_bytes_max = 1u << 20;
inline constexpr std::size_t row_columns_max = 1024;
inline constexpr std::size_t field_bytes_max = 64u << 10;
inline constexpr std::size_t file_name_bytes_max = 255;
inline constexpr std::size_t row_excerpt_bytes_max = 256;  // of a refused row, for its sender
inline constexpr std::size_t withdraw_reason_characters_max = 500;
inline constexpr std::size_t subject_bytes_max = 64;             // a subject's identifier
inline constexpr std::size_t row_findings_max = 1024;            // one row's, as stored
inline constexpr std::size_t row_offset_max = 10'000;            // passed over in a list of noted rows
inline constexpr std::size_t encoding_probe_bytes = 256u << 10;  // read to tell the encoding
inline constexpr std::size_t shift_probe_rows = 20;              // read to tell a shifted header
static_assert(field_bytes_max <= row_bytes_max);

// Catalogues.
inline constexpr std::size_t catalogue_bytes_max = entry_bytes_max - 1024;  // it travels as one entry
inline constexpr std::size_t catalogue_fields_max = 256;
inline constexpr std::size_t catalogue_names_max = 32;     // aliases of one field; dropped columns
inline constexpr std::size_t catalogue_values_max = 2048;  // of one code list
inline constexpr std::size_t catalogue_text_bytes_max = 512;
static_assert(catalogue_fields_max <= row_columns_max);
static_assert(catalogue_fields_max * 4 <= row_findings_max);

// Topology and enrolment.
inline constexpr std::size_t division_list_bytes_max = 16u << 20;
inline constexpr std::size_t division_list_rows_max = 100'000;
inline constexpr std::size_t division_change_codes_max = 64;  // on either side of one change
inline constexpr std::size_t name_bytes_max = 150;            // of a division or node: 50 Chinese characters
inline constexpr std::size_t certificate_bytes_max = 277 + name_bytes_max;
inline constexpr std::size_t renewal_bytes_max = 16u << 10;     // 280 logs of one node
inline constexpr std::size_t revocation_bytes_max = 20u << 10;  // 220 logs
inline constexpr std::size_t move_bytes_max = 22u << 10;        // 300 logs of a township and its villages
static_assert(certificate_bytes_max + renewal_bytes_max + 1024 <= entry_bytes_max);
inline constexpr std::size_t root_keys_max = 9;
inline constexpr std::size_t operators_max = 64;
inline constexpr std::size_t statement_bytes_max = 16'000;  // travels as one entry, and as one enrolment frame
inline constexpr std::int64_t statement_days = 365;
inline constexpr std::uint16_t grace_days = 30;
inline constexpr std::size_t reply_text_bytes_max = 4u << 20;  // a reply by file, with every statement there is
// The most batches that a statement's checkpoint of the trust log may lie back.
inline constexpr std::size_t checkpoint_age_max = 1024;
// The most that serial numbers and epochs may rise at once: a jump to the end of the range could not be
// followed.
inline constexpr std::uint64_t ratchet_step_max = 1000;
inline constexpr std::size_t address_bytes_max = 260;
inline constexpr std::size_t invitation_bytes_max = 125 + 2 * name_bytes_max + 2 * address_bytes_max;
inline constexpr std::size_t invitation_line_bytes_max = 2'048;
inline constexpr std::int64_t certificate_days = 730;
inline constexpr std::int64_t invitation_hours = 72;
inline constexpr std::size_t invitations_max = 2'000;     // kept by one parent, the used ones included
inline constexpr std::size_t enrol_challenges_max = 256;  // connections that have greeted and not yet asked
inline constexpr std::uint8_t enrol_wrong_tries_max = 5;  // then the token is burnt
static_assert(statement_bytes_max + 3 <= enrol_frame_bytes_max && statement_bytes_max + 64 <= entry_bytes_max);
static_assert(root_keys_max * (32 + 2 * 96) + operators_max * (34 + name_bytes_max) + certificate_bytes_max +
                  160 <=
              statement_bytes_max);
static_assert(4 * (certificate_bytes_max + 2) + address_bytes_max + 4 <= enrol_frame_bytes_max);
static_assert(invitation_bytes_max * 4 / 3 + 16 <= invitation_line_bytes_max);

// The local API (node/api).
inline constexpr std::size_t api_connections_max = 16;
inline constexpr std::size_t api_header_bytes_max = 8u << 10;
inline constexpr std::size_t api_body_bytes_max = 1u << 20;  // JSON; files go to a spool, up to file_bytes_max
inline constexpr std::size_t api_answer_bytes_max = 64u << 20;  // what the command line reads
inline constexpr std::size_t api_query_parameters_max = 16;
inline constexpr int api_patience_ms = 10'000;  // without a byte from the client
inline constexpr int api_answer_ms = 30'000;    // until a handler has answered
inline constexpr std::size_t topology_body_bytes_max = 4 * division_list_bytes_max;  // list and links, escaped
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
