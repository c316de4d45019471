// Which of many repetitions of one kind (seeds, crash states, spoilt pages) a run takes: all of them, or a
// fixed few and every N-th of the rest. Written "K/N" on the command line and in XINWANG_PART, 0 <= K < N, so
// that N runs with different K take all (tests/README.md, Samples).
#pragma once

#include <cstdint>
#include <istream>

namespace xinwang {

struct Part {
    std::uint64_t number = 0, parts = 1;

    // `fixed`: so many at the beginning are in every part.
    bool takes(std::uint64_t i, std::uint64_t fixed) const { return i < fixed || i % parts == number; }
    bool whole() const { return parts == 1; }
};

// Fails (failbit) on anything but K/N with K below N.
inline std::istream& operator>>(std::istream& in, Part& part) {
    char slash = 0;
    if (!(in >> part.number >> slash >> part.parts) || slash != '/' || part.number >= part.parts)
        in.setstate(std::ios::failbit);
    return in;
}

}  // namespace xinwang
