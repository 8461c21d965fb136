// SPDX-License-Identifier: MIT
// Runs the load: one thread, one epoll, N connections. Either each answer is followed by the next
// turn (a closed loop), or turns are due at a fixed rate and take whichever connection is free.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "connection.h"
#include "messages.h"
#include "options.h"
#include "tally.h"

namespace patchbay::bench {

class Load {
 public:
  explicit Load(const Options& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Until the time is over, or the turns are made; then waits for what is still out.
  Tally run();

 private:
  void ask(Connection& connection, Clock::time_point due);
  void went(Connection& connection, Connection::Went went);
  void ask_what_is_due(Clock::time_point now);
  void wait(Clock::time_point now);
  void look_for_late(Clock::time_point now);
  [[nodiscard]] bool may_ask(Clock::time_point now) const;
  [[nodiscard]] Clock::time_point due_at(std::uint64_t turn) const;
  void count(Connection& connection);
  void count_words(const Connection& connection);

  const Options& options_;
  Messages messages_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> idle_;  // to be asked; the next one in front
  std::size_t busy_ = 0;
  std::uint64_t asked_ = 0;
  Clock::time_point begin_;
  Clock::time_point measured_from_;
  Clock::time_point end_;  // of asking and of measuring
  Clock::time_point look_at_;
  Clock::time_point free_since_;  // there is a connection to be asked, and before there was none
  Tally tally_;
};

}  // namespace patchbay::bench
