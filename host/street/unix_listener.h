// SPDX-License-Identifier: MIT
// A socket that has a file's name instead of a port, for this user alone: opens it to listen on,
// and finds out who listens on one. Accepts nothing.
#pragma once
#include <sys/types.h>

#include <string>

#include "ground/result.h"
#include "machine/descriptor.h"

namespace patchbay {

// What one finds at a path that may be such a socket.
enum class Behind {
  nothing,    // no file
  nobody,     // a socket whose owner has ended without removing it
  somebody,   // who listens
  a_file,     // something else than a socket
  closed_off  // this user may not look, or not connect
};
// Connects and hangs up; never waits. [any]
Behind knock(const std::string& path);

// The name of such a socket; removed with the object, unless another has taken its place since.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);  // which is there
  ~SocketFile();
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;

  [[nodiscard]] const std::string& path() const { return path_; }  // empty: none

 private:
  void remove();

  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct UnixListener {
  Descriptor socket;  // non-blocking
  SocketFile file;    // with mode 0600 from its first moment: only this user and root get in
};

// Takes the place of a socket that nobody listens on any more, and of nothing else. The Error names
// the path and what to do. [control]
Result<UnixListener> open_unix_listener(const std::string& path);

}  // namespace patchbay
