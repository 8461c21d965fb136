// SPDX-License-Identifier: MIT
// The bounded way of bytes from whoever answers to one socket: written at once where the socket
// takes them, queued where it does not. What follows so soon that one write can take it along waits
// a moment for that, and no longer: an event never waits for the sender's next step. It knows when
// the listener is gone. It knows nothing of turns or of who serves the socket: the street empties
// it and tells it of a hang-up.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "ground/clock.h"

namespace patchbay {

struct HttpResponse;
class TlsWire;

// Whoever owns the socket of a stream.
class StreamOwner {
 public:
  virtual ~StreamOwner() = default;
  // He shall come by on his thread: something waits to be written, or, once, everything is written
  // or the listener is gone. Any thread, no lock of ours; the sender's perhaps.
  virtual void come_by(std::uint64_t token) = 0;
};

class Stream {
 public:
  struct Setup {
    int socket = -1;  // non-blocking; borrowed: the owner calls hang_up() before it closes it
    TlsWire* wire = nullptr;        // null where the socket is plain; borrowed as the socket is
    bool chunked = true;            // false for HTTP/1.0: the stream ends with the connection
    bool keep_alive = true;         // what the answer's head says
    bool head_only = false;         // the request was a HEAD: the body of the answer is dropped
    std::size_t limit = 64 * 1024;  // bytes queued before send() waits
    // How long the head waits for the first event, and an event for more where one was written so
    // short a time ago: until the owner calls flush(), which it does so long after come_by(). Every
    // write costs as much as all else that a short event does. 0: nothing waits.
    Milliseconds gather{0};
    std::shared_ptr<StreamOwner> owner = {};  // null: nothing waits
    std::uint64_t token = 0;                  // by which the owner knows this stream
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

  // The answer is one whole response, made of these bytes. Finishes the stream. Does nothing where
  // an answer has begun. [any]
  void answer(std::string_view response);
  // The same, put into bytes here: it says whether the connection is kept. [any]
  void answer(const HttpResponse& response);

  // The answer is an event stream: sends its head, alone where no event comes soon. Does nothing
  // where an answer has begun. [any]
  void begin_events();
  // One event, whole, after the head where that was not sent: admitted when it fits in the limit,
  // or when nothing is queued. Waits for room until `until`, and does not wait where that is past.
  // [any]
  Sent send(std::string_view event, Moment until);
  // Waits until an event of so many bytes would be admitted, or none will be any more. False where
  // `until` comes first. [any]
  bool wait_for_room(std::size_t bytes, Moment until);
  // The last bytes (never refused for want of room), then the end of the body. Only the first call
  // counts. [any]
  void finish(std::string_view last_events);

  // Runs `hook` once when the listener goes away before the answer was finished; at once where he
  // is gone already. Else it runs on the reactor thread, in hang_up(), and never inside a send(),
  // so that a sender may hold locks. At most one hook. [any]
  void when_gone(std::function<void()> hook);
  // Forgets the hook; it is not running when this returns... unless this is called from it. Waits
  // for it: hold no lock that the hook takes. [any]
  void forget_hook();

  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool is_gone() const;

  // For the owner of the socket, on its reactor thread:
  // The socket takes bytes again, or what waits for more has waited long enough.
  void flush();
  // The peer is gone, or the socket is about to be closed: it is never touched again.
  void hang_up();
  // Finished, and every byte given to the kernel.
  [[nodiscard]] bool is_done() const;
  // How a reader who has stopped reading is told from one who is slow.
  struct Backlog {
    std::size_t queued = 0;     // bytes that wait for the socket
    std::uint64_t written = 0;  // bytes that it took so far
    bool finished = false;      // nothing more will come
  };
  [[nodiscard]] Backlog backlog() const;
  // Whoever should answer has dropped the stream: a caller must not wait for nothing. [any]
  void abandon();

 private:
  enum class Phase { fresh, events, closed };

  [[nodiscard]] bool settled_locked(std::size_t bytes) const;
  void queue_head();
  void queue_chunk(std::string_view bytes);
  [[nodiscard]] std::shared_ptr<StreamOwner> gather();
  void write_out();
  void forget_taken();
  void lose();
  [[nodiscard]] std::shared_ptr<StreamOwner> whom_to_tell();
  void call(const std::shared_ptr<StreamOwner>& owner) const;
  [[nodiscard]] bool is_done_locked() const;

  const bool chunked_;
  const bool keep_alive_;
  const bool head_only_;
  const std::size_t limit_;
  const Milliseconds gather_;
  const std::uint64_t token_;

  mutable std::mutex mutex_;        // guards all below; also held while the socket is written to
  std::condition_variable change_;  // room in the queue, a lost listener, a hook that returned
  int socket_;                      // -1: never to be touched again...
  TlsWire* wire_;                   // ...nor is this
  Phase phase_ = Phase::fresh;
  bool gone_ = false;
  std::string queue_;      // bytes for the socket...
  std::size_t taken_ = 0;  // ...of which it has taken so many
  std::uint64_t written_ = 0;
  Moment written_at_ = Moment::min();
  bool gathering_ = false;              // the owner was asked to come by and flush
  std::shared_ptr<StreamOwner> owner_;  // null once he was told of the end
  std::function<void()> hook_;
  std::thread::id hook_thread_;  // who runs the hook at the moment
};

}  // namespace patchbay
