#include "tools/bench/filled.h"

#include <algorithm>
#include <chrono>

#include "node/core/jobs.h"
#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/random.h"
#include "protocol/merkle.h"
#include "tools/bench/entries.h"
#include "tools/bench/nodes.h"
#include "tools/bench/scenarios.h"
#include "tools/gen/core_catalogues.h"

namespace xinwang::bench {
namespace {

constexpr std::uint16_t to_city = 1;
constexpr std::uint64_t block_records = 8'000;

// u32 length | log id | seq | batch id | entries | index rows | frontier | header and pieces
Bytes encode(const AppendBatch& batch) {
    Writer out;
    batch.log.write(out);
    out.u64(batch.seq);
    out.block(batch.id);
    out.u32(batch.entries);
    out.u32(static_cast<std::uint32_t>(batch.index.size()));
    for (const IndexRow& row : batch.index) {
        out.u64(row.record_hash);
        out.u64(row.subject_hash);
        out.u32(row.position);
        out.u32(row.catalogue_hash);
        out.u32(row.date);
    }
    out.bytes16(batch.frontier);
    out.bytes32(*batch.header);
    for (const auto& piece : batch.pieces) out.bytes32(*piece);
    return out.take();
}

AppendBatch decode(View bytes) {
    Reader in(bytes, "sealed batch");
    AppendBatch batch;
    const auto log = LogId::read(in);
    XW_CHECK(log);
    batch.log = *log;
    batch.seq = in.u64();
    batch.id = in.block<BatchId>();
    batch.entries = in.u32();
    batch.index.resize(in.u32());
    for (IndexRow& row : batch.index) {
        row.record_hash = in.u64();
        row.subject_hash = in.u64();
        row.position = in.u32();
        row.catalogue_hash = in.u32();
        row.date = in.u32();
    }
    batch.frontier = to_bytes(in.bytes16());
    batch.header = std::make_shared<const Bytes>(to_bytes(in.bytes32()));
    while (in.good() && !in.rest().empty())
        batch.pieces.push_back(std::make_shared<const Bytes>(to_bytes(in.bytes32())));
    XW_CHECK(in.done());
    return batch;
}

const Catalogue& check(const Result<Catalogue>& catalogue) {
    XW_CHECK(catalogue);
    return *catalogue;
}

SealJob job_for(const LogId& log, const JobRoom& room) {
    SealJob job;
    job.log = log;
    job.created_ms = 1'795'000'000'000;
    SealGroup group;
    group.policy = to_city;
    group.recipients.push_back({room.self, 1, room.open_keys.newest().second.public_key()});
    job.groups.push_back(std::move(group));
    return job;
}

double ms_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

FilledRecords::FilledRecords(std::uint64_t records, std::uint64_t seed)
    : catalogue_(check(parse_catalogue(licence_catalogue_toml()))),
      subjects_(std::max<std::uint64_t>(1, records / 10)),
      sampler_(catalogue_, SampleOptions{.seed = seed, .subjects = subjects_}) {}

SealedFile seal_to_file(const std::filesystem::path& path, const FilledRecords& source, std::uint64_t first,
                        std::uint64_t count, const JobRoom& room) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    // A log of its own for each file.
    const auto life = *Incarnation::from(random_bytes(Incarnation::size));
    SealJob job = job_for({room.self, life, Lane::records, {}}, room);
    Frontier tree;
    std::uint64_t bytes = 0;
    for (std::uint64_t done = 0; done < count;) {
        EntryBlock block;
        for (std::uint64_t i = std::min(block_records, count - done); i > 0; --i, ++done)
            block.add(encode(source.entry(first + done)));
        bytes += block.bytes() - block.size() * EntryBlock::length_bytes;
        job.groups.front().entries = std::make_shared<const EntryBlock>(std::move(block));
        for (Sealed::Part& part : run_seal(job, room).parts) {
            tree.append(part.id);
            AppendBatch batch{job.log,
                              job.seq++,
                              part.id,
                              part.pieces.front(),
                              {},
                              part.entries,
                              job.created_ms,
                              std::move(part.index),
                              tree.serialise()};
            batch.pieces.assign(part.pieces.begin() + 1, part.pieces.end());
            job.previous = part.id;
            Writer out;
            out.bytes32(encode(batch));
            file.write(reinterpret_cast<const char*>(out.bytes().data()),
                       static_cast<std::streamsize>(out.bytes().size()));
        }
    }
    file.close();
    XW_CHECK(file);
    sync_file(path);
    return {path, count, static_cast<double>(bytes) / static_cast<double>(count)};
}

SealedReader::SealedReader(std::vector<SealedFile> files, std::size_t ahead)
    : files_(std::move(files)), ahead_(ahead), thread_([this] { run(); }) {}

SealedReader::~SealedReader() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void SealedReader::wait_until_ahead() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || ready_.size() == ahead_; });
}

