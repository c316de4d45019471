#include "storage/index_commit.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "storage/index_fan.h"
#include "storage/index_sort.h"
#include "storage/value.h"

namespace xinwang {
namespace {

// A merge of runs of one class is done, at this pace, before its class can hold as many again.
constexpr std::uint64_t moved_per_added = 2;
// 8 MiB of entries: tens of milliseconds, whatever has piled up.
constexpr std::size_t merge_blocks_max = 128;

}  // namespace

Result<void> IndexCommit::prepare(const KvReader& reader) {
    XW_TRY(manifest, read_index_manifest(reader, index_));
    manifest_ = std::move(manifest);
    const std::uint64_t first_output = manifest_.next_run;
    manifest_.begin_merges();
    for (const IndexMerge& merge : manifest_.merges)
        if (merge.output >= first_output) begun_.push_back({merge.output, merge.total()});
    std::size_t blocks_left = merge_blocks_max;
    for (IndexMerge& merge : manifest_.merges) {
        merge.credit += added_.size() * moved_per_added;
        XW_TRY_VOID(move(merge, reader, blocks_left));
    }
    finish_merges();
    cut_run();
    return {};
}

void IndexCommit::prepare_anew(std::uint64_t ordinal) {
    std::erase_if(added_,
                  [ordinal](const IndexEntry& e) { return Locator::unpack(e.locator).ordinal < ordinal; });
    manifest_ = {};
    begun_.clear();
    moved_.clear();
    consumed_.clear();
    cut_run();
}

// What was added becomes the newest run.
void IndexCommit::cut_run() {
    if (added_.empty()) return;
    sort_index_entries(added_);
    run_ = manifest_.next_run++;
    manifest_.runs.push_back({run_, added_.size()});
}

// As many whole blocks as credit allows; what is left of a merge at its end is one, too.
Result<void> IndexCommit::move(IndexMerge& merge, const KvReader& reader, std::size_t& blocks_left) {
    const std::uint64_t rest = merge.total() - merge.produced;
    std::size_t blocks = merge.credit / index_block_entries;
    if (merge.credit >= rest) blocks = (rest + index_block_entries - 1) / index_block_entries;
    blocks = std::min(blocks, blocks_left);
    if (blocks == 0) return {};
    blocks_left -= blocks;
    const std::uint64_t before = merge.produced;
    XW_TRY_VOID(move_blocks(merge, reader, blocks));
    merge.credit -= std::min(merge.credit, merge.produced - before);
    return {};
}

Result<void> IndexCommit::move_blocks(IndexMerge& merge, const KvReader& reader, std::size_t blocks) {
    IndexFan fan(reader, index_);
    for (const IndexRun& run : merge.inputs) XW_TRY_VOID(fan.add({run.number, merge.cursor, index_end}));
    for (; blocks > 0 && !fan.end(); --blocks) {
        Block block{merge.output, index_block_key(index_, merge.output, merge.cursor), {}, {}};
        block.entries.reserve(std::min<std::uint64_t>(index_block_entries, merge.total() - merge.produced));
        while (block.entries.size() < index_block_entries && !fan.end()) {
            block.entries.push_back(fan.least());
            XW_TRY_VOID(fan.next());
        }
        block.upper = fan.end() ? index_end : fan.least();
        merge.cursor = block.upper;
        merge.produced += block.entries.size();
        moved_.push_back(std::move(block));
    }
    // The manifest counts what the blocks hold: another sum is damage that no checksum saw.
    if ((merge.cursor == index_end) != (merge.produced == merge.total()))
        return refuse(Code::store_corrupt, table_name(Table::index_state), hex(index_manifest_key(index_)),
                      "entries");
    // A block that the walk has left may still cover the cursor with its fence: the next step begins in it.
    for (const RunCursor& input : fan.walks())
        for (const auto& [key, upper] : input.passed())
            if (upper <= merge.cursor) consumed_.push_back(key);
    return {};
}

void IndexCommit::finish_merges() {
    for (const IndexMerge& merge : manifest_.merges)
        if (merge.cursor == index_end) manifest_.runs.push_back({merge.output, merge.produced});
    std::erase_if(manifest_.merges, [](const IndexMerge& merge) { return merge.cursor == index_end; });
    std::sort(manifest_.runs.begin(), manifest_.runs.end(),
              [](const IndexRun& a, const IndexRun& b) { return a.number < b.number; });
}

void IndexCommit::fill(RunFilters& filters) const {
    for (const IndexRun& output : begun_) filters.make(output.number, output.entries);
    for (const Block& block : moved_) filters.add(block.run, block.entries);
    if (added_.empty()) return;
    filters.make(run_, added_.size());
    filters.add(run_, added_);
}

void IndexCommit::write(KvWriter& writer) {
    for (const IndexBlockKey& key : consumed_) writer.erase(Table::index_blocks, key);
    for (const Block& block : moved_) write(writer, block.key, block.upper, block.entries);
    IndexEntry fence = index_begin;
    for (std::span<const IndexEntry> rest(added_); !rest.empty();) {
        const auto part = rest.first(std::min(rest.size(), index_block_entries));
        rest = rest.subspan(part.size());
        const IndexEntry upper = rest.empty() ? index_end : rest.front();
        write(writer, index_block_key(index_, run_, fence), upper, part);
        fence = upper;
    }
    put_framed(writer, Table::index_state, index_manifest_key(index_), encode(manifest_));
}

void IndexCommit::write(KvWriter& writer, View key, const IndexEntry& upper,
                        std::span<const IndexEntry> entries) const {
    write_index_block(writer.put(Table::index_blocks, key, index_block_bytes(entries.size()), Place::anywhere),
                      key, upper, entries);
}

}  // namespace xinwang
