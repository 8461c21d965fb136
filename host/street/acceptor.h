// SPDX-License-Identifier: MIT
// Takes arrivals from a listening socket, and goes on doing so whatever goes wrong: without a free
// descriptor it answers 503 with a spare one. The reactors share it, and the last to let go of it
// closes the socket.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/log.h"
#include "machine/descriptor.h"
#include "street/inbox.h"

namespace patchbay {

// 503 for whoever comes while there is no room, with Retry-After: 1.
std::string busy_answer();
// Answers with these bytes and sends no more, without waiting for anything.
void turn_away(const Descriptor& socket, std::string_view answer);

class Acceptor {
 public:
  // `busy`: what he is told for whom there is no descriptor.
  Acceptor(Descriptor listener, Log& log, std::string busy = busy_answer());

  enum class Outcome {
    taken,    // all that was there, or enough for once: the socket says when there is more
    pausing,  // it fails: leave the socket alone for a while, since it stays readable
  };
  Outcome accept(std::vector<Arrival>& arrivals, Moment now);  // [any]

  [[nodiscard]] int socket() const { return listener_.get(); }

 private:
  int turn_one_away();
  void complain(int error, Moment now);

  const Descriptor listener_;
  Log& log_;
  const std::string busy_;
  std::mutex mutex_;  // guards all below, and that no reactor takes the spare that another gave up
  // Given up for a moment when there is no other: nothing, or who was turned away last. So he has
  // until the next one comes to read his answer.
  Descriptor spare_;
  Moment quiet_until_{};
  std::int64_t unsaid_ = 0;  // failures since the last line in the log
};

}  // namespace patchbay
