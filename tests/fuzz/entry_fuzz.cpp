// Entries: what decodes encodes to the same bytes, also into an entry of before, and a glance agrees with it.
#include "protocol/base/check.h"
#include "protocol/entry.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    const auto seen = glance(bytes);
    const auto entry = decode_entry(bytes);
    Entry used;
    used.fields = {"one", "of", "before"};
    used.body = {1, 2, 3};
    XW_CHECK(decode_entry_into(bytes, used).has_value() == entry.has_value());
    if (!entry) return 0;
    XW_CHECK(used == *entry);
    XW_CHECK(equal(encode(*entry), bytes));
    XW_CHECK(seen && seen->subject == entry->subject && seen->record == entry->record &&
             seen->date == entry->date);
    return 0;
}
