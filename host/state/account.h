// SPDX-License-Identifier: MIT
// Which turns were accepted and what has become of them, so that none is lost; and whether more may
// begin.
#pragma once
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "ground/clock.h"
#include "ground/log.h"
#include "ground/result.h"
#include "state/replies.h"

namespace patchbay {

class Account {
 public:
  struct Sums {
    std::uint64_t accepted = 0;
    std::array<std::uint64_t, outcomes> ended{};  // by Outcome
    std::uint64_t open = 0;
    [[nodiscard]] bool adds_up() const;
  };

  explicit Account(std::size_t most_at_once) : most_(most_at_once) {}

  // A turn wants to begin. False, and no_room() says why: too many are open, unless it `must` begin
  // however many they are; or close() was called. [any]
  [[nodiscard]] bool admit(bool must = false);
  [[nodiscard]] Error no_room() const;
  // It was none after all. [any]
  void turn_away();
  // It has ended. [any]
  void leave(Outcome outcome);

  // Why no turn begins any more; nothing while turns may begin. [any]
  [[nodiscard]] Problem closing() const;
  // From here none is admitted. [control]
  void close();
  // True where every turn has ended within that time. [control]
  bool none_open_within(Milliseconds most);

  [[nodiscard]] std::size_t open() const;  // [any]
  [[nodiscard]] Sums sums() const;         // [any]
  // One line: info where it adds up, else error. [any]
  void write(Log& log) const;

 private:
  void close_one_locked();

  const std::size_t most_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable none_open_;
  Sums sums_;
  bool closed_ = false;
};

}  // namespace patchbay
