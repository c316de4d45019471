#include "storage/index_cursor.h"

#include <algorithm>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

tl::unexpected<Refusal> damaged(View key, std::string_view what) {
    return refuse(Code::store_corrupt, table_name(Table::index_blocks), hex(key), what);
}

}  // namespace

Result<void> RunCursor::seek(const IndexEntry& at) {
    passed_.clear();
    const IndexBlockKey wanted = index_block_key(index_, run_, at);
    const auto row = reader_->floor(Table::index_blocks, wanted);
    // Every run's first block has the lowest fence there is, or the one at which a merge has begun to consume
    // it.
    if (!row || row->key.size() != index_block_key_bytes || !equal(row->key.first(9), View(wanted).first(9)))
        return damaged(wanted, "no block");
    XW_TRY_VOID(open_block(row->key, row->value));
    number_ = block_.section_of(at);
    XW_TRY(count, block_.read(number_, section_));
    if (!(at < block_.upper())) return damaged(key_, "fence");
    count_ = count;
    const auto found =
        std::lower_bound(section_.begin(), section_.begin() + static_cast<std::ptrdiff_t>(count), at);
    position_ = static_cast<std::size_t>(found - section_.begin());
    end_ = false;
    if (position_ < count_) return {};
    XW_TRY_VOID(next_section());
    return !end_ && entry() < at ? Result<void>(damaged(key_, "order")) : Result<void>{};
}

Result<void> RunCursor::skip_to(const IndexEntry& at) {
    if (end_ && count_ > 0) return {};  // behind the last
    if (end_ || section_[count_ - 1] < at) return seek(at);
    const auto from = section_.begin() + static_cast<std::ptrdiff_t>(position_);
    const auto found = std::lower_bound(from, section_.begin() + static_cast<std::ptrdiff_t>(count_), at);
    position_ = static_cast<std::size_t>(found - section_.begin());
    return {};
}

Result<void> RunCursor::open_block(View key, View value) {
    std::copy(key.begin(), key.end(), key_.begin());
    XW_TRY(block, IndexBlock::parse(key_, value));
    block_ = block;
    return {};
}

Result<void> RunCursor::next_section() {
    position_ = 0;
    if (++number_ < block_.sections()) {
        XW_TRY(count, block_.read(number_, section_));
        count_ = count;
        return {};
    }
    const IndexEntry fence = block_.upper();
    passed_.emplace_back(key_, fence);
    if (!(fence < until_)) {
        end_ = true;
        return {};
    }
    const IndexBlockKey key = index_block_key(index_, run_, fence);
    const auto value = reader_->get(Table::index_blocks, key);
    if (!value) return damaged(key, "missing");
    XW_TRY_VOID(open_block(key, *value));
    number_ = 0;
    XW_TRY(count, block_.read(0, section_));
    count_ = count;
    return {};
}

}  // namespace xinwang
