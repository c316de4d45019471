// Whatever the bytes: a refusal, or a statement that encodes to exactly these bytes and that a roster judges.
#include "protocol/base/check.h"
#include "topology/roster.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input{bytes, size};
    const auto statement = parse_statement(input);
    if (!statement) return 0;
    XW_CHECK(encode(*statement) == to_bytes(input));
    XW_CHECK(*parse_statement_text(statement_text(*statement)) == *statement);
    Roster roster = Roster::create(root_id_of(statement->roots));
    const auto change = roster.adopt(input);
    XW_CHECK(!change || roster.statement()->number == 1);
    return 0;
}
