// Authority: who may say what about a record (WIRE.md section 8.8). One rule, asked by every reader: the
// city's judging (judging.h), whose verdicts settle it for all, and whoever looks a record up before a
// verdict is there (reading.h).
//
//   batch ── judge_batch ──> entry ── judge_entry ──> Ownership::take ──> in effect, or refused with its reason
//            moment            lane, catalogue, id,      the owner of the record
//                              subject, date, audience
//
// A record belongs to the node whose entry was the first in effect, in the order in which batches came to the
// reader; at the city that order is the one that counts. The record stays with whoever follows that node by
// certificate (a node that got its code after a revocation, or whose code is the one that its code became by
// the list of divisions), and goes to another by a transfer from an ancestor of both. Pure values and
// functions; no clock: lateness is measured from the batch's arrival, which the store keeps.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalogue.h"
#include "protocol/entry.h"
#include "protocol/transfer.h"
#include "topology/roster.h"

namespace xinwang {

// A transfer as this node took it in: its batch's local ordinal says what was owned then.
struct TakenTransfer {
    std::uint64_t ordinal = 0;
    Transfer transfer;
};

// The knowledge that a reader judges by. The core makes it anew when any of it changes; immutable, any
// thread.
struct Authority {
    // The city has every catalogue that ever was in force; another node leaves entries of a catalogue or
    // version unknown to it to the city.
    bool at_city = false;
    std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const Catalogue>> catalogues;
    std::map<NodeId, DivisionCode> codes;
    std::map<NodeId, std::set<NodeId>> followers;  // those who came directly after a node
    std::vector<TakenTransfer> transfers;          // in the order of their ordinals

    const Catalogue* catalogue(const std::string& id, std::uint32_t version) const;
    bool knows_catalogue(const std::string& id) const;
    // True when `node` is `owner`, or came after it, in however many steps.
    bool follows(const NodeId& node, const NodeId& owner) const;
    // The node's code, or its id when it is not known here.
    std::string name_of(const NodeId& node) const;
};

// The followers of each node, by certificates. `became`: by the list of divisions, the code that each code
// became, where that is a single one.
std::map<NodeId, std::set<NodeId>> followers_of(const Roster& roster,
                                                const std::map<DivisionCode, DivisionCode>& became);

// The newest Authority, shared by the core's thread and its readers. A JobRoom has one.
class SharedAuthority {
  public:
    std::shared_ptr<const Authority> get() const {
        const std::lock_guard lock(mutex_);
        return authority_;
    }
    void set(std::shared_ptr<const Authority> authority) {
        const std::lock_guard lock(mutex_);
        authority_ = std::move(authority);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Authority> authority_ = std::make_shared<const Authority>();
};

// True for publish, correct and withdraw: entries that state the record, with the fields that say which one.
// Other kinds leave the record as it is.
bool says_content(EntryKind kind);

// A moment's day by the calendar of UTC, as refusals show it: yyyy-mm-dd.
std::string day_of(std::int64_t ms);

// The facts about an entry's batch, from its header and the store.
struct BatchClaim {
    LogId log;
    std::uint16_t policy = 0;
    std::int64_t created_ms = 0;
    std::int64_t at_ms = 0;  // when it was committed here
};
// Refuses moment_too_far.
std::optional<Refusal> judge_batch(const BatchClaim& batch);

// Judges an entry by itself. Refuses kind_not_in_lane, catalogue_unknown, catalogue_version_unknown,
// row_wrong_width, field_missing, record_id_wrong, subject_wrong, date_wrong, audience_not_ordered.
std::optional<Refusal> judge_entry(const Authority& authority, const BatchClaim& batch, const Entry& entry);

// Judges a transfer, whose author must be above both nodes. Refuses transfer_not_above, and what
// parse_transfer() refuses.
std::optional<Refusal> judge_transfer(const Authority& authority, const NodeId& author, View body);

// The owner of a record, entry by entry, in the order of arrival.
class Ownership {
  public:
    explicit Ownership(const Authority& authority) : authority_(authority) {}

    struct Said {
        std::uint64_t ordinal = 0;
        NodeId origin;
        EntryKind kind = EntryKind::publish;
        std::int64_t at_ms = 0;
        std::string_view catalogue, subject;
        bool confirmed = false;  // the city has said that it is in effect
    };
    // Takes the next entry that is not refused for another reason. Refuses record_held, not_the_owner and
    // record_without_owner: then the record's owner stays the same.
    std::optional<Refusal> take(const Said& said);

    // The owner behind the last entry taken; after_all(): behind every known transfer too.
    const std::optional<NodeId>& owner() const { return owner_; }
    const std::optional<NodeId>& after_all();
    // How often the record went from one node to another: a later owner's entries stand behind an earlier
    // one's, whatever moments both claim.
    std::uint32_t tenure() const { return tenure_; }

  private:
    void hand_over(std::uint64_t before);
    void own(const Said& said);

    const Authority& authority_;
    std::optional<NodeId> owner_;
    std::uint64_t since_ordinal_ = 0;  // earlier transfers do not concern this record
    std::int64_t since_ms_ = 0;
    std::uint32_t tenure_ = 0;
    std::string catalogue_, subject_;  // as the owner last wrote them: no other writer chooses them
};

}  // namespace xinwang
