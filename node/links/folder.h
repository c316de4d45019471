// Directory and file descriptors of the link's folders: small owning wrappers. Errors: refusals where the
// folder's state is to blame, exceptions where a sync fails. Used by outbox.cpp and inbox.cpp only.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_;
};

enum class Making : std::uint8_t { must_exist, may_make };

class Folder {
  public:
    // Opens a folder. Refuses folder_unusable. Made folders have mode 0700.
    static Result<Folder> open(const std::string& path, Making making = Making::must_exist);
    Result<Folder> inner(const std::string& name, Making making) const;

    // True for a single component that is no dot file.
    static bool is_plain_name(std::string_view name);
    Result<std::vector<std::string>> names() const;  // sorted

    // Opens a file for reading without following links and without blocking; an empty descriptor when there
    // is no such file.
    Result<Descriptor> open_file(const std::string& name) const;
    // Writes and syncs name + ".part" afresh.
    Result<void> write_part(const std::string& name, View bytes) const;
    // Gives name + ".part" its name. False when that name exists.
    Result<bool> publish_part(const std::string& name) const;
    // Moves a file between folders of one file system. False when `to_name` exists there.
    Result<bool> move(const std::string& name, const Folder& to, const std::string& to_name) const;
    void remove(const std::string& name) const;  // a missing file counts as removed
    void sync() const;                           // throws std::system_error

  private:
    Folder(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    tl::unexpected<Refusal> refused(std::string_view name, int error) const;

    Descriptor fd_;
    std::string path_;
};

// Reads at most `bytes_max` bytes from the start; refuses too_large beyond, folder_unusable on a read error.
Result<Bytes> read_whole(const Descriptor& file, std::string_view name, std::size_t bytes_max);
// Calls fstat; a failure is the machine's.
struct stat status_of(const Descriptor& file);

}  // namespace xinwang
