// submit and submission: hand a file in, see what became of it, wait until it is held where it should be.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "node/api/target.h"
#include "tools/cli/print.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds poll_first{50};
constexpr std::chrono::milliseconds poll_max{1000};

std::string target_of(const Arguments& arguments, const std::string& id, const std::string& rows) {
    return fmt::format("/v1/submissions/{}?rows={}&offset={}&limit={}&after={}", encode_component(id),
                       encode_component(rows), arguments.offset, arguments.limit, arguments.after);
}

bool settled(const Json& document, const std::string& until) {
    const std::string state = text_of(at(document, "state"));
    if (state == "refused") return true;
    const Json& ticks = at(document, "ticks");
    // The city has no parent: its own tick answers for it.
    const Json& tick = at(ticks, until.c_str());
    return state == "done" && true_of(at(tick.is_null() ? at(ticks, "city") : tick, "done"));
}

void show_progress(const Json& document, const std::string& until, const Terminal& terminal) {
    if (!terminal.progress) return;
    const Json& tick = at(at(document, "ticks"), until.c_str());
    terminal.err << fmt::format("\r\x1b[K{}  {} {}  {} {}/{}", word(at(document, "state"), terminal),
                                number_of(at(at(document, "rows"), "total")), terminal.say("行", "rows"), until,
                                number_of(at(tick, "confirmed")), number_of(at(tick, "batches")))
                 << std::flush;
}

// Until the submission is settled or the time is over; true when it is settled.
Outcome<bool> wait_for(const NodeClient& node, const std::string& id, const Arguments& arguments,
                       const Terminal& terminal) {
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(std::min(arguments.timeout_s, 1e8)));
    auto pause = poll_first;
    for (;;) {
        auto got = node.get(target_of(arguments, id, "none"));
        if (!got) return tl::unexpected(got.error());
        const bool done = settled(got->json, arguments.until);
        const bool over = Clock::now() + pause > end;
        if (!done && !over) show_progress(got->json, arguments.until, terminal);
        if ((done || over) && terminal.progress) terminal.err << "\r\x1b[K" << std::flush;
        if (done || over) return done;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 3 / 2, poll_max);
    }
}

// Refused rows are an answer to a question, but no success of a command that was to bring the file in.
Exit exit_of(const Json& document, const Arguments& arguments) {
    if (text_of(at(document, "state")) == "refused") return Exit::refused;
    return arguments.wait && number_of(at(at(document, "rows"), "refused")) > 0 ? Exit::refused : Exit::ok;
}

Outcome<Exit> show_one(const NodeClient& node, const std::string& id, const Arguments& arguments,
                       const Terminal& terminal) {
    bool done = true;
    if (arguments.wait) {
        auto waited = wait_for(node, id, arguments, terminal);
        if (!waited) return tl::unexpected(waited.error());
        done = *waited;
    }
    auto got = node.get(target_of(arguments, id, arguments.rows));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    if (done) return exit_of(got->json, arguments);
    return tl::unexpected(failure_of(
        Refusal(Code::wait_ended, id, arguments.until, fmt::format("{:g}", arguments.timeout_s)), terminal));
}

}  // namespace

Outcome<Exit> submit(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    const std::string name =
        arguments.name.empty() ? std::filesystem::path(arguments.file).filename().string() : arguments.name;
    auto got =
        node.upload(fmt::format("/v1/submissions?catalogue={}&action={}&name={}&encoding={}",
                                encode_component(arguments.catalogue), encode_component(arguments.action),
                                encode_component(name), encode_component(arguments.encoding)),
                    arguments.file);
    if (!got) return tl::unexpected(got.error());
    if (arguments.wait) {
        if (true_of(at(got->json, "already")))
            terminal.err << terminal.say("同一文件此前已报送\n", "the same file was handed in before\n");
        return show_one(node, text_of(at(got->json, "id")), arguments, terminal);
    }
    print(*got, terminal);
    return Exit::ok;
}

Outcome<Exit> submission(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    if (!arguments.id.empty()) return show_one(node, arguments.id, arguments, terminal);
    return node.get(fmt::format("/v1/submissions?offset={}&limit={}", arguments.offset, arguments.limit))
        .map([&](const Document& document) {
            print(document, terminal);
            return Exit::ok;
        });
}

}  // namespace xinwang::cli
