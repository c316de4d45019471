#include "storage/lmdb_kv.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "protocol/base/check.h"
#include "storage/ballast.h"

namespace xinwang {
namespace {

[[noreturn]] void fail(const char* call, int rc) {
    throw StoreFailure(std::string(call) + ": " + mdb_strerror(rc));
}

void demand(const char* call, int rc) {
    if (rc != MDB_SUCCESS) fail(call, rc);
}

bool is_full(int rc) {
    return rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == ENOSPC || rc == EDQUOT;
}

MDB_val val(View v) {
    return {v.size(), const_cast<std::uint8_t*>(v.data())};
}
View view_of(const MDB_val& v) {
    return {static_cast<const std::uint8_t*>(v.mv_data), v.mv_size};
}

using Tables = std::array<MDB_dbi, tables_max + 1>;

// What reading and writing transactions have in common.
std::optional<View> get_in(MDB_txn* txn, const Tables& tables, Table table, View key) {
    MDB_val k = val(key), v{};
    const int rc = mdb_get(txn, tables[static_cast<std::size_t>(table)], &k, &v);
    if (rc == MDB_NOTFOUND) return std::nullopt;
    demand("mdb_get", rc);
    return view_of(v);
}

class LmdbReader final : public KvReader {
  public:
    LmdbReader(MDB_env* env, const Tables& tables) : tables_(tables) {
        demand("mdb_txn_begin", mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn_));
    }
    ~LmdbReader() override { mdb_txn_abort(txn_); }

    std::optional<View> get(Table table, View key) const override { return get_in(txn_, tables_, table, key); }

    void scan(Table table, View from, const Visitor& visit) const override {
        MDB_cursor* cursor = nullptr;
        demand("mdb_cursor_open", mdb_cursor_open(txn_, tables_[static_cast<std::size_t>(table)], &cursor));
        MDB_val k = val(from), v{};
        int rc = mdb_cursor_get(cursor, &k, &v, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
        while (rc == MDB_SUCCESS && visit(view_of(k), view_of(v))) rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
        mdb_cursor_close(cursor);
        if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) fail("mdb_cursor_get", rc);
    }

    std::uint64_t count(Table table) const override {
        MDB_stat stat{};
        demand("mdb_stat", mdb_stat(txn_, tables_[static_cast<std::size_t>(table)], &stat));
        return stat.ms_entries;
    }

  private:
    const Tables& tables_;
    MDB_txn* txn_ = nullptr;
};

class LmdbWriter final : public KvWriter {
  public:
    LmdbWriter(MDB_env* env, const Tables& tables, Ballast& ballast, bool over_quota)
        : tables_(tables), ballast_(ballast), full_(over_quota) {
        demand("mdb_txn_begin", mdb_txn_begin(env, nullptr, 0, &txn_));
    }
    ~LmdbWriter() override {
        if (txn_ != nullptr) mdb_txn_abort(txn_);
    }

    std::optional<View> get(Table table, View key) const override { return get_in(txn_, tables_, table, key); }

    std::span<std::uint8_t> put(Table table, View key, std::size_t size, Place place) override {
        XW_CHECK(!key.empty() && key.size() <= kv_key_bytes_max && size <= kv_value_bytes_max);
        if (full_) return discarded(size);
        MDB_val k = val(key), v{size, nullptr};
        const unsigned flags = MDB_RESERVE | (place == Place::at_end ? MDB_APPEND : 0u);
        const int rc = mdb_put(txn_, tables_[static_cast<std::size_t>(table)], &k, &v, flags);
        if (is_full(rc)) {
            full_ = true;
            return discarded(size);
        }
        demand("mdb_put", rc);
        return {static_cast<std::uint8_t*>(v.mv_data), size};
    }

    void erase(Table table, View key) override {
        if (full_) return;
        MDB_val k = val(key);
        const int rc = mdb_del(txn_, tables_[static_cast<std::size_t>(table)], &k, nullptr);
        if (is_full(rc)) full_ = true;
        if (rc != MDB_NOTFOUND && !full_) demand("mdb_del", rc);
    }

    Result<void> commit() override {
        if (!full_) {
            const int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
            if (rc == MDB_SUCCESS) return {};
            // Anything but "full" may or may not be on disk: only a restart can tell.
            if (!is_full(rc)) fail("mdb_txn_commit", rc);
        }
        if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
        ballast_.release();
        return refuse(Code::store_full, "store", std::to_string(ballast_.free_bytes()));
    }

