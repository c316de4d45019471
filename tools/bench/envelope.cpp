#include <chrono>

#include "protocol/base/check.h"
#include "protocol/envelope.h"
#include "tools/bench/scenarios.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

namespace xinwang::bench {
namespace {

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
    std::vector<Bytes> entries;
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
    report.add("encode_us", us_per(records, [&] {
                   for (const Entry& entry : decoded) entries.push_back(encode(entry));
               }));
    std::vector<SealedBatch> batches;
    report.add("seal_us", us_per(records, [&] {
                   for (std::span<const Bytes> rest(entries); !rest.empty();) {
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
    std::vector<OpenedBatch> opened;
    report.add("open_us", us_per(records, [&] {
                   for (std::size_t i = 0; i < batches.size(); ++i)
                       opened.push_back(*open_batch(headers[i], views(batches[i]),
                                                    *unwrap(headers[i], request.log.origin, &open)));
               }));
    std::uint64_t seen = 0;
    report.add("glance_us", us_per(records, [&] {
                   for (const OpenedBatch& batch : opened)
                       for (const View entry : batch.entries) seen += glance(entry) ? 1 : 0;
               }));
    XW_CHECK(seen == records);
    double sealed = 0;
    for (const SealedBatch& batch : batches) sealed += static_cast<double>(batch.sealed_bytes);
    report.add("sealed_bytes_per_record", sealed / static_cast<double>(records));
    report.add("batches", static_cast<double>(batches.size()));
    return report;
}

}  // namespace xinwang::bench
