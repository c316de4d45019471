// Core, start: everything the node knows is read back from its store, as the last commit left it.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/division_rows.h"
#include "node/core/roster_rows.h"
#include "protocol/base/check.h"

namespace xinwang {
Core::Core(Identity identity, Addresses addresses, Timing timing, const Snapshot& kept, Instant now)
    : identity_(std::move(identity)),
      addresses_(std::move(addresses)),
      timing_(timing),
      roster_(Roster{}),
      logbook_(identity_.node),
      healing_(timing.healing),
      scrub_(timing.scrub_bytes_per_s, timing.scrub_every) {
    restore_directory(kept);
    restore(kept, now);
    restore_trails(kept);
    restore_proofs(kept);
    restore_submissions(kept);
    restore_authority(kept);
    next_hello_ = now;
    next_own_heads_ = now;
    restore_clones(kept);
    // At its very first start a node can repeat nothing, unless the head file knows of more. One that has
    // started may have numbered something since the moment that it remembers, though there it had numbered
    // nothing.
    const auto& logs = logbook_.all();
    const bool numbered = std::any_of(logs.begin(), logs.end(), [this](const auto& log) {
        return log.first.origin == identity_.node && log.first.incarnation == identity_.incarnation &&
               log.second.size > 0;
    });
    const auto home = kept.get(Table::meta, view("home"));
    if (numbered || (home && *home) || identity_.memory == Memory::set_back)
        begin_resume(now);
    else
        keep_home();
}

// The store has verified every value against its hash; one that does not parse was written wrong by us.
void Core::restore_directory(const Snapshot& kept) {
    auto roster = read_roster(kept);
    XW_CHECK(roster && roster->find(identity_.node) != nullptr);
    roster_ = std::move(*roster);
    const auto listing = read_listing(kept);
    if (!listing) throw StoreCorrupt(listing.error());
    divisions_ = *listing;
    for (auto& [key, entry] : read_unplaced(kept)) unplaced_.emplace(key, Unplaced{entry, std::nullopt});
    const auto to = read_moved_to(kept);
    XW_CHECK(to);
    moved_ = *to;
    kept.scan(Table::catalogues, {}, [&](View, View value) {
        auto catalogue = parse_catalogue(text(value));
        XW_CHECK(catalogue);
        auto held = std::make_shared<const Catalogue>(std::move(*catalogue));
        authority_.versions.emplace(std::pair(held->id, held->version), held);
        auto& newest = catalogues_[held->id];
        if (newest == nullptr || newest->version < held->version) newest = std::move(held);
        return true;
    });
}

void Core::restore(const Snapshot& kept, Instant now) {
    const auto incarnation = kept.get(Table::meta, view("incarnation"));
    XW_CHECK(incarnation && *incarnation);
    identity_.incarnation = *Incarnation::from(**incarnation);
    if (const auto row = kept.get(Table::meta, restored_key()); row && *row) {
        const auto restored = decode_restored(**row);
        XW_CHECK(restored);
        restored_ = *restored;
        settle_until_ = now + timing_.settle_max;
        children_until_ = now + timing_.resume_wait;
        if (is_city()) awaited_.emplace();
    }
    await_takeover(now);
    for (const LogRow& row : kept.logs()) {
        LogView& log = logbook_.restore(row);
        const bool own = row.id.origin == identity_.node;
        if ((!own && !roster_.signers().rekeyed(row.id.origin)) || row.size == 0) continue;
        // Of its own logs, how late they are; of a node that changed its key, which of them its log has come
        // to. A damaged header is healing's matter.
        const auto position = kept.position(row.id, row.size - 1);
        if (!position || !*position) continue;
        const auto header =
            kept.header((*position)->ordinal).and_then([](const Bytes& b) { return parse_header(b); });
        if (header && own)
            own_moment_ = std::max(own_moment_, std::min(header->created_ms, limits::moment_followed_max));
        if (header) note_signer(log, row.size - 1, header->signer);
    }
    kept.scan(Table::heads, {}, [&](View key, View value) {
        Reader in(key, "head key");
        const auto id = LogId::read(in);
        XW_CHECK(id);
        LogView& log = logbook_.at(*id);
        log.head_note = std::string(text(value));
        const auto head = head_of_note(log.head_note);
        XW_CHECK(head);
        log.head_size = head->size;
        log.claimed_size = std::max(log.claimed_size, head->size);
        return true;
    });
    kept.scan(Table::receipts, {}, [&](View key, View value) {
        Reader in(key, "receipt key");
        const auto id = LogId::read(in);
        XW_CHECK(id);
        const auto ancestor = in.block<NodeId>();
        const auto checkpoint = head_of_note(text(value));
        XW_CHECK(checkpoint);
        logbook_.at(*id).receipts[ancestor] = {checkpoint->size, std::string(text(value))};
        return true;
    });
    kept.scan(Table::invitations, {}, [&](View, View value) {
        auto invitation = parse_open_invitation(value);
        XW_CHECK(invitation);
        desk_.restore(std::move(*invitation));
        return true;
    });
    kept.scan(Table::orders, {}, [&](View, View value) {
        auto order = parse_order(value.first(value.size() - std::min(value.size(), TokenId::size)));
        XW_CHECK(order);
        orders_.insert_or_assign(order->id, std::move(*order));
        return true;
    });
    kept.scan(Table::quarantine, {}, [&](View key, View value) {
        if (is_expired_key(key)) ++expired_;
        const auto of_healing = healing_.restore(key, value);
        XW_CHECK(of_healing);
        if (!*of_healing) restore_refused(key, value);
        return true;
    });
    kept.scan(Table::meta, {}, [&](View key, View value) {
        if (equal(key, Scrub::row_key())) XW_CHECK(scrub_.restore(value));
        if (equal(key, healed_row_key())) healed_ = Reader(value, "healed").u64();
        return true;
    });
    kept.scan(Table::pending, {}, [&](View key, View value) {
        auto entry = decode_pending(key, value);
        XW_CHECK(entry);
        authoring_.restore(std::move(*entry));
        return true;
    });
}

void Core::restore_submissions(const Snapshot& kept) {
    std::vector<const Submission*> open;
    kept.scan(Table::submissions, {}, [&](View, View value) {
        auto submission = decode_submission(value);
        XW_CHECK(submission);
        const auto [it, fresh] = submissions_.emplace(submission->id, std::move(*submission));
        note_ranges(it->second);
        if (it->second.open()) open.push_back(&it->second);
        return true;
    });
    std::sort(open.begin(), open.end(), [](const Submission* a, const Submission* b) {
        return std::tie(a->received, a->id) < std::tie(b->received, b->id);
    });
    for (const Submission* s : open) intake_queue_.push_back(s->id);
}

}  // namespace xinwang
