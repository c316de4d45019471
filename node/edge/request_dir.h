// Enrolment without a network, the child's side: `xinwang request` makes keys and the file `request` in the
// node's directory, `xinwang join` takes the parent's reply. May be repeated: keys made once are used again.
#pragma once

#include "node/edge/node_dir.h"
#include "topology/request.h"

namespace xinwang {

// The text to take to the parent. Refuses already_a_node, bad codes and names.
Result<CertificationRequest> make_request_in(const std::filesystem::path& dir, std::string_view code,
                                             const std::string& name);
// Refuses already_a_node, request_missing, what is wrong with the reply, and root_wrong when `root` is given
// and another.
Result<NodeDirSummary> join_by_reply(const std::filesystem::path& dir, std::string_view reply,
                                     const JoinOptions& options, std::string_view root);

}  // namespace xinwang
