// Signed notes: what parses is made of its parts again.
#include "protocol/base/check.h"
#include "protocol/note.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    const auto note = parse_note(text(bytes));
    if (!note) return 0;
    std::string again = std::string(note->body) + "\n";
    for (const auto& signature : note->signatures) again.append(signature.line).append("\n");
    XW_CHECK(again == text(bytes));
    (void)verify_note(*note, {"example.com/foo", NoteKeyType::ed25519, {}});
    return 0;
}
