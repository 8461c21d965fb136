// SPDX-License-Identifier: MIT
// The bounded way of bytes from whoever answers to one socket: written at once where the socket takes
// them, queued where it does not. It knows when the listener is gone. It knows nothing of turns or of
// who serves the socket: the street empties it and tells it of a hang-up.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "ground/clock.h"

namespace patchbay {

class Stream {
 public:
  struct Setup {
    int socket = -1;           // non-blocking; borrowed: the owner calls hang_up() before it closes it
    bool chunked = true;       // false for HTTP/1.0: the stream ends with the connection
    bool keep_alive = true;    // what the answer's head says
    std::size_t limit = 64 * 1024;  // bytes queued before send() waits
    std::function<void()> finished; // once: everything is written, or the listener is gone. Any thread,
                                    // no lock held
  };

  enum class Sent {
    sent,    // written or queued
    full,    // no room before the time given
    gone,    // nobody listens any more
    closed,  // the answer was finished before
  };

  explicit Stream(Setup setup);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The answer is one whole response, made of these bytes. Finishes the stream. [any]
  void answer(std::string_view response);

  // The answer is an event stream: sends its head. [any]
  void begin_events();
  // One event, whole: admitted when it fits in the limit, or when nothing is queued. Waits for room
  // until `until`, and does not wait where that is past. [any]
  Sent send(std::string_view event, Moment until);
  // The last bytes (never refused for want of room), then the end of the body. Only the first call
  // counts. [any]
  void finish(std::string_view last_events);

  // Runs `hook` once when the listener goes away before the answer was finished; at once where he is
  // gone already. At most one hook. [any]
  void when_gone(std::function<void()> hook);
  // Forgets the hook; it is not running when this returns... unless this is called from it. [any]
  void forget_hook();

  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool is_gone() const;

  // For the owner of the socket, on its reactor thread:
  void flush();    // the socket takes bytes again
  void hang_up();  // the peer is gone or the socket is about to be closed: it is never touched again
  // Finished, and every byte given to the kernel.
  [[nodiscard]] bool is_done() const;

 private:
  const bool chunked_;
  const bool keep_alive_;
  const std::size_t limit_;
};

}  // namespace patchbay
