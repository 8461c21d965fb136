// SPDX-License-Identifier: MIT
// Takes arrivals from a listening socket, and goes on doing so whatever goes wrong: without a free
// descriptor it answers 503 with a spare one. One for each reactor; they share the socket.
#pragma once
#include <cstdint>
#include <memory>
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
// Answers with these bytes and closes, without waiting for anything.
void turn_away(Descriptor socket, std::string_view answer);

class Acceptor {
 public:
  Acceptor(std::shared_ptr<const Descriptor> listener, Log& log);

  enum class Outcome {
    taken,    // all that was there, or enough for once: the socket says when there is more
    pausing,  // it fails: leave the socket alone for a while, since it stays readable
  };
  Outcome accept(std::vector<Arrival>& arrivals, Moment now);

  [[nodiscard]] int socket() const { return listener_->get(); }

 private:
  int turn_one_away();
  void complain(int error, Moment now);

  const std::shared_ptr<const Descriptor> listener_;
  Log& log_;
  const std::string busy_;
  Descriptor spare_;  // given up for a moment when there is no other
  Moment quiet_until_{};
  std::int64_t unsaid_ = 0;  // failures since the last line in the log
};

}  // namespace patchbay
