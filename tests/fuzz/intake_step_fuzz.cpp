// Any bytes behind a sound header are taken in: every row is answered, and small steps answer as one step does.
#include "node/intake/step.h"
#include "protocol/base/check.h"
#include "tools/gen/core_catalogues.h"

using namespace xinwang;

namespace {

struct Totals {
    std::size_t rows = 0, entries = 0, unchanged = 0, refused = 0;
    bool operator==(const Totals&) const = default;
};

// Nothing when the file is refused.
std::optional<Totals> take(const Bytes& file, const Catalogue& catalogue, Action action, std::size_t rows_max) {
    MemorySource source(file);
    IntakeCursor cursor;
    Totals all;
    for (;;) {
        const auto out = intake_step(source, catalogue, action, cursor, rows_max, 20261124,
                                     [](const RecordId&) { return std::optional<Entry>(); });
        if (!out) return std::nullopt;
        XW_CHECK(out->rows == out->entries.size() + out->unchanged.size() + out->refused.size());
        XW_CHECK(out->entries.size() == out->policies.size());
        all.rows += out->rows;
        all.entries += out->entries.size();
        all.unchanged += out->unchanged.size();
        all.refused += out->refused.size();
        cursor = out->next;
        if (out->end) return all;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const Catalogue catalogue = *parse_catalogue(licence_catalogue_toml());
    if (size < 1 || size > 4096) return 0;
    const Action action = (bytes[0] & 1) != 0 ? Action::withdraw : Action::publish;
    const Bytes file(bytes + 1, bytes + size);
    const auto whole = take(file, catalogue, action, 1'000'000), parts = take(file, catalogue, action, 1);
    XW_CHECK(whole.has_value() == parts.has_value());
    // A record doubled in the file is unchanged or corrected only if what came before is held: rows must agree
    // anyway.
    XW_CHECK(!whole || (whole->rows == parts->rows && whole->refused == parts->refused));

    Reader in(file, "cursor");
    (void)IntakeCursor::read(in);
    Reader answer(file, "answer");
    (void)read_row_answer(answer);
    return 0;
}
