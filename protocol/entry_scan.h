// A walk through canonical msgpack, the subset that entries use: shortest unsigned integers below 2^32,
// strings, byte strings and arrays below 2^16. Like Reader: the first fault sticks, later reads yield
// nothing, and `verdict()` tells. The walk never copies or allocates, so its time is bounded by its input.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

class EntryScan {
  public:
    explicit EntryScan(View encoded) : rest_(encoded) {}

    std::uint32_t number(const char* field);
    std::string_view string(const char* field);
    View binary(const char* field);
    std::uint32_t array(const char* field);

    bool good() const { return fault_ == Fault::none; }
    View rest() const { return rest_; }
    // The fault as a refusal: bad_entry (another type, or cut short) or not_canonical.
    Result<void> verdict() const;

  private:
    enum class Fault : std::uint8_t { none, truncated, other_type, not_shortest };

    View take(std::size_t size);
    // A big-endian integer of `width` bytes that must be at least `least`: a smaller one has a shorter form.
    std::uint32_t integer(std::size_t width, std::uint32_t least);
    std::uint8_t lead(const char* field);
    std::uint32_t fail(Fault fault);

    View rest_;
    const char* field_ = "";
    Fault fault_ = Fault::none;
    std::uint8_t lead_ = 0;
};

}  // namespace xinwang
