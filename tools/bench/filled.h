// A city's node directory whose store holds many records, as two years of reports would leave it: real
// batches, each sealed for the city and readable by it, in two logs of its own. The records to store are
// sealed into files before any clock starts, because sealing a record costs more than storing one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "node/edge/node_dir.h"
#include "tools/gen/sample.h"

namespace xinwang::bench {

// A record of the filled store, made again from its number.
class FilledRecords {
  public:
    // Records of another seed are about other organisations.
    explicit FilledRecords(std::uint64_t records, std::uint64_t seed = 1);
    FilledRecords(const FilledRecords&) = delete;
    FilledRecords& operator=(const FilledRecords&) = delete;
    Entry entry(std::uint64_t number) const { return sampler_.entry(number); }
    // The number of organisations: each has ten records, spread over the whole store.
    std::uint64_t subjects() const { return subjects_; }
    const Catalogue& catalogue() const { return catalogue_; }

  private:
    const Catalogue catalogue_;
    const std::uint64_t subjects_;
    const Sampler sampler_;
};

// Records first .. first+count-1 sealed into batches of one log of `node`, in a file.
struct SealedFile {
    std::filesystem::path path;
    std::uint64_t records = 0;
    double record_bytes = 0;  // mean, as encoded
};
SealedFile seal_to_file(const std::filesystem::path& path, const FilledRecords& source, std::uint64_t first,
                        std::uint64_t count, const JobRoom& room);

// Reads the batches of such files in turn, ahead on a thread of its own, ready to be committed.
class SealedReader {
  public:
    // `ahead`: how many batches are held ready.
    explicit SealedReader(std::vector<SealedFile> files, std::size_t ahead = 64);
    ~SealedReader();
    // Waits until `ahead` batches are held ready, or everything is read.
    void wait_until_ahead();
    // The next batch; empty at the end.
    std::optional<AppendBatch> next();

  private:
    void run();
    std::vector<SealedFile> files_;
    const std::size_t ahead_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<AppendBatch> ready_;
    bool ended_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

// The node of a directory under measurement, its store open and nothing running.
struct FilledNode {
    static Result<FilledNode> open(const std::filesystem::path& dir);
    std::unique_ptr<Store> store;
    JobRoom room;
};

// The times of the commits.
struct FillTimes {
    std::uint64_t records = 0;
    double seconds = 0;
    double commit_ms_max = 0;
    double commit_ms_p99 = 0;
    double first_per_s = 0, last_per_s = 0;  // over the first and the last `edge` records
};
// Commits all that `reader` gives, about `commit_records` at a time, until `stop` says so.
FillTimes fill(Store& store, SealedReader& reader, std::uint64_t commit_records, std::uint64_t edge,
               const std::atomic<bool>* stop = nullptr);

// Seals `records` on two threads and makes `dir`/0 the city's directory, with no records in its store yet.
Result<std::vector<SealedFile>> make_unfilled(const std::filesystem::path& dir, std::uint64_t records);
// Makes the same directory and fills its store.
Result<std::filesystem::path> make_filled(const std::filesystem::path& dir, std::uint64_t records);

}  // namespace xinwang::bench