std::optional<AppendBatch> SealedReader::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
    if (ready_.empty()) return std::nullopt;
    AppendBatch batch = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return batch;
}

void SealedReader::run() {
    std::deque<std::ifstream> open;
    for (const SealedFile& file : files_) open.emplace_back(file.path, std::ios::binary);
    Bytes read;
    while (!open.empty()) {
        std::array<std::uint8_t, 4> length{};
        std::ifstream file = std::move(open.front());
        open.pop_front();
        if (!file.read(reinterpret_cast<char*>(length.data()), length.size())) continue;  // at its end
        read.resize(Reader(length, "length").u32());
        file.read(reinterpret_cast<char*>(read.data()), static_cast<std::streamsize>(read.size()));
        XW_CHECK(file);
        open.push_back(std::move(file));
        AppendBatch batch = decode(read);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || ready_.size() < ahead_; });
        if (stopping_) return;
        ready_.push_back(std::move(batch));
        lock.unlock();
        changed_.notify_all();
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
}

Result<FilledNode> FilledNode::open(const std::filesystem::path& dir) {
    XW_TRY(node, open_node(dir));
    FilledNode filled{std::move(node.store),
                      {node.loop.identity.node, node.loop.identity.sign_key, node.loop.open_keys, nullptr}};
    filled.room.store = filled.store.get();
    return filled;
}

FillTimes fill(Store& store, SealedReader& reader, std::uint64_t commit_records, std::uint64_t edge,
               const std::atomic<bool>* stop) {
    FillTimes times;
    std::vector<double> commits;
    std::vector<std::pair<std::uint64_t, double>> reached{{0, 0.0}};  // records, milliseconds
    std::vector<Write> writes;
    const auto start = std::chrono::steady_clock::now();
    for (bool more = true; more && !(stop != nullptr && *stop);) {
        std::uint64_t records = 0;
        while (records < commit_records && more) {
            auto batch = reader.next();
            more = batch.has_value();
            if (!more) break;
            records += batch->entries;
            writes.emplace_back(std::move(*batch));
        }
        const auto before = std::chrono::steady_clock::now();
        XW_CHECK(store.commit(writes));
        writes.clear();
        commits.push_back(ms_since(before));
        times.records += records;
        reached.emplace_back(times.records, ms_since(start));
    }
    times.seconds = reached.back().second / 1000;
    std::sort(commits.begin(), commits.end());
    times.commit_ms_max = commits.back();
    times.commit_ms_p99 = commits[commits.size() * 99 / 100];
    const auto at = [&](std::uint64_t records) {
        return *std::lower_bound(reached.begin(), reached.end(), std::pair(records, 0.0));
    };
    const auto first = at(std::min(edge, times.records)),
               last = at(times.records - std::min(edge, times.records));
    times.first_per_s = static_cast<double>(first.first) / first.second * 1000;
    times.last_per_s =
        static_cast<double>(times.records - last.first) / (reached.back().second - last.second) * 1000;
    return times;
}

Result<std::vector<SealedFile>> make_unfilled(const std::filesystem::path& dir, std::uint64_t records) {
    XW_TRY(dirs, make_chain(dir, 1));
    XW_TRY(node, FilledNode::open(dirs[0]));
    const FilledRecords source(records);
    std::vector<SealedFile> files(2);
    const std::uint64_t half = records / 2;
    std::thread other(
        [&] { files[1] = seal_to_file(dir / "sealed-1", source, half, records - half, node.room); });
    files[0] = seal_to_file(dir / "sealed-0", source, 0, half, node.room);
    other.join();
    return files;
}

Result<Report> run_fill(const std::filesystem::path& dir, std::uint64_t records) {
    std::filesystem::create_directories(dir);
    XW_TRY(node, make_filled(dir, records));
    XW_TRY(filled, FilledNode::open(node));
    Report report;
    report.add("records", static_cast<double>(records));
    report.add("file_bytes", static_cast<double>(filled.store->sizes().bytes.file_bytes));
    return report;
}

Result<std::filesystem::path> make_filled(const std::filesystem::path& dir, std::uint64_t records) {
    XW_TRY(files, make_unfilled(dir, records));
    XW_TRY(node, FilledNode::open(dir / "0"));
    {
        SealedReader reader(files);
        fill(*node.store, reader, 40'000, records);
    }
    for (const SealedFile& file : files) std::filesystem::remove(file.path);
    return dir / "0";
}

}  // namespace xinwang::bench
