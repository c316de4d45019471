// Blocks of records that a system on this machine hands in (Core::seal_block). Values of the core's; pure.
#pragma once

#include <deque>

#include "node/core/jobs.h"

namespace xinwang {

// Blocks handed in by seal_block(). Numbered from 1; each count includes the ones before.
struct Blocks {
    struct Block {
        std::uint64_t number = 0;
        std::uint16_t policy = 0;
        std::size_t bytes = 0;
        std::shared_ptr<const PackedEntries> packed;  // none while its job is under way
    };
    std::deque<Block> waiting;
    std::uint64_t under_way = 0;  // so many are in the records log's seal job
    std::uint64_t taken = 0;
    std::uint64_t staged = 0;
    std::uint64_t kept = 0;
};

}  // namespace xinwang
