// SPDX-License-Identifier: MIT
// The least that this work can cost: one thread, one epoll, no library for HTTP, nothing that
// guards against anybody. What stands between it and a real server is what that server's promises
// cost.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "work/work.h"

namespace patchbay::bench {

class Floor {
 public:
  // Listens on 127.0.0.1. Throws std::system_error.
  explicit Floor(const Settings& settings);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[noreturn]] void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection;

  void accept_all();
  void read(Connection& from);
  void answer(Connection& to, std::string_view signature, std::string_view body);
  void speak_all_due();
  void speak(Connection& to, Clock::time_point due);
  // What the socket does not take now, when it can.
  void send(Connection& to, std::string_view bytes);
  void send_rest(Connection& to);
  void watch(const Connection& connection, bool for_room) const;
  void drop(const Connection& connection);
  [[nodiscard]] int until_due() const;

  const Settings& settings_;
  int listener_ = -1, epoll_ = -1;
  std::uint16_t port_ = 0;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;  // by descriptor
  // Who speaks next: all pause equally long, so the order is that of coming. By descriptor and
  // number, since a descriptor may be another's by then.
  struct Due {
    Clock::time_point when;
    int fd;
    std::uint64_t number;
  };
  std::deque<Due> due_;
  std::uint64_t last_number_ = 0;
};

}  // namespace patchbay::bench
