// Signers: which keys a node has signed with, and from where in its logs each of them may (WIRE.md
// section 9.4).
//
// A node begins with the key of its first certificate. A rekey names, for each of its logs, the size from which
// the new key may sign; the log itself says from where it does: **once a batch is signed by the new key no
// later one may be signed by an older one.** Every node holds whole prefixes of a log, so all see the same. A
// log that the rekey does not name may begin with either. No clock is asked. Pure value.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "protocol/keys.h"
#include "topology/renewal.h"

namespace xinwang {

class Signers {
  public:
    // The next key of its node, as a granted request names it. In the order of the changes; one that is known
    // already changes nothing. A node that comes in late knows the present key first and learns of the earlier
    // ones.
    void add(const RenewalRequest& rekey);
    bool rekeyed(const NodeId& node) const { return of_.contains(node); }
    bool knows(const NodeId& node, const SignPublicKey& key) const;
    // Oldest first; only `present` for a node that never changed its key.
    std::vector<SignPublicKey> keys(const NodeId& node, const SignPublicKey& present) const;

    // Of the keys that may sign batch `seq` of `log`: the rank of each rises with its age in `keys`. Empty when
    // `key` may not. The caller sees to it that ranks never fall along a log.
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
