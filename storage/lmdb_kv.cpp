#include "storage/lmdb_kv.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include "protocol/base/check.h"
#include "storage/ballast.h"
#include "storage/directory_lock.h"
#include "storage/lmdb_pages.h"

namespace xinwang {
namespace {

void demand(const char* call, int rc) {
    if (rc != MDB_SUCCESS) throw StoreFailure(std::string(call) + ": " + mdb_strerror(rc));
}

// MDB_TXN_FULL: more dirty pages than one transaction may hold. A smaller one works, as with a full map.
bool is_full(int rc) {
    return rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == ENOSPC || rc == EDQUOT;
}

MDB_val val(View v) {
    return {v.size(), const_cast<std::uint8_t*>(v.data())};
}
View view_of(const MDB_val& v) {
    return {static_cast<const std::uint8_t*>(v.mv_data), v.mv_size};
}

struct Tables {
    std::array<MDB_dbi, tables_max + 1> handles{};
    LmdbPages pages;
};

struct Cursor {
    Cursor(MDB_txn* txn, MDB_dbi table) { demand("mdb_cursor_open", mdb_cursor_open(txn, table, &handle)); }
    ~Cursor() { mdb_cursor_close(handle); }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    // False at the end.
    bool move(MDB_val& key, MDB_val& value, MDB_cursor_op op) {
        const int rc = mdb_cursor_get(handle, &key, &value, op);
        if (rc == MDB_NOTFOUND) return false;
        demand("mdb_cursor_get", rc);
        return true;
    }
    MDB_cursor* handle = nullptr;
};

// One LMDB transaction of either kind and what both can do.
class Transaction {
  public:
    Transaction(MDB_env* env, const Tables& tables, unsigned flags) : tables_(&tables) {
        demand("mdb_txn_begin", mdb_txn_begin(env, nullptr, flags, &txn_));
    }
    ~Transaction() { abort(); }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    std::optional<View> get(Table table, View key) const {
        if (key.empty() || key.size() > kv_key_bytes_max || is_absent(table)) return std::nullopt;
        MDB_val k = val(key), v{};
        const int rc = mdb_get(txn_, dbi(table), &k, &v);
        if (rc == MDB_NOTFOUND) return std::nullopt;
        demand("mdb_get", rc);
        return value_of(v);
    }
    void scan(Table table, View from, const KvReader::Visitor& visit) const {
        if (is_absent(table)) return;
        Cursor cursor(txn_, dbi(table));
        MDB_val k = val(from), v{};
        bool more = cursor.move(k, v, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
        while (more && visit(view_of(k), value_of(v))) {
            const View before = view_of(k);
            more = cursor.move(k, v, MDB_NEXT);
            // A branch page that leads back to where the walk has been would never let it end.
            if (more && !std::ranges::lexicographical_compare(before, view_of(k)))
                throw StoreFailure(std::string("keys out of order in table ") + table_name(table));
        }
    }
    std::optional<KvRow> floor(Table table, View key) const {
        if (is_absent(table)) return std::nullopt;
        Cursor cursor(txn_, dbi(table));
        MDB_val k = val(key), v{};
        const bool at_or_above = cursor.move(k, v, MDB_SET_RANGE);
        if (at_or_above && equal(view_of(k), key)) return KvRow{view_of(k), value_of(v)};
        if (!cursor.move(k, v, at_or_above ? MDB_PREV : MDB_LAST)) return std::nullopt;
        return KvRow{view_of(k), value_of(v)};
    }
    std::optional<View> last_key(Table table) const {
        if (is_absent(table)) return std::nullopt;
        Cursor cursor(txn_, dbi(table));
        MDB_val k{}, v{};
        return cursor.move(k, v, MDB_LAST) ? std::optional<View>(view_of(k)) : std::nullopt;
    }
    std::uint64_t count(Table table) const {
        if (is_absent(table)) return 0;
        MDB_stat stat{};
        demand("mdb_stat", mdb_stat(txn_, dbi(table), &stat));
        return stat.ms_entries;
    }
    // Pages that earlier commits gave back, from number `from` on: LMDB lists them in its database 0, each
    // value a count and the numbers.
    std::uint64_t free_pages(std::uint64_t from = 0) const {
        Cursor cursor(txn_, 0);
        MDB_val k{}, v{};
        std::uint64_t pages = 0, before = 0;
        for (bool more = cursor.move(k, v, MDB_FIRST); more; more = cursor.move(k, v, MDB_NEXT)) {
            std::uint64_t commit = 0;
            if (k.mv_size == sizeof commit) std::memcpy(&commit, k.mv_data, sizeof commit);
            if (commit <= before) throw StoreFailure("the list of free pages is damaged");
            before = commit;
            std::size_t count = 0, number = 0;
            if (v.mv_size >= sizeof count) std::memcpy(&count, v.mv_data, sizeof count);
            if (from == 0) {
                pages += count;
                continue;
            }
            const auto* at = static_cast<const std::uint8_t*>(v.mv_data);
            for (std::size_t i = 1; i <= count && (i + 1) * sizeof number <= v.mv_size; ++i) {
                std::memcpy(&number, at + i * sizeof number, sizeof number);
                pages += number >= from;
            }
        }
        return pages;
    }
    // Where some row of the environment's main database lies; nullptr when there is none.
    const void* any_row() const {
        MDB_dbi main = 0;
        demand("mdb_dbi_open", mdb_dbi_open(txn_, nullptr, 0, &main));
        Cursor cursor(txn_, main);
        MDB_val k{}, v{};
        return cursor.move(k, v, MDB_FIRST) ? v.mv_data : nullptr;
    }

    MDB_txn* handle() const { return txn_; }
    MDB_dbi dbi(Table table) const { return tables_->handles[static_cast<std::size_t>(table)]; }
    // Opened to read only, and an earlier release did not know the table. LMDB's own database is number 0.
    bool is_absent(Table table) const { return dbi(table) == 0; }
    bool open() const { return txn_ != nullptr; }
    int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }
    void abort() {
        if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
    }

