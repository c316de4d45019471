#include <chrono>

#include "protocol/base/check.h"
#include "protocol/envelope.h"
#include "tools/bench/scenarios.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

namespace xinwang::bench {
namespace {

constexpr std::size_t sealed_block_records = 8'000;

template <class Work>
double us_per(std::uint64_t records, const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    return time.count() / static_cast<double>(records);
}

std::vector<View> views(const SealedBatch& batch) {
    return {batch.pieces.begin(), batch.pieces.end()};
}

}  // namespace

Result<Report> run_envelope(std::uint64_t records) {
    XW_TRY(catalogue, parse_catalogue(licence_catalogue_toml()));
    const Sampler sampler(catalogue, {});
    std::vector<Entry> decoded;
    for (std::uint64_t i = 0; i < records; ++i) decoded.push_back(sampler.entry(i));
    const SigningKey sign = SigningKey::generate();
    const OpeningKey open = OpeningKey::generate();
    SealRequest request;
    request.log.origin = *NodeId::from(Bytes(NodeId::size, 1));
    request.policy_id = 1;
    request.recipients = {{request.log.origin, 1, open.public_key()}};

    Report report;
    report.add("records", static_cast<double>(records));
    std::vector<EntryBlock> blocks;
    report.add("encode_us", us_per(records, [&] {
                   for (const Entry& entry : decoded) {
                       if (blocks.empty() || blocks.back().size() == sealed_block_records)
                           blocks.emplace_back();
                       blocks.back().add(encode(entry));
                   }
               }));
    std::vector<Packed> packed;
    report.add("pack_us", us_per(records, [&] {
                   for (const EntryBlock& block : blocks) packed.push_back(pack(block));
               }));
    std::vector<SealedBatch> batches;
    report.add("seal_us", us_per(records, [&] {
                   for (const Packed& block : packed)
                       for (std::span<const PackedChunk> rest(block.chunks); !rest.empty();) {
                           const std::size_t count = batch_prefix(rest);
                           batches.push_back(seal(request, rest.first(count), sign));
                           rest = rest.subspan(count);
                           request.previous = batches.back().id;
                           ++request.seq;
                       }
               }));
    std::vector<BatchHeader> headers;
    report.add("verify_us", us_per(records, [&] {
                   for (const SealedBatch& batch : batches)
                       headers.push_back(*verify_batch(batch.header, views(batch), sign.public_key()));
               }));
    std::uint64_t seen = 0, glanced = 0;
    const auto scan = [&](const auto& visit) {
        for (std::size_t i = 0; i < batches.size(); ++i)
            XW_CHECK(scan_batch(headers[i], views(batches[i]), *unwrap(headers[i], request.log.origin, &open),
                                visit));
    };
    report.add("open_us", us_per(records, [&] {
                   scan([&](std::uint32_t, View) -> Result<void> {
                       ++seen;
                       return {};
                   });
               }));
    report.add("open_and_glance_us", us_per(records, [&] {
                   scan([&](std::uint32_t, View entry) -> Result<void> {
                       glanced += glance(entry) ? 1 : 0;
                       return {};
                   });
               }));
    XW_CHECK(seen == records && glanced == records);
    double sealed = 0;
    for (const SealedBatch& batch : batches) sealed += static_cast<double>(batch.sealed_bytes);
    report.add("sealed_bytes_per_record", sealed / static_cast<double>(records));
    report.add("batches", static_cast<double>(batches.size()));
    return report;
}

}  // namespace xinwang::bench
