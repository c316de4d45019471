// What a chunk's seal may have hidden: the text, its zstd frame, its entries. A dishonest origin chooses all of
// it.
#include "protocol/base/check.h"
#include "protocol/suite_1.h"

using namespace xinwang;
using namespace xinwang::suite_1_parts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto text = parse_chunk_text({data + 1, size - 1}, data[0] % 2 == 0 ? Front::none : Front::inner);
    // Damaged padding and lengths alone would hide the frame: it is tried by itself as well.
    const View compressed = text ? text->compressed : View(data + 1, size - 1);
    Bytes room;
    const auto plain = decompress_into(room, compressed, limits::batch_plain_bytes_max);
    if (!plain) return 0;
    XW_CHECK(plain->size() <= limits::chunk_plain_bytes_max);
    std::vector<View> entries;
    (void)split_onto(entries, *plain, data[0]);
    for (const View entry : entries) XW_CHECK(entry.data() + entry.size() <= plain->data() + plain->size());
    return 0;
}