  private:
    // Of a page that lies in another's place nothing is given: the empty view is no framed value (value.h).
    View value_of(const MDB_val& v) const { return tables_->pages.in_place(v.mv_data) ? view_of(v) : View{}; }

    const Tables* tables_;
    MDB_txn* txn_ = nullptr;
};

class LmdbReader final : public KvReader {
  public:
    LmdbReader(MDB_env* env, const Tables& tables) : txn_(env, tables, MDB_RDONLY) {}
    std::optional<View> get(Table table, View key) const override { return txn_.get(table, key); }
    void scan(Table table, View from, const Visitor& visit) const override { txn_.scan(table, from, visit); }
    std::optional<KvRow> floor(Table table, View key) const override { return txn_.floor(table, key); }
    std::optional<View> last_key(Table table) const override { return txn_.last_key(table); }
    std::uint64_t count(Table table) const override { return txn_.count(table); }

  private:
    Transaction txn_;
};

class LmdbWriter final : public KvWriter {
  public:
    LmdbWriter(MDB_env* env, const Tables& tables, const Ballast& ballast)
        : env_(env), txn_(env, tables, 0), ballast_(ballast) {}

    std::optional<View> get(Table table, View key) const override {
        return full_ ? std::nullopt : txn_.get(table, key);
    }
    void scan(Table table, View from, const Visitor& visit) const override {
        if (!full_) txn_.scan(table, from, visit);
    }
    std::optional<KvRow> floor(Table table, View key) const override {
        return full_ ? std::nullopt : txn_.floor(table, key);
    }
    std::optional<View> last_key(Table table) const override {
        return full_ ? std::nullopt : txn_.last_key(table);
    }
    std::uint64_t count(Table table) const override { return full_ ? 0 : txn_.count(table); }

    std::span<std::uint8_t> put(Table table, View key, std::size_t size, Place place) override {
        XW_CHECK(!key.empty() && key.size() <= kv_key_bytes_max && size <= kv_value_bytes_max);
        if (full_) return nowhere(size);
        MDB_val k = val(key), v{size, nullptr};
        const unsigned flags = MDB_RESERVE | (place == Place::at_end ? MDB_APPEND : 0u);
        const int rc = mdb_put(txn_.handle(), txn_.dbi(table), &k, &v, flags);
        XW_CHECK(rc != MDB_KEYEXIST);  // at_end, but the key was not the largest
        if (is_full(rc)) {
            full_ = true;
            return nowhere(size);
        }
        demand("mdb_put", rc);
        return {static_cast<std::uint8_t*>(v.mv_data), size};
    }

