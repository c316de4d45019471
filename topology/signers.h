// Signers: the keys that a node has signed with, and the sizes of its logs from which each may sign (WIRE.md
// section 9.4).
//
// A node begins with the key of its first certificate. A rekey names, for each of its logs, the size from
// which the new key may sign; the log itself shows from which batch on the key does sign: **once a batch is
// signed by the new key no later one may be signed by an older one.** Every node holds whole prefixes of a
// log, so all see the same. A log that the rekey does not name may begin with either key. No clock is asked.
// Pure value.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "protocol/keys.h"
#include "topology/renewal.h"

namespace xinwang {

class Signers {
  public:
    // Adds the next key of a node, as a granted request names it. Requires the order of the changes; a known
    // change alters nothing. A node that comes in late knows the present key first and learns of the earlier
    // ones.
    void add(const RenewalRequest& rekey);
    bool rekeyed(const NodeId& node) const { return of_.contains(node); }
    bool knows(const NodeId& node, const SignPublicKey& key) const;
    // The node's keys, oldest first; only `present` for a node that never changed its key.
    std::vector<SignPublicKey> keys(const NodeId& node, const SignPublicKey& present) const;

    // The rank of `key` when it may sign batch `seq` of `log`: its place in keys(), so that a newer key ranks
    // higher. Empty when `key` may not sign. The caller ensures that ranks never fall along a log.
    std::optional<std::size_t> rank(const LogId& log, Seq seq, const SignPublicKey& key,
                                    const SignPublicKey& present) const;

  private:
    struct Period {
        SignPublicKey key;
        std::map<LogId, Seq> from;  // not named: from the first batch
    };
    std::map<NodeId, std::vector<Period>> of_;  // nodes that changed their key only
};

}  // namespace xinwang
