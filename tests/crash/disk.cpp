#include "tests/crash/disk.h"

#include <algorithm>

namespace xinwang::crash {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t sector_bytes = 512;

// SplitMix64: each number of the sequence depends on seed and place alone.
std::uint64_t draw(std::uint64_t seed, std::uint64_t place) {
    std::uint64_t x = seed + (place + 1) * 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

std::uint64_t unit_of(Loss loss) {
    return loss == Loss::sectors || loss == Loss::torn_512 ? sector_bytes : page_bytes;
}

bool is_torn(Loss loss) {
    return loss == Loss::torn_4k || loss == Loss::torn_512;
}

}  // namespace

const char* name_of(Loss loss) {
    switch (loss) {
        case Loss::nothing:
            return "kept";
        case Loss::all:
            return "lost";
        case Loss::pages:
            return "some-pages";
        case Loss::sectors:
            return "some-sectors";
        case Loss::torn_4k:
            return "torn-4096";
        case Loss::torn_512:
            return "torn-512";
    }
    return "";
}

void Disk::put(std::string& content, std::uint64_t offset, std::string_view bytes) {
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
    std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

void Disk::apply_name(const Operation& operation, Names& names, const FilePtr& file) {
    const std::string path(operation.bytes);
    switch (operation.kind) {
        case Kind::create:
            names[path] = file;
            break;
        case Kind::rename: {
            const std::size_t zero = path.find('\0');
            const auto from = names.find(path.substr(0, zero));
            if (from == names.end()) break;
            names[path.substr(zero + 1)] = from->second;
            names.erase(path.substr(0, zero));
            break;
        }
        case Kind::unlink:
            names.erase(path);
            break;
        default:
            break;
    }
}

void Disk::apply(const Operation& operation) {
    ++operations_;
    last_write_.reset();
    const auto known = files_.find(operation.file);
    const FilePtr file = known == files_.end() ? nullptr : known->second;
    switch (operation.kind) {
        case Kind::create:
            files_[operation.file] = std::make_shared<File>();
            unsynced_names_.emplace_back(operation, files_[operation.file]);
            break;
        case Kind::rename:
        case Kind::unlink:
            unsynced_names_.emplace_back(operation, nullptr);
            break;
        case Kind::write:
            if (!file) break;
            last_write_ = Write{operation.number, operation.bytes, operations_};
            file->unsynced.push_back(*last_write_);
            file->size = std::max<std::uint64_t>(file->size, operation.number + operation.bytes.size());
            break;
        case Kind::write_sync:
            if (!file) break;
            put(file->durable, operation.number, operation.bytes);
            file->size = std::max<std::uint64_t>(file->size, file->durable.size());
            file->durable_at = operations_;
            break;
        case Kind::sync:
            if (!file) break;
            for (const Write& write : file->unsynced) put(file->durable, write.offset, write.bytes);
            file->durable.resize(file->size, '\0');
            file->unsynced.clear();
            file->durable_at = operations_;
            break;
        case Kind::truncate:
        case Kind::allocate:
            // Only files without content are cut or allocated: what they hold is told by their size alone.
            if (!file) break;
            file->size =
                operation.kind == Kind::truncate ? operation.number : std::max(file->size, operation.number);
            file->durable.resize(file->size, '\0');
            file->durable_at = operations_;
            break;
        case Kind::sync_dir:
            for (const auto& [name, of] : unsynced_names_) apply_name(name, durable_names_, of);
            unsynced_names_.clear();
            break;
        case Kind::make_dir:
        case Kind::mark:
        case Kind::frame:
        case Kind::answer:
            break;
    }
}

bool Disk::is_synced() const {
    return unsynced_names_.empty() &&
           std::all_of(files_.begin(), files_.end(), [](const auto& f) { return f.second->unsynced.empty(); });
}

bool Disk::was_torn(Loss loss) const {
    return last_write_ && last_write_->bytes.size() > unit_of(loss);
}

// A unit of a write is there or not, by the loss; units count from the file's begin, as pages and sectors do.
void Disk::add_content(const File& file, Loss loss, std::uint64_t seed, std::string& identity,
                       std::string* into) const {
    if (into != nullptr) *into = file.durable;
    std::uint64_t size = file.durable.size();
    identity += std::to_string(file.durable_at) + ":";
    if (loss == Loss::all) return;
    const std::uint64_t unit = unit_of(loss);
    for (const Write& write : file.unsynced) {
        const std::uint64_t units = (write.bytes.size() + unit - 1) / unit;
        const bool last = last_write_ && last_write_->number == write.number;
        const std::uint64_t torn_at = is_torn(loss) && last ? draw(seed, 0) % units : units;
        std::uint64_t run_end = ~0ull;  // units side by side are one in the identity
        for (std::uint64_t at = 0; at < write.bytes.size();) {
            const std::uint64_t end = std::min(write.bytes.size(), at + unit - (write.offset + at) % unit);
            const bool random = loss == Loss::pages || loss == Loss::sectors;
            const bool there =
                random ? draw(seed, write.number * 4096 + at / unit) % 2 == 0 : at / unit < torn_at;
            if (there) {
                if (into != nullptr) put(*into, write.offset + at, write.bytes.substr(at, end - at));
                size = std::max<std::uint64_t>(size, write.offset + end);
                if (at != run_end)
                    identity += "-" + std::to_string(run_end) + "," + std::to_string(write.number) + "." +
                                std::to_string(at);
                run_end = end;
            }
            at = end;
        }
        identity += "-" + std::to_string(run_end);
    }
    const bool grown = loss == Loss::nothing || draw(seed, 1) % 2 == 0;
    if (!grown || size >= file.size) return;
    if (into != nullptr) into->resize(file.size, '\0');
    identity += "grown";
}

std::optional<DiskState> Disk::after(Loss loss, std::uint64_t seed, Want want) const {
    if (loss != Loss::nothing && is_synced()) return std::nullopt;
    if (is_torn(loss) && !was_torn(loss)) return std::nullopt;
    DiskState state;
    Names names = durable_names_;
    std::size_t kept = unsynced_names_.size();
    if (loss == Loss::all) kept = 0;
    if (loss == Loss::pages || loss == Loss::sectors) kept = draw(seed, 2) % (unsynced_names_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i)
        apply_name(unsynced_names_[i].first, names, unsynced_names_[i].second);
    for (const auto& [name, file] : names) {
        state.identity += name + "=";
        add_content(*file, loss, seed, state.identity, want == Want::files ? &state.files[name] : nullptr);
        state.identity += ";";
    }
    return state;
}

}  // namespace xinwang::crash