    void erase(Table table, View key) override {
        if (full_) return;
        MDB_val k = val(key);
        const int rc = mdb_del(txn_.handle(), txn_.dbi(table), &k, nullptr);
        if (is_full(rc))
            full_ = true;  // erasing copies pages, too
        else if (rc != MDB_NOTFOUND)
            demand("mdb_del", rc);
    }

    void clear(Table table) override {
        if (full_) return;
        const int rc = mdb_drop(txn_.handle(), txn_.dbi(table), 0);
        if (is_full(rc))
            full_ = true;
        else
            demand("mdb_drop", rc);
    }

    Result<void> commit() override {
        XW_CHECK(txn_.open());
        if (!full_) {
            const int rc = txn_.commit();
            if (rc == MDB_SUCCESS) return {};
            // Whatever else went wrong, the commit may or may not be on disk: only a restart can tell.
            if (!is_full(rc) && !was_cut_short(rc)) demand("mdb_txn_commit", rc);
        }
        txn_.abort();
        const std::uint64_t left = ballast_.free_bytes();
        ballast_.release();
        return refuse(Code::store_full, "store", std::to_string(left));
    }

  private:
    std::span<std::uint8_t> nowhere(std::size_t size) {
        scratch_.resize(size);
        return scratch_;
    }
    // The disk ran full in the middle of a write of pages, which LMDB reports as EIO. Then the meta page was
    // not touched, and nothing happened; had it been, the environment would refuse every transaction from now
    // on.
    bool was_cut_short(int rc) const {
        constexpr std::uint64_t left_bytes = 1u << 20;  // less than this remains behind a write of 64 pages
        if (rc != EIO || ballast_.disk_free_bytes() >= left_bytes) return false;
        MDB_txn* probe = nullptr;
        if (mdb_txn_begin(env_, nullptr, MDB_RDONLY, &probe) != MDB_SUCCESS) return false;
        mdb_txn_abort(probe);
        return true;
    }

    MDB_env* env_;
    Transaction txn_;
    const Ballast& ballast_;
    bool full_ = false;
    Bytes scratch_;
};

bool fits_memory(std::uint64_t file_bytes) {
    const auto memory_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                              static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return file_bytes <= memory_bytes / 2;
}

// Read-ahead helps while the store fits into memory, and evicts what is needed once it does not.
unsigned read_ahead_flag(const std::filesystem::path& directory) {
    std::error_code none;
    const auto file_bytes = std::filesystem::file_size(directory / "data.mdb", none);
    return !none && !fits_memory(file_bytes) ? MDB_NORDAHEAD : 0u;
}

struct Environment {
    Environment(const std::filesystem::path& directory, const LmdbOptions& options) {
        demand("mdb_env_create", mdb_env_create(&handle));
        try {
            demand("mdb_env_set_maxdbs", mdb_env_set_maxdbs(handle, tables_max));
            demand("mdb_env_set_mapsize", mdb_env_set_mapsize(handle, options.map_bytes));
            demand("mdb_env_set_maxreaders", mdb_env_set_maxreaders(handle, options.readers_max));
            const unsigned read_only = options.read_only ? MDB_RDONLY | MDB_NOLOCK : 0u;
            demand("mdb_env_open", mdb_env_open(handle, directory.c_str(),
                                                MDB_NOTLS | read_ahead_flag(directory) | read_only, 0600));
            int dead = 0;
            demand("mdb_reader_check", mdb_reader_check(handle, &dead));
        } catch (...) {
            mdb_env_close(handle);
            throw;
        }
    }
    ~Environment() { mdb_env_close(handle); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    MDB_env* handle = nullptr;
};

void sync_directory(const std::filesystem::path& directory) {
    const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const std::string reason = std::strerror(errno);
    if (file >= 0) ::close(file);
    if (!synced) throw StoreFailure("fsync " + directory.string() + ": " + reason);
}

// LMDB writes the first pages of a new file without a sync and never syncs the file's name: a crash then could
// leave a file that cannot be opened, or none although commits were acknowledged. So the file is made
// elsewhere, and gets its name when it is whole.
void make_file(const std::filesystem::path& directory, const LmdbOptions& options) {
    const auto elsewhere = directory / "new";
    std::filesystem::remove_all(elsewhere);
    if (std::filesystem::exists(directory / "data.mdb")) {
        // LMDB would make an empty store of it.
        if (std::filesystem::is_empty(directory / "data.mdb")) throw StoreFailure("data.mdb is empty");
        return;
    }
    std::filesystem::create_directory(elsewhere);
    {
        const Environment fresh(elsewhere, options);
        demand("mdb_env_sync", mdb_env_sync(fresh.handle, 1));
    }
    std::filesystem::rename(elsewhere / "data.mdb", directory / "data.mdb");
    sync_directory(directory);
    sync_directory(directory.parent_path());
    std::filesystem::remove_all(elsewhere);
}

class LmdbKv final : public Kv {
  public:
    LmdbKv(DirectoryLock lock, const std::filesystem::path& directory, const LmdbOptions& options)
        : lock_(std::move(lock)),
          options_(options),
          ballast_(options.ballast_file.empty() ? directory / "ballast" : options.ballast_file,
                   options.ballast_bytes),
          env_(directory, options) {
        check_length();
        open_tables();
        if (!options.read_only) ballast_.take();
    }

