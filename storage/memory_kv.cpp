#include "storage/memory_kv.h"

#include "protocol/base/check.h"

namespace xinwang {
namespace {

using Rows = std::map<Bytes, Bytes, BytesLess>;

std::size_t slot(Table table) {
    return static_cast<std::size_t>(table);
}

std::uint64_t free_bytes(const MemoryDisk& disk) {
    const std::uint64_t most = std::min(disk.bytes_max, disk.bytes_quota);
    return most > disk.bytes ? most - disk.bytes : 0;
}

class MemoryReader final : public KvReader {
  public:
    explicit MemoryReader(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

    std::optional<View> get(Table table, View key) const override {
        const auto it = rows(table).find(key);
        return it == rows(table).end() ? std::nullopt : std::optional<View>(it->second);
    }
    void scan(Table table, View from, const Visitor& visit) const override {
        for (auto it = rows(table).lower_bound(from); it != rows(table).end(); ++it)
            if (!visit(it->first, it->second)) return;
    }
    std::optional<KvRow> floor(Table table, View key) const override {
        const auto above = rows(table).upper_bound(key);
        if (above == rows(table).begin()) return std::nullopt;
        const auto& [found, value] = *std::prev(above);
        return KvRow{found, value};
    }
    std::optional<View> last_key(Table table) const override {
        return rows(table).empty() ? std::nullopt : std::optional<View>(rows(table).rbegin()->first);
    }
    std::uint64_t count(Table table) const override { return rows(table).size(); }

  private:
    const Rows& rows(Table table) const { return disk_->tables[slot(table)]; }
    std::shared_ptr<MemoryDisk> disk_;
};

// Works on the tables in place and remembers what it changed, so that it reads what it wrote and leaves no
// trace unless it commits.
class MemoryWriter final : public KvWriter {
  public:
    explicit MemoryWriter(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)), reader_(disk_) {}
    ~MemoryWriter() override {
        if (!spent_) undo();
    }

    std::optional<View> get(Table table, View key) const override { return reader_.get(table, key); }
    void scan(Table table, View from, const Visitor& visit) const override { reader_.scan(table, from, visit); }
    std::optional<KvRow> floor(Table table, View key) const override { return reader_.floor(table, key); }
    std::optional<View> last_key(Table table) const override { return reader_.last_key(table); }
    std::uint64_t count(Table table) const override { return reader_.count(table); }

    std::span<std::uint8_t> put(Table table, View key, std::size_t size, Place place) override {
        XW_CHECK(!spent_ && !key.empty() && key.size() <= kv_key_bytes_max && size <= kv_value_bytes_max);
        Rows& rows = disk_->tables[slot(table)];
        if (place == Place::at_end) XW_CHECK(rows.empty() || BytesLess{}(rows.rbegin()->first, key));
        remember(table, key);
        Bytes& value = rows[to_bytes(key)];
        value.assign(size, 0);
        disk_->bytes += key.size() + size;
        return value;
    }
    void erase(Table table, View key) override {
        XW_CHECK(!spent_);
        remember(table, key);
        disk_->tables[slot(table)].erase(to_bytes(key));
    }
    void clear(Table table) override {
        Rows& rows = disk_->tables[slot(table)];
        while (!rows.empty()) erase(table, to_bytes(rows.begin()->first));
    }

    Result<void> commit() override {
        XW_CHECK(!spent_);
        const auto fault = std::exchange(disk_->fail_next_commit, MemoryDisk::Fault::none);
        const bool grown_over = disk_->bytes > disk_->bytes_max && disk_->bytes > bytes_at_start_;
        if (fault == MemoryDisk::Fault::full || grown_over) {
            undo();
            return refuse(Code::store_full, "store", std::to_string(free_bytes(*disk_)));
        }
        if (fault == MemoryDisk::Fault::lost) {
            undo();
            throw StoreFailure("commit failed, and did not take effect");
        }
        spent_ = true;
        ++disk_->commits;
        if (fault == MemoryDisk::Fault::kept) throw StoreFailure("commit failed, and took effect");
        return {};
    }

  private:
    struct Change {
        Table table;
        Bytes key;
        std::optional<Bytes> before;
    };

    // Takes the row out of the account; the value moves into the journal.
    void remember(Table table, View key) {
        Rows& rows = disk_->tables[slot(table)];
        Change change{table, to_bytes(key), std::nullopt};
        if (const auto it = rows.find(key); it != rows.end()) {
            disk_->bytes -= it->first.size() + it->second.size();
            change.before = std::move(it->second);
            it->second.clear();
        }
        journal_.push_back(std::move(change));
    }
    void undo() {
        spent_ = true;
        for (auto it = journal_.rbegin(); it != journal_.rend(); ++it) {
            Rows& rows = disk_->tables[slot(it->table)];
            if (it->before)
                rows[it->key] = std::move(*it->before);
            else
                rows.erase(it->key);
        }
        disk_->bytes = bytes_at_start_;
    }

    std::shared_ptr<MemoryDisk> disk_;
    MemoryReader reader_;
    std::uint64_t bytes_at_start_ = disk_->bytes;
    std::vector<Change> journal_;
    bool spent_ = false;
};

class MemoryKv final : public Kv {
  public:
    explicit MemoryKv(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}
    std::unique_ptr<KvReader> read() const override { return std::make_unique<MemoryReader>(disk_); }
    std::unique_ptr<KvWriter> write() override { return std::make_unique<MemoryWriter>(disk_); }
    KvSizes sizes() const override { return {disk_->bytes, disk_->bytes, free_bytes(*disk_), disk_->commits}; }
    bool has_room() const override { return disk_->bytes < disk_->bytes_quota; }

  private:
    std::shared_ptr<MemoryDisk> disk_;
};

}  // namespace

std::unique_ptr<Kv> make_memory_kv(std::shared_ptr<MemoryDisk> disk) {
    return std::make_unique<MemoryKv>(std::move(disk));
}

}  // namespace xinwang
