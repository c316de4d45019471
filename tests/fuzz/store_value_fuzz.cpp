// What is read from the store: framed values and the rows within them. The first byte chooses the table; the
// bytes are read as a framed value, and again as if their hash had been right.
#include "storage/rows.h"
#include "storage/value.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const auto table = static_cast<Table>(1 + bytes[0] % tables_max);
    const View value(bytes + 1, size - 1);
    const Bytes key = ordered_key(std::uint32_t{1});
    (void)unframe_value(table, key, value);
    (void)read_position(key, value);
    (void)read_batch_row(key, value);
    (void)read_log_row(value.first(std::min<std::size_t>(value.size(), 4)), value);
    const auto log = read_log_row(key, value);
    // What parses is written back as it was read.
    if (log && !equal(encode(*log), value)) __builtin_trap();
    return 0;
}