    std::unique_ptr<KvReader> read() const override {
        return std::make_unique<LmdbReader>(env_.handle, tables_);
    }
    bool read_only() const override { return options_.read_only; }
    std::unique_ptr<KvWriter> write() override {
        XW_CHECK(!options_.read_only);
        return std::make_unique<LmdbWriter>(env_.handle, tables_, ballast_);
    }

    KvSizes sizes() const override {
        const std::uint64_t file = file_bytes();
        const Transaction reader(env_.handle, tables_, MDB_RDONLY);
        const std::uint64_t used = file - std::min(file, reader.free_pages() * page_bytes());
        const std::uint64_t below_quota = options_.quota_bytes - std::min(options_.quota_bytes, used);
        MDB_envinfo info{};
        demand("mdb_env_info", mdb_env_info(env_.handle, &info));
        return {file, used, std::min(below_quota, ballast_.free_bytes()), info.me_last_txnid};
    }

    bool has_room() const override {
        // The list of free pages is walked only when the file itself has come that far.
        if (file_bytes() >= options_.quota_bytes && sizes().used_bytes >= options_.quota_bytes) return false;
        if (ballast_.free_bytes() < options_.reserve_bytes) return false;
        ballast_.take();  // given up in need, and the need is over
        return true;
    }

    Result<Copied> copy_to(const std::filesystem::path& directory, const CopyRule& rule) const override {
        const auto file = directory / "data.mdb";
        const Attempt compact = try_copy(file, rule, MDB_CP_COMPACT);
        if (compact.rc == MDB_SUCCESS || !compact.copied) return compact.copied;
        // Compacting fails where an environment once leaked a page (node/DESIGN.md, D8); the
        // pages can still be had as they lie.
        std::filesystem::remove(file);
        Attempt plain = try_copy(file, rule, 0);
        if (!plain.copied) return plain.copied;
        demand("mdb_env_copyfd2", plain.rc);
        plain.copied->compact = false;
        return plain.copied;
    }

    void warm_up(const std::stop_token& stop) const override {
        constexpr std::uint64_t step = 32u << 20;
        // Less than two steps are soon in memory by themselves, and a host of villages has thousands of those.
        const std::uint64_t bytes = file_bytes();
        if (bytes < 2 * step || !fits_memory(bytes)) return;
        for (std::uint64_t at = 0; at < bytes && !stop.stop_requested(); at += step)
            if (!tables_.pages.populate(at, std::min(step, bytes - at))) return;
    }

