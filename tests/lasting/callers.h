// SPDX-License-Identifier: MIT
// Many people on the telephone at once, and the pipeline between them and a balancer: it delivers a
// turn again, under the same id, until somebody has answered it. What each of them heard is kept.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::test {

struct Turn {
  std::string id;
  std::string text;                   // what the caller said: the number of the turn
  std::string heard;                  // in the attempt that was answered
  std::vector<std::string> failures;  // of those before, eg: "503", "cut"

  [[nodiscard]] bool failed_in_words() const;  // the agent failed, and the host said so
};

struct Talk {
  std::string name;
  std::vector<Turn> turns;          // each was answered in the end
  std::vector<std::string> faults;  // what no attempt may come to: silence, no connection

  [[nodiscard]] std::size_t failures() const;
};

class Callers {
 public:
  Callers(std::uint16_t port, int count);
  ~Callers() { hang_up(); }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Until each of them has had so many more turns answered; false where that takes too long.
  [[nodiscard]] bool go_on(int turns) const;
  [[nodiscard]] int failures() const { return failures_; }  // so far, of all attempts
  void hang_up();  // each of them, after the turn that he is at

  // These when they have hung up.
  [[nodiscard]] const std::list<Talk>& talks() const { return talks_; }
  [[nodiscard]] std::size_t failures_in_words() const;
  [[nodiscard]] std::string summary() const;  // for whoever reads the test's output

 private:
  void call(Talk& talk, std::atomic<int>& answered);
  void take(Talk& talk, Turn& turn);
  [[nodiscard]] std::string attempt(const Talk& talk, Turn& turn) const;

  const std::uint16_t port_;
  std::atomic<bool> closing_ = false;
  std::atomic<int> failures_ = 0;
  std::list<Talk> talks_;                 // each is its own thread's until that is joined
  std::list<std::atomic<int>> answered_;  // turns, of each
  std::vector<std::thread> threads_;
};

}  // namespace patchbay::test
