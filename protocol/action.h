// The action that a submission asks for its rows.
#pragma once

#include <cstdint>

namespace xinwang {

enum class Action : std::uint8_t { publish = 1, withdraw = 2 };

}  // namespace xinwang