  private:
    struct Attempt {
        int rc = MDB_SUCCESS;   // LMDB's
        Result<Copied> copied;  // what arrived on the other side; all of it only when rc is success
    };
    // LMDB writes into a pipe, on a thread of its own; what comes out is hashed, paced and synced here.
    Attempt try_copy(const std::filesystem::path& file, const CopyRule& rule, unsigned flags) const {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) throw StoreFailure(std::string("pipe2: ") + std::strerror(errno));
        int rc = MDB_SUCCESS;
        std::thread writer([&] {
            // The reading end may close early; LMDB then sees EPIPE.
            sigset_t broken_pipe;
            sigemptyset(&broken_pipe);
            sigaddset(&broken_pipe, SIGPIPE);
            pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
            rc = mdb_env_copyfd2(env_.handle, ends[1], flags);
            ::close(ends[1]);
        });
        const auto finish = [&] {
            ::close(ends[0]);
            writer.join();
        };
        try {
            auto copied = copy_stream(ends[0], file, rule);
            finish();
            return {rc, std::move(copied)};
        } catch (...) {
            finish();
            throw;
        }
    }
    void open_tables() {
        Transaction txn(env_.handle, tables_, options_.read_only ? MDB_RDONLY : 0u);
        for (std::size_t i = 1; i <= tables_max; ++i) {
            const unsigned make = options_.read_only ? 0u : MDB_CREATE;
            const int rc = mdb_dbi_open(txn.handle(), table_name(Table(i)), make, &tables_.handles[i]);
            if (rc == MDB_NOTFOUND && options_.read_only)
                tables_.handles[i] = 0;
            else
                demand("mdb_dbi_open", rc);
        }
        demand("mdb_txn_commit", txn.commit());
        const Transaction reader(env_.handle, tables_, MDB_RDONLY);
        if (const void* any = reader.any_row())
            tables_.pages = LmdbPages(any, page_bytes(), options_.map_bytes);
    }
    // A file that lost its end would end the process where it is read (SIGBUS), again after every start. It may
    // be shorter than the pages that were ever given out, when the last of them are free and were never
    // written.
    void check_length() const {
        struct stat file {};
        int descriptor = -1;
        demand("mdb_env_get_fd", mdb_env_get_fd(env_.handle, &descriptor));
        if (::fstat(descriptor, &file) != 0) throw StoreFailure(std::string("fstat: ") + std::strerror(errno));
        const std::uint64_t held = static_cast<std::uint64_t>(file.st_size) / page_bytes();
        const std::uint64_t given = file_bytes() / page_bytes();
        if (held >= given) return;
        const Transaction reader(env_.handle, tables_, MDB_RDONLY);
        if (reader.free_pages(held) < given - held)
            throw StoreFailure("data.mdb ends at page " + std::to_string(held) + " of " +
                               std::to_string(given));
    }
    std::uint64_t page_bytes() const {
        MDB_stat stat{};
        demand("mdb_env_stat", mdb_env_stat(env_.handle, &stat));
        return stat.ms_psize;
    }
    std::uint64_t file_bytes() const {
        MDB_envinfo info{};
        demand("mdb_env_info", mdb_env_info(env_.handle, &info));
        return (info.me_last_pgno + 1) * page_bytes();
    }

    DirectoryLock lock_;  // outlives the environment
    LmdbOptions options_;
    Ballast ballast_;
    Environment env_;
    Tables tables_{};
};

}  // namespace

Result<std::unique_ptr<Kv>> open_lmdb_kv(const std::filesystem::path& directory, const LmdbOptions& options) {
    XW_CHECK(options.quota_bytes <= options.map_bytes);
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) return refuse(Code::store_unusable, "store", directory.string(), failed.message());
    // LMDB's own lock lets a second process in; two processes of one node would number the same batches.
    XW_TRY(lock, DirectoryLock::take(directory));
    try {
        if (!options.read_only) make_file(std::filesystem::absolute(directory), options);
        return std::make_unique<LmdbKv>(std::move(lock), directory, options);
    } catch (const std::runtime_error& failure) {  // StoreFailure, or the file system's
        return refuse(Code::store_unusable, "store", directory.string(), failure.what());
    }
}

}  // namespace xinwang
