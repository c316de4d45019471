// Tampering between a node and its world: the hand-made faults of break.h.
#include "protocol/base/check.h"
#include "protocol/checkpoint.h"
#include "tools/sim/city.h"

namespace xinwang::sim {

// A machine that comes back with last hour's disk and says nothing.
void City::break_disks() {
    if (options_.broken != Break::forget_commit) return;
    at(now_ + options_.fault_time / 3, [this] { older_disk_ = *nodes_[0].disk; });
    at(now_ + options_.fault_time / 3 * 2, [this] {
        if (nodes_[0].core) crash(0, "to forget");
        *nodes_[0].disk = *older_disk_;
    });
}

void City::break_writes(std::size_t node, std::vector<Write>& writes) {
    SimNode& n = nodes_[node];
    if (options_.broken == Break::ack_before_commit) {
        n.core->committed(now_);
        speak(node, n.core->take_sends());
    }
    if (options_.broken == Break::forget_sent && node == 0)
        std::erase_if(writes, [](const Write& write) {
            const auto* row = std::get_if<Classify>(&write);
            return row != nullptr && row->table == Table::answers;
        });
    const bool carrier = n.certificate.tier == Tier::township;
    if (options_.broken == Break::leak_to_carrier_disk && carrier && !writes.empty())
        writes.emplace_back(Put{Table::outcomes, to_bytes(n.node.view()), to_bytes(view(canary))});
    if (options_.broken == Break::crash && !writes.empty() && now_.ms % 50 == 0) XW_CHECK(writes.empty());
}

void City::break_step(IntakeStep& step) {
    if (step.entries.empty()) return;
    NewEntry& last = step.entries.back();
    switch (options_.broken) {
        case Break::double_append:
            step.entries.push_back(NewEntry(last));
            return;
        case Break::lose_record:
            step.entries.pop_back();
            return;
        case Break::early_correction:
            for (NewEntry& e : step.entries)
                if (decode_entry(e.entry)->kind != EntryKind::publish) e.lane = Lane::rights;
            return;
        case Break::alter_record: {
            Entry entry = *decode_entry(last.entry);
            entry.fields.back() += "?";
            last.entry = encode(entry);
            return;
        }
        default:
            return;
    }
}

void City::break_seal(std::size_t node, SealJob& job) const {
    if (options_.broken != Break::wrong_audience || nodes_[node].certificate.tier != Tier::village) return;
    const SimNode& carrier = nodes_[*nodes_[node].parent];
    for (SealGroup& group : job.groups)
        if (group.policy != policy_open)
            group.recipients.push_back(
                {carrier.node, carrier.certificate.open_epoch, carrier.certificate.open_key});
}

bool City::break_frame(std::size_t node, Send& send) const {
    const SimNode& n = nodes_[node];
    auto message = decode_message(send.frame);
    XW_CHECK(message);
    if (auto* piece = std::get_if<Piece>(&*message)) {
        if (options_.broken == Break::stuck && node + 1 == nodes_.size()) return false;
        if (options_.broken == Break::flip_on_the_way_out && piece->log.origin != n.node) {
            piece->bytes[piece->bytes.size() / 2] ^= 1;
            send.frame = encode(*message);
        }
        if (options_.broken == Break::leak_plaintext) append(send.frame, view(canary));
    }
    if (options_.broken == Break::ask_nobody && send.side == Side::child && std::get_if<Ping>(&*message))
        return false;
    auto* receipt = std::get_if<ReceiptNote>(&*message);
    if (receipt != nullptr && options_.broken == Break::receipt_too_far && receipt->ancestor == n.node) {
        Head head = *head_of_note(receipt->note);
        head.size += 1;
        receipt->note = cosign(checkpoint_text(head), now_.ms / 1000, n.node, n.sign_key);
        send.frame = encode(*message);
    }
    return true;
}

}  // namespace xinwang::sim
