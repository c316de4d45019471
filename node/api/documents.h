// The documents of the API (API.md): what this node knows, as JSON. Built on the loop's thread, within a turn,
// from a Situation; those that read many entries take their facts there and read the store on the server's
// thread.
#pragma once

#include "node/api/json.h"
#include "node/links/link.h"

namespace xinwang::api {

// What a document may look at.
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
// Whether the node is drained for maintenance, and what it still holds that nobody above it has.
Json drain_json(const Situation& s);
Json topology(const Situation& s, const Page& page);
// A directory statement in full, as the API and the command line show it.
Json statement_json(const DirectoryStatement& statement, Instant now);
// Of the newest directory statement; null before the first.
Json statement_summary(const Situation& s);
Json catalogues(const Situation& s);
Json invitations(const Situation& s, const Page& page);
// What the province said of the entry that stands there, as this node knows it: also by what a city of an
// earlier release said of the record, when that cannot be about a later entry. Refuses store_corrupt.
Result<std::optional<Outcome>> known_outcome(const Snapshot& kept, const RecordId& record,
                                             const EntryPlace& place, std::int64_t sealed_ms);
Json outcome_json(const std::optional<Outcome>& outcome, Instant now);
Json quarantine(const Situation& s, const Page& page);
Json quarantine_list(const Situation& s, const Page& page);
std::size_t quarantine_total(const Core& core);
Json scrub_summary(const Situation& s);

}  // namespace xinwang::api
