// SPDX-License-Identifier: MIT
// A client's end of a connection, for tests: sends bytes as they are, and reads until it has what
// the test waits for. Gives up after ten seconds, so that a broken server fails a test and hangs
// none.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "machine/descriptor.h"

namespace patchbay {

class Caller {
 public:
  explicit Caller(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  // By a unix socket.
  explicit Caller(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] const std::string& seen() const { return seen_; }

  void say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // Reads until the text was seen so many times; false where the connection ended before.
  bool hears(std::string_view text, std::size_t times = 1) {
    while (count(text) < times) {
      if (!read_some()) return false;
    }
    return true;
  }
  // Everything until the server closes; `reset` tells how it did.
  const std::string& hears_all() {
    while (read_some()) continue;
    return seen_;
  }
  [[nodiscard]] bool was_reset() const { return reset_; }
  [[nodiscard]] bool hears_nothing_yet() const {
    pollfd one{fd(), POLLIN, 0};
    return poll(&one, 1, 0) == 0;
  }

  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t times = 0;
    for (std::size_t at = 0; (at = seen_.find(text, at)) != std::string::npos; at += text.size()) {
      ++times;
    }
    return times;
  }
  void stop_sending() const { shutdown(fd(), SHUT_WR); }
  void hang_up() { socket_.reset(); }

 private:
  bool read_some() {
    pollfd one{fd(), POLLIN, 0};
    if (poll(&one, 1, 10'000) != 1) return false;
    std::array<char, 4096> some{};
    const ssize_t n = recv(fd(), some.data(), some.size(), 0);
    reset_ = n < 0;
    if (n > 0) seen_.append(some.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  Descriptor socket_;
  bool connected_ = false;
  bool reset_ = false;
  std::string seen_;
};

}  // namespace patchbay
