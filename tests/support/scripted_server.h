// SPDX-License-Identifier: MIT
// A service that agents ask, as a test wants it: each request is answered by the test's own script,
// byte for byte, when it says so. One thread for each connection.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "machine/descriptor.h"

namespace patchbay::test {

class ScriptedServer {
 public:
  struct Asked {
    std::string head;  // request line and headers
    std::string body;
    [[nodiscard]] std::string path() const {
      const std::size_t from = head.find(' ') + 1;
      return head.substr(from, head.find(' ', from) - from);
    }
  };

  // The server's side of one connection.
  class Voice {
   public:
    explicit Voice(int fd) : fd_(fd) {}
    // False: the client is gone.
    bool say(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
      }
      return true;
    }
    bool begin(std::string_view status = "200 OK", std::string_view headers = "") const {
      return say("HTTP/1.1 " + std::string(status) + "\r\nTransfer-Encoding: chunked\r\n" +
                 std::string(headers) + "\r\n");
    }
    bool chunk(std::string_view bytes) const {
      std::array<char, 20> size{};
      std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
      return say(std::string(size.data()) + std::string(bytes) + "\r\n");
    }
    bool end() const { return say("0\r\n\r\n"); }
    bool answer(std::string_view status, std::string_view body,
                std::string_view headers = "") const {
      return say("HTTP/1.1 " + std::string(status) +
                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                 std::string(headers) + "\r\n" + std::string(body));
    }
    // Waits until the client has gone; false where it stays.
    [[nodiscard]] bool client_goes() const {
      pollfd one{fd_, POLLIN | POLLRDHUP, 0};
      return ::poll(&one, 1, 30'000) == 1;
    }
    void hang_up() { open_ = false; }
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_open() const { return open_; }

   private:
    int fd_;
    bool open_ = true;
  };
  using Script = std::function<void(const Asked&, Voice&)>;

  explicit ScriptedServer(Script script)
      : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), name, size) != 0 || ::listen(listener_.get(), 1024) != 0 ||
        ::getsockname(listener_.get(), name, &size) != 0)
      throw std::runtime_error("no server");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& line : lines_) ::shutdown(line.fd.get(), SHUT_RDWR);
    }
    for (auto& line : lines_) line.thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(std::string_view path = "/") const {
    return "http://" + authority() + std::string(path);
  }
  [[nodiscard]] std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return lines_.size();
  }
  [[nodiscard]] std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  struct Connection {
    Descriptor fd;
    std::thread thread;
  };

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      Connection& line = lines_.emplace_back();
      line.fd = Descriptor(fd);
      line.thread = std::thread([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string seen;
    Voice voice(fd);
    while (voice.is_open()) {
      Asked asked;
      if (!read_one(fd, seen, asked)) break;
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back(asked);
      }
      script_(asked, voice);
    }
    ::shutdown(fd, SHUT_RDWR);
  }

  static bool read_one(int fd, std::string& seen, Asked& asked) {
    std::size_t head = 0;
    while ((head = seen.find("\r\n\r\n")) == std::string::npos)
      if (!read_some(fd, seen)) return false;
    asked.head = seen.substr(0, head);
    std::size_t length = 0;
    if (const std::size_t at = asked.head.find("Content-Length: "); at != std::string::npos)
      length = std::stoul(asked.head.substr(at + 16));
    while (seen.size() < head + 4 + length)
      if (!read_some(fd, seen)) return false;
    asked.body = seen.substr(head + 4, length);
    seen.erase(0, head + 4 + length);
    return true;
  }
  static bool read_some(int fd, std::string& seen) {
    std::array<char, 65536> some{};
    const ssize_t n = ::recv(fd, some.data(), some.size(), 0);
    if (n > 0) seen.append(some.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  const Script script_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards the two below
  std::list<Connection> lines_;
  std::vector<Asked> asked_;
  std::thread thread_;
};

}  // namespace patchbay::test
