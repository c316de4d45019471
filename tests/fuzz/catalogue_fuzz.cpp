// Any bytes are a catalogue or a refusal, and a catalogue that was accepted judges any row without harm.
#include "protocol/row.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto catalogue = parse_catalogue(text(View(bytes, size)));
    if (!catalogue) return 0;
    Values values(catalogue->fields.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] =
            catalogue->fields[i].values.empty() ? catalogue->fields[i].label : catalogue->fields[i].values[0];
    normalise_row(*catalogue, values);
    (void)validate(*catalogue, values, 20261124);
    (void)record_id(*catalogue, values);
    return 0;
}
