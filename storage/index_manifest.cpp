#include "storage/index_manifest.h"

#include <algorithm>
#include <bit>
#include <map>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "storage/value.h"

namespace xinwang {
namespace {

// Runs beyond this would not fit the row. The merges of a sound index keep it below a hundred.
constexpr std::size_t runs_max = 2'000;

void write(Writer& out, const IndexRun& run) {
    out.u64(run.number);
    out.u64(run.entries);
}
IndexRun read_run(Reader& in) {
    IndexRun run;
    run.number = in.u64();
    run.entries = in.u64();
    return run;
}

std::vector<IndexRun> read_runs(Reader& in) {
    std::vector<IndexRun> runs;
    for (std::size_t left = in.u16(); left > 0 && in.good(); --left) runs.push_back(read_run(in));
    return runs;
}

void write(Writer& out, const std::vector<IndexRun>& runs) {
    XW_CHECK(runs.size() <= runs_max);
    out.u16(static_cast<std::uint16_t>(runs.size()));
    for (const IndexRun& run : runs) write(out, run);
}

Result<View> payload_of(View key, View value) {
    return unframe_value(Table::index_state, key, value);
}

tl::unexpected<Refusal> damaged(View key) {
    return refuse(Code::store_corrupt, table_name(Table::index_state), hex(key), "form");
}

}  // namespace

unsigned size_class(std::uint64_t entries) {
    XW_CHECK(entries > 0);
    return (static_cast<unsigned>(std::bit_width(entries)) - 1) / 2;
}

std::uint64_t IndexMerge::total() const {
    std::uint64_t sum = 0;
    for (const IndexRun& run : inputs) sum += run.entries;
    return sum;
}

void IndexManifest::begin_merges() {
    std::map<unsigned, std::vector<IndexRun>> classes;
    for (const IndexRun& run : runs) classes[size_class(run.entries)].push_back(run);
    for (auto& [size, same] : classes) {
        if (same.size() < index_fan_out) continue;
        same.resize(std::min(same.size(), index_merge_inputs_max));
        std::erase_if(
            runs, [&taken = same](const IndexRun& r) { return std::ranges::find(taken, r) != taken.end(); });
        merges.push_back({std::move(same), next_run++, index_begin, 0, 0});
    }
}

std::uint64_t IndexManifest::entries() const {
    std::uint64_t sum = 0;
    for (const IndexRun& run : runs) sum += run.entries;
    for (const IndexMerge& merge : merges) sum += merge.total();
    return sum;
}

std::vector<IndexPart> parts_of(const IndexManifest& manifest) {
    std::vector<IndexPart> parts;
    for (const IndexRun& run : manifest.runs) parts.push_back({run.number, index_begin, index_end});
    for (const IndexMerge& merge : manifest.merges) {
        if (merge.produced > 0) parts.push_back({merge.output, index_begin, merge.cursor});
        for (const IndexRun& run : merge.inputs) parts.push_back({run.number, merge.cursor, index_end});
    }
    return parts;
}

Bytes index_manifest_key(Index index) {
    return {static_cast<std::uint8_t>(index)};
}

Bytes encode(const IndexManifest& manifest) {
    Writer out;
    out.u64(manifest.next_run);
    write(out, manifest.runs);
    out.u16(static_cast<std::uint16_t>(manifest.merges.size()));
    for (const IndexMerge& merge : manifest.merges) {
        write(out, merge.inputs);
        out.u64(merge.output);
        out.u64(merge.cursor.hash);
        out.u64(merge.cursor.locator);
        out.u64(merge.produced);
        out.u64(merge.credit);
    }
    return out.take();
}

Result<IndexManifest> read_index_manifest(const KvReader& reader, Index index) {
    const Bytes key = index_manifest_key(index);
    IndexManifest manifest;
    const auto value = reader.get(Table::index_state, key);
    if (!value) return manifest;
    XW_TRY(payload, payload_of(key, *value));
    Reader in(payload, "index manifest");
    manifest.next_run = in.u64();
    manifest.runs = read_runs(in);
    for (std::size_t left = in.u16(); left > 0 && in.good(); --left) {
        IndexMerge merge;
        merge.inputs = read_runs(in);
        merge.output = in.u64();
        merge.cursor.hash = in.u64();
        merge.cursor.locator = in.u64();
        merge.produced = in.u64();
        merge.credit = in.u64();
        manifest.merges.push_back(std::move(merge));
    }
    if (!in.done()) return damaged(key);
    return manifest;
}

View index_rebuild_key() {
    return view("rebuild");
}

Bytes encode(const IndexRebuild& rebuild) {
    Writer out;
    out.u64(rebuild.next);
    out.u64(rebuild.end);
    out.u8(rebuild.old_tables ? 1 : 0);
    return out.take();
}

void put_index_rebuild(KvWriter& writer, const IndexRebuild& rebuild) {
    put_framed(writer, Table::index_state, index_rebuild_key(), encode(rebuild));
}

Result<std::optional<IndexRebuild>> read_index_rebuild(const KvReader& reader) {
    const auto value = reader.get(Table::index_state, index_rebuild_key());
    if (!value) return std::nullopt;
    XW_TRY(payload, payload_of(index_rebuild_key(), *value));
    Reader in(payload, "index rebuild");
    IndexRebuild rebuild;
    rebuild.next = in.u64();
    rebuild.end = in.u64();
    rebuild.old_tables = in.u8() != 0;
    if (!in.done()) return damaged(index_rebuild_key());
    return rebuild;
}

}  // namespace xinwang
