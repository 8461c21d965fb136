// SPDX-License-Identifier: MIT
// One connection to the server, and the one turn that may be on it: connects, sends, reads the
// answer whole. Never blocks; is told by whoever watches its socket when there is something to do.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "answer_check.h"
#include "answer_reader.h"
#include "options.h"

namespace patchbay::bench {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  Connection(const Options& options, std::size_t number)
      : options_(options), number_(number), check_(options.says, options.stamps) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // What became of it after a call.
  enum class Went {
    on,     // the turn goes on; or there is none
    whole,  // the turn is over, and its answer was right
    wrong,  // the turn is over; fault() says why
  };

  // The request of the next turn is written here, and its id: then ask().
  std::string& request() { return request_; }
  std::string& turn_id() { return turn_id_; }
  // Sends it, over a new connection where none is open. `due` is when its time began.
  Went ask(Clock::time_point due, int epoll);
  // Its socket is ready, as epoll says: whatever that is.
  Went ready(unsigned events);
  // The turn has taken too long.
  void give_up();

  [[nodiscard]] bool is_busy() const { return busy_; }
  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] std::uint64_t turns_asked() const { return turns_asked_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] Clock::time_point due() const { return due_; }
  // Of the turn that is over, from its due time: the first byte of the answer, its first event, its
  // last byte.
  [[nodiscard]] Clock::duration first_byte() const { return first_byte_ - due_; }
  [[nodiscard]] Clock::duration first_event() const { return first_event_ - due_; }
  [[nodiscard]] Clock::duration whole() const { return over_ - due_; }
  // Of each word that bears a stamp: from when it was sent until it was read here.
  [[nodiscard]] const std::vector<Clock::duration>& deliveries() const { return deliveries_; }

  std::uint64_t measured_turns = 0;  // whole ones, kept here for whoever counts

 private:
  [[nodiscard]] bool connect(int epoll);
  Went send_more();
  // `to_the_end`: epoll has told that it is closed, and will not tell it again.
  Went read_more(bool to_the_end);
  Went closed_by_server();
  Went finish();
  Went fail(std::string why);
  void close();

  const Options& options_;
  const std::size_t number_;
  int fd_ = -1;
  bool connecting_ = false;
  bool busy_ = false;
  std::string request_;
  std::size_t sent_ = 0;
  std::string turn_id_;
  AnswerReader reader_;
  AnswerCheck check_;
  std::string body_;  // what has not been checked yet
  std::uint64_t turns_asked_ = 0;
  std::string fault_;
  Clock::time_point due_;
  Clock::time_point first_byte_;
  Clock::time_point first_event_;
  Clock::time_point over_;
  std::vector<Clock::duration> deliveries_;
};

}  // namespace patchbay::bench