  private:
    std::span<std::uint8_t> discarded(std::size_t size) {
        scratch_.resize(size);
        return scratch_;
    }
    const Tables& tables_;
    Ballast& ballast_;
    MDB_txn* txn_ = nullptr;
    bool full_;
    Bytes scratch_;
};

class LmdbKv final : public Kv {
  public:
    LmdbKv(int lock_fd, const std::filesystem::path& directory, const LmdbOptions& options)
        : lock_fd_(lock_fd), options_(options), ballast_(directory / "ballast", options.ballast_bytes) {
        demand("mdb_env_create", mdb_env_create(&env_));
        demand("mdb_env_set_maxdbs", mdb_env_set_maxdbs(env_, tables_max + 1));
        demand("mdb_env_set_mapsize", mdb_env_set_mapsize(env_, options.map_bytes));
        demand("mdb_env_set_maxreaders", mdb_env_set_maxreaders(env_, options.readers_max));
        demand("mdb_env_open", mdb_env_open(env_, directory.c_str(), MDB_NOTLS, 0600));
        int dead = 0;
        demand("mdb_reader_check", mdb_reader_check(env_, &dead));
        open_tables();
        ballast_.take();
    }
    ~LmdbKv() override {
        mdb_env_close(env_);
        ::close(lock_fd_);
    }

    std::unique_ptr<KvReader> read() const override { return std::make_unique<LmdbReader>(env_, tables_); }
    std::unique_ptr<KvWriter> write() override {
        return std::make_unique<LmdbWriter>(env_, tables_, ballast_, used_bytes() > options_.quota_bytes);
    }

    std::uint64_t used_bytes() const override {
        MDB_envinfo info{};
        MDB_stat stat{};
        demand("mdb_env_info", mdb_env_info(env_, &info));
        demand("mdb_env_stat", mdb_env_stat(env_, &stat));
        return (info.me_last_pgno + 1) * stat.ms_psize;
    }

    bool has_room() const override {
        constexpr std::uint64_t ordinary_commit_bytes = 16u << 20;
        return used_bytes() + ordinary_commit_bytes < options_.quota_bytes &&
               ballast_.free_bytes() > ordinary_commit_bytes;
    }

  private:
    void open_tables() {
        MDB_txn* txn = nullptr;
        demand("mdb_txn_begin", mdb_txn_begin(env_, nullptr, 0, &txn));
        for (std::size_t i = 1; i <= tables_max; ++i) {
            const int rc = mdb_dbi_open(txn, table_name(Table(i)), MDB_CREATE, &tables_[i]);
            if (rc == MDB_SUCCESS) continue;
            mdb_txn_abort(txn);
            fail("mdb_dbi_open", rc);
        }
        demand("mdb_txn_commit", mdb_txn_commit(txn));
    }

    int lock_fd_;
    LmdbOptions options_;
    Ballast ballast_;
    MDB_env* env_ = nullptr;
    Tables tables_{};
};

}  // namespace

const char* table_name(Table table) {
    static constexpr const char* names[] = {"",         "format",   "meta",         "logs",       "positions",
                                            "batches",  "by_record", "by_subject",  "heads",      "receipts",
                                            "certificates", "catalogues", "submissions", "rows",  "outcomes",
                                            "pending",  "invitations", "quarantine", "packages",  "package_rows"};
    static_assert(std::size(names) == tables_max + 1);
    return names[static_cast<std::size_t>(table)];
}

Result<std::unique_ptr<Kv>> open_lmdb_kv(const std::filesystem::path& directory, const LmdbOptions& options) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) return refuse(Code::store_unusable, "store", directory.string(), failed.message());
    // LMDB's own lock lets a second process in; two writers of one node would number the same batches.
    const int lock = ::open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0) return refuse(Code::store_unusable, "store", directory.string(), std::strerror(errno));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock);
        return refuse(Code::store_locked, "store", directory.string());
    }
    try {
        return std::make_unique<LmdbKv>(lock, directory, options);
    } catch (const StoreFailure& failure) {
        return refuse(Code::store_unusable, "store", directory.string(), failure.what());
    }
}

}  // namespace xinwang
