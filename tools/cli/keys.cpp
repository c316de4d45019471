// check key, key renew and revoke ask the node; key protect and key forget work on its directory while
// it is stopped.
#include "node/edge/node_keys.h"
#include "node/edge/offline.h"
#include "storage/directory_lock.h"
#include "tools/cli/node_client.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

enum class Protection { sealed, files };

Result<bool> protect_keys(const Path& dir, Protection wanted, const Path& passphrase_file) {
    if (!std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::not_a_node_directory, "directory", dir.string());
    // A running node would go on writing them the old way.
    const auto lock = DirectoryLock::take(dir / "store");
    if (!lock) return tl::unexpected(lock.error());
    XW_TRY(store, KeyStore::open(dir / "keys"));
    if (store.sealed() == (wanted == Protection::sealed)) return false;
    if (wanted == Protection::files) return store.unprotect().map([] { return true; });
    auto passphrase = new_passphrase(passphrase_file);
    if (!passphrase) return tl::unexpected(passphrase.error());
    return store.protect(passphrase->view()).map([] { return true; });
}

// The secret of an epoch that is over, for ever: what was sealed for it and is read again opens no more.
Result<bool> forget_key(const Path& dir, std::uint32_t epoch) {
    XW_TRY(node, open_offline(dir, Access::read));
    if (epoch >= node.certificate().open_epoch)
        return refuse(Code::opening_key_in_use, "epoch", std::to_string(epoch),
                      std::to_string(node.certificate().open_epoch));
    XW_TRY(store, KeyStore::open(dir / "keys"));
    if (store.find(opening_key_name(epoch)).empty()) return false;
    return store.remove(opening_key_name(epoch)).map([] { return true; });
}

}  // namespace

Outcome<Exit> key_forget(const Arguments& arguments, const Terminal& terminal) {
    const auto gone = forget_key(arguments.dir, arguments.epoch);
    if (!gone) return tl::unexpected(failure_of(gone.error(), terminal));
    print(Json{{"schema", "xinwang.key_forgotten/1"}, {"epoch", arguments.epoch}, {"forgotten", *gone}},
          terminal);
    return *gone ? Exit::ok : Exit::nothing_to_do;
}

Outcome<Exit> key_protect(const Arguments& arguments, const Terminal& terminal) {
    const auto wanted = arguments.off ? Protection::files : Protection::sealed;
    const auto changed = protect_keys(arguments.dir, wanted, arguments.passphrase_file);
    if (!changed) return tl::unexpected(failure_of(changed.error(), terminal));
    print(Json{{"schema", "xinwang.key_store/1"},
               {"directory", arguments.dir},
               {"kept", wanted == Protection::sealed ? "sealed" : "files"},
               {"changed", *changed}},
          terminal);
    return *changed ? Exit::ok : Exit::nothing_to_do;
}

Outcome<Exit> check_key(const Arguments& arguments, const Terminal& terminal) {
    auto got = NodeClient(arguments.dir, terminal)
                   .get("/v1/keys?offset=" + std::to_string(arguments.offset) +
                        "&limit=" + std::to_string(arguments.limit));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    const Json& below = at(got->json, "below");
    const bool ok = text_of(at(at(got->json, "own"), "grade")) == "ok" && number_of(at(below, "ended")) == 0 &&
                    number_of(at(below, "ending_in_30_days")) == 0;
    return ok ? Exit::ok : Exit::other;
}

Outcome<Exit> key_renew(const Arguments& arguments, const Terminal& terminal) {
    if (!arguments.sign && !arguments.transport)
        return tl::unexpected(failure_of(Refusal(Code::bad_usage, "key renew",
                                                 terminal.say("须有--sign或--transport，或两者",
                                                              "--sign or --transport is needed, or both")),
                                         terminal));
    const Json body{{"sign", arguments.sign}, {"transport", arguments.transport}};
    auto got = NodeClient(arguments.dir, terminal).post("/v1/keys", body.dump());
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

Outcome<Exit> revoke(const Arguments& arguments, const Terminal& terminal) {
    const Json body{{"code", arguments.code}, {"reason", arguments.reason}};
    auto got = NodeClient(arguments.dir, terminal).post("/v1/revocations", dumped(body));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return true_of(at(got->json, "already")) ? Exit::nothing_to_do : Exit::ok;
}

Outcome<Exit> thaw(const Arguments& arguments, const Terminal& terminal) {
    const Json body{{"code", arguments.code}, {"reason", arguments.reason}};
    auto got = NodeClient(arguments.dir, terminal).post("/v1/thaw", dumped(body));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
