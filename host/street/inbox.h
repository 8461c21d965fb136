// SPDX-License-Identifier: MIT
// What other threads tell a reactor: which of its connections to look at, and which sockets are its
// own from now on. Wakes it up; does nothing itself.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "machine/descriptor.h"
#include "machine/exchange.h"
#include "machine/stream.h"

namespace patchbay {

// Names one connection of a reactor; never used again for another, so a late one harms nobody.
using Token = std::uint64_t;

// A socket that was accepted.
struct Arrival {
  Descriptor socket;
  Peer peer;
};

class Inbox final : public StreamOwner {
 public:
  struct Letters {
    std::vector<Token> tokens;
    std::vector<Arrival> arrivals;
  };

  Inbox();
  ~Inbox() override = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // False where the system has no descriptor left for it.
  [[nodiscard]] bool is_open() const { return static_cast<bool>(bell_); }
  // Readable while there may be something to take.
  [[nodiscard]] int bell() const { return bell_.get(); }
  // The calling thread is the reader: what it posts itself it finds without being woken.
  void belong_to_this_thread();

  void come_by(Token token) override;  // a letter with that token [any]
  void post(Arrival arrival);          // [any]
  void ring();                         // wakes the reader up without a letter [any]

  [[nodiscard]] bool is_empty() const;
  Letters take(bool rung);  // rung: the bell was seen to be readable

 private:
  const Descriptor bell_;
  std::atomic<std::thread::id> reader_;
  mutable std::mutex mutex_;  // guards letters_
  Letters letters_;
};

}  // namespace patchbay
