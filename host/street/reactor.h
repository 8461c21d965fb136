// SPDX-License-Identifier: MIT
// One thread that waits for many sockets at once. A connection belongs to one reactor for life, and
// holds no thread while it is idle or its stream is open.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ground/clock.h"
#include "ground/log.h"
#include "machine/descriptor.h"
#include "machine/exchange.h"
#include "street/acceptor.h"
#include "street/connection.h"
#include "street/engine.h"
#include "street/inbox.h"
#include "street/roster.h"

namespace patchbay {

class Reactor;

// What the reactors of one server share.
struct Crew {
  StreetLimits limits;
  std::vector<Endpoint> endpoints;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> draining{false};
  std::vector<std::unique_ptr<Reactor>> reactors;  // complete before the first one runs
};

class Reactor {
 public:
  // The crew and the log outlive it.
  Reactor(Crew& crew, std::shared_ptr<Acceptor> acceptor, Log& log);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // False where the system has no descriptors left for it.
  [[nodiscard]] bool is_ready() const { return epoll_ && inbox_->is_open(); }

  void run();   // the body of its thread: until stop(), and then it hangs up everything
  void stop();  // [any]

  void leave_listener();            // takes who still waits there, then lets go of it [any]
  void wait_until_it_left() const;  // [control]

  // How many connections it has or will have in a moment. [any]
  [[nodiscard]] std::size_t load() const { return load_.load(std::memory_order_relaxed); }

 private:
  void handle(Token token, std::uint32_t events);
  std::size_t accept();
  void welcome(Arrival arrival);
  Connection* adopt(Arrival arrival);
  void read_inbox(bool rung);
  void complain();
  void complain_of_bodies();
  void feed_the_hungry();
  void expire();
  void settle(Connection& connection);
  void watch_listener();
  void pause_listener();
  void drop_listener();
  [[nodiscard]] int wait_time() const;  // ms; -1: for ever

  Crew& crew_;
  Log& log_;
  Engine engine_;
  const std::shared_ptr<Inbox> inbox_;
  const Descriptor epoll_;
  Connection::Place place_;
  std::shared_ptr<Acceptor> acceptor_;  // none once it has left the listener
  Moment resume_at_ = Moment::max();    // when it listens again
  Moment now_{};
  Moment quiet_until_{};          // when it may complain again...
  std::int64_t turned_away_ = 0;  // ...of so many
  Moment quiet_of_bodies_until_{};
  Token last_token_;
  Roster roster_;
  std::vector<Token> hungry_;
  std::atomic<std::size_t> load_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> left_{false};
};

}  // namespace patchbay
