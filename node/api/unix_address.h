// The address of a UNIX socket, also for a path longer than the 107 bytes of sockaddr_un: such a path goes
// through the open directory, as Linux allows (unix(7), /proc/self/fd). The address is good while this object
// lives.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace xinwang {

class UnixAddress {
  public:
    explicit UnixAddress(const std::filesystem::path& socket) : text_(socket.string()) {
        if (text_.size() <= direct_bytes_max) return;
        directory_ = ::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        text_ = "/proc/self/fd/" + std::to_string(directory_) + "/" + socket.filename().string();
        // An absurdly long file name has no address; this one fails like a path that is not there.
        if (text_.size() > direct_bytes_max) text_ = "/proc/self/fd/-1/none";
    }
    ~UnixAddress() {
        if (directory_ >= 0) ::close(directory_);
    }
    UnixAddress(const UnixAddress&) = delete;
    UnixAddress& operator=(const UnixAddress&) = delete;
    const std::string& text() const { return text_; }

  private:
    static constexpr std::size_t direct_bytes_max = 107;
    std::string text_;
    int directory_ = -1;
};

}  // namespace xinwang
