// SPDX-License-Identifier: MIT
// One caller of the soak: turn after turn on one connection, without pause, each answer judged.
// What it listens to is tests/fixtures/talker.cc.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "reload/succession.h"
#include "support/line.h"

namespace patchbay::test {

using SoakClock = std::chrono::steady_clock;

// What all conversations share. [any]
struct Floor {
  std::uint16_t port = 0;
  std::uint64_t versions = 0;  // built; they follow each other round and round
  Succession succession;
  std::atomic<bool> reloading = false;  // which phase a turn belongs to
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> answered = 0;
};

class Conversation {
 public:
  static constexpr std::array<std::string_view, 3> kinds{"sync", "task", "thread"};

  struct Tally {
    std::array<std::uint64_t, kinds.size()> sent{};  // by kind
    std::uint64_t answered = 0;
    std::uint64_t lost = 0;                     // no whole answer came
    std::uint64_t wrong = 0;                    // one came that must not
    std::uint64_t closed = 0;                   // connections that the host ended
    std::vector<float> quiet_ms, reloading_ms;  // to the first word
    std::vector<std::string> faults;            // the first of them, for a person
  };

  Conversation(Floor& floor, unsigned number, unsigned seed);

  void run();  // until floor.stop, or the host is gone; on a thread of its own
  // After run().
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  struct Heard {
    int status = 0;
    std::vector<std::string> pieces;
    std::string strange;  // an event that is neither a piece nor the end
    unsigned ends = 0;
    bool ended_last = false;
    std::uint64_t newest = 0;  // that could have begun to answer by the first word
    std::optional<SoakClock::time_point> first_word;
    std::string broken;  // why reading stopped short
  };
  struct Piece {
    std::uint64_t version = 0, line = 0;
    char which = 0;
    std::uint64_t count = 0;
  };

  void take_turn();
  void call_again();
  Heard listen();
  [[nodiscard]] static std::string why_lost(const Heard& heard);
  [[nodiscard]] std::string why_wrong(const Heard& heard, std::uint64_t oldest);
  [[nodiscard]] static std::optional<Piece> piece_of(const std::string& text);
  void note(std::uint64_t& counter, const std::string& why);

  Floor& floor_;
  const std::string name_;
  std::string id_;  // of the call that it is in
  unsigned calls_ = 0;
  std::mt19937 random_;
  std::optional<Line> line_;
  std::uint64_t turns_ = 0;
  std::uint64_t last_line_ = 0;   // the version that answered last
  std::uint64_t last_count_ = 0;  // the call's turns, as the agent counts them
  Tally tally_;
};

}  // namespace patchbay::test
