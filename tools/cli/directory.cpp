// directory show, draft and publish ask a node; sign and check need nothing but files, so that root keys never
// come to a machine that is on a network.
#include "node/api/documents.h"
#include "node/edge/clock.h"
#include "node/edge/files.h"
#include "node/edge/person_key.h"
#include "tools/cli/passphrase.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

constexpr std::size_t draft_file_bytes_max = 64u << 10;

Result<DirectoryStatement> read_draft(const std::string& file) {
    XW_TRY(bytes, read_file(file, draft_file_bytes_max));
    return parse_statement_text(text(bytes));
}

// Several copies of one draft, signed at different places, become one.
Result<DirectoryStatement> read_drafts(const std::vector<std::string>& files) {
    XW_TRY(whole, read_draft(files.front()));
    for (std::size_t i = 1; i < files.size(); ++i) {
        XW_TRY(other, read_draft(files[i]));
        XW_TRY_VOID(merge(whole, other));
    }
    return std::move(whole);
}

Json document_of(const DirectoryStatement& statement) {
    return {{"schema", "xinwang.directory_draft/1"},
            {"statement", api::statement_json(statement, wall_now())},
            {"text", statement_text(statement)}};
}

Result<PersonKey> root_key(const std::string& file, const Arguments& arguments, const Terminal& terminal) {
    XW_TRY(locked, is_locked(file));
    if (!locked) return read_person_key(file, KeyRole::root, {});
    XW_TRY(passphrase, passphrase_for(file, arguments, terminal, Ask::once));
    return read_person_key(file, KeyRole::root, passphrase.view());
}

}  // namespace

Outcome<Exit> directory_show(const Arguments& arguments, const Terminal& terminal) {
    auto got = NodeClient(arguments.dir, terminal).get("/v1/directory");
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

Outcome<Exit> directory_draft(const Arguments& arguments, const Terminal& terminal) {
    // The draft before may have signatures already.
    if (std::filesystem::exists(arguments.out))
        return fail(Refusal(Code::file_exists, arguments.out), terminal);
    Json body{{"add_operators", arguments.operators},
              {"drop_operators", arguments.drop_operators},
              {"root_keys", arguments.root_keys},
              {"threshold", arguments.threshold}};
    if (arguments.days > 0) body["days"] = arguments.days;
    if (arguments.grace_days >= 0) body["grace_days"] = arguments.grace_days;
    auto got = NodeClient(arguments.dir, terminal).post("/v1/directory/draft", dumped(body));
    if (!got) return tl::unexpected(got.error());
    if (const auto kept =
            write_file_atomic(arguments.out, view(text_of(at(got->json, "text"))), FileMode::open);
        !kept)
        return fail(kept.error(), terminal);
    print(*got, terminal);
    terminal.err << terminal.say("请带到持有根密钥的机器上签名：xinwang directory sign ",
                                 "take it to where the root keys are: xinwang directory sign ")
                 << arguments.out << " --root-key FILE\n";
    return Exit::ok;
}

Outcome<Exit> directory_sign(const Arguments& arguments, const Terminal& terminal) {
    auto draft = read_draft(arguments.files.front());
    if (!draft) return fail(draft.error(), terminal);
    for (const std::string& file : arguments.root_keys) {
        const auto key = root_key(file, arguments, terminal);
        if (!key) return fail(key.error(), terminal);
        sign(*draft, key->key);
        if (!draft->roots.has(key->key.public_key()))
            terminal.err << file
                         << terminal.say("：不在新的根密钥之列，仅在属于前一份名录的根密钥时有效\n",
                                         ": not of the new set; counts only if it is of the set before\n");
    }
    const std::string& out = arguments.out.empty() ? arguments.files.front() : arguments.out;
    if (const auto kept = write_file_atomic(out, view(statement_text(*draft)), FileMode::open); !kept)
        return fail(kept.error(), terminal);
    print(document_of(*draft), terminal);
    return Exit::ok;
}

// Against its own roots, and against the statement before when a node is there to ask.
Outcome<Exit> directory_check(const Arguments& arguments, const Terminal& terminal) {
    const auto draft = read_drafts(arguments.files);
    if (!draft) return fail(draft.error(), terminal);
    print(document_of(*draft), terminal);
    std::optional<DirectoryStatement> held;
    if (std::filesystem::exists(std::filesystem::path(arguments.dir) / "api.sock")) {
        auto got = NodeClient(arguments.dir, terminal).get("/v1/directory");
        if (!got) return tl::unexpected(got.error());
        if (const auto newest = parse_statement_text(text_of(at(got->json, "text")))) held = *newest;
    }
    const bool same = held && id_of(*held) == id_of(*draft);
    const auto checked = held && !same ? check_follows(*held, *draft) : check_signatures(*draft, draft->roots);
    if (!checked) return fail(checked.error(), terminal);
    return Exit::ok;
}

Outcome<Exit> directory_publish(const Arguments& arguments, const Terminal& terminal) {
    const auto statement = read_drafts(arguments.files);
    if (!statement) return fail(statement.error(), terminal);
    auto got = NodeClient(arguments.dir, terminal)
                   .post("/v1/directory", dumped(Json{{"text", statement_text(*statement)}}));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
