#include "storage/memory_kv.h"

#include "protocol/base/check.h"

namespace xinwang {
namespace {

std::size_t slot(Table table) {
    return static_cast<std::size_t>(table);
}

class MemoryReader final : public KvReader {
  public:
    explicit MemoryReader(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}
    std::optional<View> get(Table table, View key) const override {
        const auto& rows = disk_->tables[slot(table)];
        const auto it = rows.find(to_bytes(key));
        return it == rows.end() ? std::nullopt : std::optional<View>(it->second);
    }
    void scan(Table table, View from, const Visitor& visit) const override {
        const auto& rows = disk_->tables[slot(table)];
        for (auto it = rows.lower_bound(to_bytes(from)); it != rows.end() && visit(it->first, it->second); ++it) {
        }
    }
    std::uint64_t count(Table table) const override { return disk_->tables[slot(table)].size(); }

  private:
    std::shared_ptr<MemoryDisk> disk_;
};

class MemoryWriter final : public KvWriter {
  public:
    explicit MemoryWriter(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}
    std::optional<View> get(Table table, View key) const override {
        const auto changed = changes_.find({table, to_bytes(key)});
        if (changed != changes_.end())
            return changed->second ? std::optional<View>(*changed->second) : std::nullopt;
        return MemoryReader(disk_).get(table, key);
    }
    std::span<std::uint8_t> put(Table table, View key, std::size_t size, Place place) override {
        XW_CHECK(key.size() <= kv_key_bytes_max && size <= kv_value_bytes_max);
        if (place == Place::at_end && !disk_->tables[slot(table)].empty())
            XW_CHECK(to_bytes(key) > disk_->tables[slot(table)].rbegin()->first);
        auto& value = changes_[{table, to_bytes(key)}];
        value.emplace(size);
        return *value;
    }
    void erase(Table table, View key) override { changes_[{table, to_bytes(key)}] = std::nullopt; }
    Result<void> commit() override {
        const auto fault = std::exchange(disk_->fail_next_commit, MemoryDisk::Fault::none);
        if (fault == MemoryDisk::Fault::full || disk_->bytes + growth() > disk_->bytes_max)
            return refuse(Code::store_full, "store", std::to_string(disk_->bytes), std::to_string(disk_->bytes_max));
        if (fault == MemoryDisk::Fault::lost) throw StoreFailure("commit failed: lost");
        disk_->bytes += growth();
        ++disk_->commits;
        for (auto& [at, value] : changes_) {
            auto& rows = disk_->tables[slot(at.first)];
            if (value)
                rows[at.second] = std::move(*value);
            else
                rows.erase(at.second);
        }
        if (fault == MemoryDisk::Fault::kept) throw StoreFailure("commit failed: kept");
        return {};
    }

  private:
    std::uint64_t growth() const {
        std::uint64_t bytes = 0;
        for (const auto& [at, value] : changes_)
            if (value) bytes += at.second.size() + value->size();
        return bytes;
    }
    std::shared_ptr<MemoryDisk> disk_;
    std::map<std::pair<Table, Bytes>, std::optional<Bytes>> changes_;
};

class MemoryKv final : public Kv {
  public:
    explicit MemoryKv(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}
    std::unique_ptr<KvReader> read() const override { return std::make_unique<MemoryReader>(disk_); }
    std::unique_ptr<KvWriter> write() override { return std::make_unique<MemoryWriter>(disk_); }
    std::uint64_t used_bytes() const override { return disk_->bytes; }
    bool has_room() const override { return disk_->bytes < disk_->bytes_max; }

  private:
    std::shared_ptr<MemoryDisk> disk_;
};

}  // namespace

std::unique_ptr<Kv> make_memory_kv(std::shared_ptr<MemoryDisk> disk) {
    return std::make_unique<MemoryKv>(std::move(disk));
}

}  // namespace xinwang
