#include "storage/index_runs.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "storage/store.h"
#include "storage/value.h"

namespace xinwang {
namespace {

constexpr std::size_t run_key_bytes = 9;
static_assert(index_run_keys_max * index_key_bytes <= value_payload_bytes_max);
static_assert(index_slices == 16);  // slice_of() takes four bits

std::uint8_t slice_of(View key) {
    return key[0] >> 4;
}

bool is_run(View key, Table index) {
    return key.size() == run_key_bytes && key[0] == static_cast<std::uint8_t>(index);
}

void put_framed(KvWriter& writer, View key, View payload) {
    frame_value(writer.put(Table::index_runs, key, payload.size() + value_framing_bytes, Place::anywhere),
                Table::index_runs, key, payload);
}

// The first key in `keys` for which `before` is false.
template <class Before>
std::size_t partition(View keys, const Before& before) {
    std::size_t low = 0, high = keys.size() / index_key_bytes;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (before(keys.subspan(middle * index_key_bytes, index_key_bytes)))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

}  // namespace

Bytes index_run_key(Table index, std::uint64_t number) {
    return ordered_key(static_cast<std::uint8_t>(index), number);
}

Bytes index_merge_key(Table index) {
    return {static_cast<std::uint8_t>(index)};
}

View index_run_keys(View value) {
    if (value.size() < value_framing_bytes) return {};
    const View keys = value.subspan(1, value.size() - value_framing_bytes);
    return keys.first(keys.size() - keys.size() % index_key_bytes);
}

void scan_index_runs(const KvReader& reader, Table index, std::uint64_t hash,
                     const std::function<void(Locator)>& visit) {
    reader.scan(Table::index_runs, index_run_key(index, 0), [&](View key, View value) {
        if (!is_run(key, index)) return false;
        const View keys = index_run_keys(value);
        std::size_t at = partition(keys, [&](View k) { return ordered_number<std::uint64_t>(k) < hash; });
        for (; at < keys.size() / index_key_bytes; ++at) {
            const View k = keys.subspan(at * index_key_bytes, index_key_bytes);
            if (ordered_number<std::uint64_t>(k) != hash) break;
            visit(Locator::unpack(ordered_number<std::uint64_t>(k.subspan(sizeof hash))));
        }
        return true;
    });
}

void IndexCommit::prepare(const KvReader& reader) {
    if (const auto value = reader.get(Table::index_runs, index_merge_key(index_))) {
        const auto state = unframe_value(Table::index_runs, index_merge_key(index_), *value);
        if (!state) throw StoreCorrupt(state.error());
        Reader in(*state, "merge");
        through_ = in.u64();
        slice_ = in.u8();
        if (!in.good() || slice_ >= index_slices)
            throw StoreCorrupt(Refusal(Code::store_corrupt, table_name(Table::index_runs), "merge", "form"));
        merging_ = true;
    }
    std::size_t runs = 0;
    reader.scan(Table::index_runs, index_run_key(index_, 0), [&](View key, View) {
        if (!is_run(key, index_)) return false;
        ++runs;
        next_run_ = ordered_number<std::uint64_t>(key.subspan(1)) + 1;
        return true;
    });
    if (!merging_ && runs >= index_runs_max) {
        merging_ = true;
        through_ = next_run_ - 1;
    }
    if (!merging_) return;
    reader.scan(Table::index_runs, index_run_key(index_, 0), [&](View key, View value) {
        if (!is_run(key, index_)) return false;
        const auto number = ordered_number<std::uint64_t>(key.subspan(1));
        if (number > through_) return false;
        merged_runs_.push_back(number);
        read_slice(index_run_keys(value));
        return true;
    });
    std::sort(moved_.begin(), moved_.end());
}

void IndexCommit::read_slice(View keys) {
    std::size_t at = partition(keys, [&](View k) { return slice_of(k) < slice_; });
    for (; at < keys.size() / index_key_bytes; ++at) {
        const View k = keys.subspan(at * index_key_bytes, index_key_bytes);
        if (slice_of(k) != slice_) return;
        std::copy(k.begin(), k.end(), moved_.emplace_back().begin());
    }
}

void IndexCommit::write(KvWriter& writer) {
    write_runs(writer);
    if (merging_) move_slice(writer);
}

void IndexCommit::write_runs(KvWriter& writer) {
    std::sort(added_.begin(), added_.end());
    for (std::span<const IndexKey> rest(added_); !rest.empty();) {
        const auto run = rest.first(std::min(rest.size(), index_run_keys_max));
        rest = rest.subspan(run.size());
        put_framed(writer, index_run_key(index_, next_run_++),
                   View(run.front().data(), run.size() * index_key_bytes));
    }
}

void IndexCommit::move_slice(KvWriter& writer) {
    for (const IndexKey& key : moved_) writer.put(index_, key, 0, Place::anywhere);
    if (slice_ + 1u < index_slices) {
        Writer state;
        state.u64(through_);
        state.u8(static_cast<std::uint8_t>(slice_ + 1));
        return put_framed(writer, index_merge_key(index_), state.bytes());
    }
    for (const std::uint64_t number : merged_runs_)
        writer.erase(Table::index_runs, index_run_key(index_, number));
    writer.erase(Table::index_runs, index_merge_key(index_));
}

}  // namespace xinwang
