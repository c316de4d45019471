// node drain: before maintenance the children are sent to their standby parents, and what waits goes up.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "tools/cli/print.h"

namespace xinwang::cli {

Outcome<Exit> node_drain(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::milliseconds>(
                                                            std::chrono::duration<double>(arguments.timeout_s));
    auto got = node.post("/v1/drain", Json{{"on", !arguments.off}}.dump());
    while (got && arguments.wait && !arguments.off && !true_of(at(got->json, "may_stop"))) {
        if (std::chrono::steady_clock::now() > end)
            return tl::unexpected(failure_of(
                Refusal(Code::wait_ended, "drain", "parent", fmt::format("{:g}", arguments.timeout_s)),
                terminal));
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        got = node.post("/v1/drain", Json{{"on", true}}.dump());
    }
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
