// Any bytes are rows: reading ends at the file's end, positions rise, and reading on from any position gives
// the rest.
#include "node/intake/csv.h"
#include "protocol/base/check.h"
#include "protocol/unicode.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 1) return 0;
    const Encoding encoding = (bytes[0] & 1) != 0 ? Encoding::gb18030 : Encoding::utf8;
    const char separator = (bytes[0] & 2) != 0 ? '\t' : ',';
    MemorySource source(to_bytes(View(bytes + 1, size - 1)));
    CsvReader reader(source, encoding, separator, {});
    CsvRow row, again;
    for (std::uint64_t before = 0; reader.next(row);) {
        XW_CHECK(reader.position().offset > before);
        CsvReader resumed(source, encoding, separator, {before, 0, row.number - 1});
        XW_CHECK(resumed.next(again) && again.count == row.count && again.refusal == row.refusal);
        XW_CHECK(resumed.position().offset == reader.position().offset);
        for (std::size_t i = 0; i < row.count && !row.refusal; ++i) XW_CHECK(valid_utf8(row.cells[i]));
        before = reader.position().offset;
    }
    XW_CHECK(reader.position().offset == source.size());
    return 0;
}
