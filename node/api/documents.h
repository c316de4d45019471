// The documents of the API (API.md): this node's knowledge, as JSON. They are built on the loop's thread,
// within a turn, from a Situation; a document that needs many entries takes its facts there and reads the
// store on the server's thread.
#pragma once

#include "node/api/json.h"
#include "node/links/link.h"

namespace xinwang::api {

// Everything that a document may read.
struct Situation {
    const Core& core;
    const Store& store;
    Instant now;
    Instant started;
    std::string version;
    std::string directory;
    std::string parent_address;
    std::optional<Refusal> link_refusal;
    std::uint64_t free_bytes = 0;
    std::vector<Refusal> gone = {};  // files of the node that are no longer where they were
};

// `link`: link_summary() at the city, null elsewhere.
Json status(const Situation& s, const Json& link);
Json link_summary(const Link& link, const Snapshot& kept);
// Tells whether the node is drained for maintenance, and how much it still holds that nobody above it has.
Json drain_json(const Situation& s);
Json topology(const Situation& s, const Page& page);
// A directory statement in full, as the API and the command line show it.
Json statement_json(const DirectoryStatement& statement, Instant now);
// A summary of the newest directory statement; null before the first.
Json statement_summary(const Situation& s);
Json catalogues(const Situation& s);
Json invitations(const Situation& s, const Page& page);
// The province's answer about the entry at `place`, as this node knows it. An answer about the whole record,
// from a city of an earlier release, counts too when it cannot be about a later entry. Refuses store_corrupt.
Result<std::optional<Outcome>> known_outcome(const Snapshot& kept, const RecordId& record,
                                             const EntryPlace& place, std::int64_t sealed_ms);
Json outcome_json(const std::optional<Outcome>& outcome, Instant now);
Json quarantine(const Situation& s, const Page& page);
Json quarantine_list(const Situation& s, const Page& page);
std::size_t quarantine_total(const Core& core);
Json scrub_summary(const Situation& s);

}  // namespace xinwang::api
