// SPDX-License-Identifier: MIT
#include "street/unix_listener.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace patchbay {
namespace {

constexpr mode_t ours_alone = S_IRUSR | S_IWUSR;

Descriptor unix_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// Nothing where the path does not fit: 107 bytes.
std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* any(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Error cannot_listen(const std::string& path, int error) {
  std::string hint = "choose another path";
  if (error == ENOENT) hint = "make its directory, or choose another path";
  if (error == EACCES || error == EPERM || error == EROFS)
    hint = "choose a path in a directory that this user may write to";
  return {"cannot_listen",
          fmt::format("cannot listen on {}: {}", path, std::generic_category().message(error)),
          std::move(hint)};
}

// Nothing in the way, or no longer.
Problem clear_the_way(const std::string& path) {
  switch (knock(path)) {
    case Behind::nothing:
    case Behind::closed_off:  // the system says why when we try
      return std::nullopt;
    case Behind::nobody:
      if (::unlink(path.c_str()) == 0 || errno == ENOENT) return std::nullopt;
      return cannot_listen(path, errno);
    case Behind::somebody:
      return Error{"address_in_use", fmt::format("another host answers on {}", path),
                   "stop it, or choose another path for this one"};
    case Behind::a_file:
      break;
  }
  return Error{"not_a_socket", fmt::format("{} is there, and is no socket", path),
               "remove it, or choose another path"};
}

}  // namespace

Behind knock(const std::string& path) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) {
    return errno == EACCES ? Behind::closed_off : Behind::nothing;
  }
  if (!S_ISSOCK(there.st_mode)) return Behind::a_file;
  const auto address = address_of(path);
  const Descriptor socket = unix_socket();
  if (!address || !socket) return Behind::closed_off;
  if (::connect(socket.get(), any(*address), sizeof *address) == 0) return Behind::somebody;
  if (errno == ECONNREFUSED) return Behind::nobody;
  if (errno == ENOENT) return Behind::nothing;
  // EAGAIN: so many wait there already that there is no room for one more.
  return errno == EACCES || errno == EPERM ? Behind::closed_off : Behind::somebody;
}

SocketFile::SocketFile(std::string path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return;
  path_ = std::move(path);
  device_ = there.st_dev;
  inode_ = there.st_ino;
}

SocketFile::~SocketFile() {
  remove();
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void SocketFile::remove() {
  struct stat there {};
  if (path_.empty() || ::lstat(path_.c_str(), &there) != 0) return;
  if (there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

Result<UnixListener> open_unix_listener(const std::string& path) {
  const auto address = address_of(path);
  if (!address) {
    return Error{"path_too_long",
                 fmt::format("{} is no path for a socket: it may have 1 to {} bytes", path,
                             sizeof address->sun_path - 1),
                 "choose a shorter one"};
  }
  if (Problem in_the_way = clear_the_way(path)) return *std::move(in_the_way);
  UnixListener listener;
  listener.socket = unix_socket();
  if (!listener.socket) return cannot_listen(path, errno);
  // Linux gives the file the mode of its socket. So it has that before it has a name, and the
  // umask, which belongs to all threads, is left alone.
  if (::fchmod(listener.socket.get(), ours_alone) != 0 ||
      ::bind(listener.socket.get(), any(*address), sizeof *address) != 0) {
    return cannot_listen(path, errno);
  }
  listener.file = SocketFile(path);
  // Nobody is let in before listen(), so that a system which did not take the mode is put right
  // here.
  if (::chmod(path.c_str(), ours_alone) != 0 || ::listen(listener.socket.get(), SOMAXCONN) != 0) {
    return cannot_listen(path, errno);
  }
  return listener;
}

}  // namespace patchbay
