// Enrolment without a network, the child's side: `xinwang request` makes keys and the file `request` in the
// node's directory, `xinwang join` takes the parent's reply. Both may be repeated: keys made once are used
// again.
#pragma once

#include "node/edge/node_dir.h"
#include "topology/request.h"

namespace xinwang {

enum class Pending : std::uint8_t { keep, replace };
// Makes the request to take to the parent. Refuses already_a_node, bad codes and names, and request_pending
// when a request for another code would be replaced.
Result<CertificationRequest> make_request_in(const std::filesystem::path& dir, std::string_view code,
                                             const std::string& name, Pending pending = Pending::keep);
// Makes the node from the parent's reply. Refuses already_a_node, request_missing, a reply that is wrong, and
// root_wrong when `root` is given and the reply names another.
Result<NodeDirSummary> join_by_reply(const std::filesystem::path& dir, std::string_view reply,
                                     const JoinOptions& options, std::string_view root);

}  // namespace xinwang
