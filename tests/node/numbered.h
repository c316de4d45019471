// Ids for tests that only have to tell things apart.
#pragma once

#include "protocol/base/codec.h"
#include "protocol/base/hash.h"

namespace xinwang::sample {

template <class B>
B numbered(std::uint64_t number) {
    Writer out;
    out.u64(number);
    return hash<B>("test", {out.bytes()});
}

}  // namespace xinwang::sample
