// SPDX-License-Identifier: MIT
#include "machine/stream.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "codec/http_response.h"
#include "machine/tls_wire.h"

namespace patchbay {
namespace {

// An event rarely needs more; beyond it an empty queue gives its memory back.
constexpr std::size_t kept_capacity = 4096;

}  // namespace

Stream::Stream(Setup setup)
    : chunked_(setup.chunked),
      keep_alive_(setup.keep_alive),
      head_only_(setup.head_only),
      limit_(setup.limit),
      gather_(setup.gather),
      token_(setup.token),
      socket_(setup.socket),
      wire_(setup.wire),
      owner_(std::move(setup.owner)) {}

void Stream::answer(const HttpResponse& response) {
  const std::string bytes = encode_response(response, keep_alive_);
  answer(std::string_view(bytes));
}

void Stream::answer(std::string_view response) {
  std::shared_ptr<StreamOwner> owner;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::fresh) return;
    phase_ = Phase::closed;
    if (head_only_) response = response.substr(0, response.find("\r\n\r\n") + 4);
    if (!gone_) queue_.append(response);
    write_out();
    owner = whom_to_tell();
  }
  call(owner);
}

void Stream::begin_events() {
  std::shared_ptr<StreamOwner> owner;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::fresh) return;
    queue_head();
    owner = gather();
  }
  call(owner);
}

Stream::Sent Stream::send(std::string_view event, Moment until) {
  std::shared_ptr<StreamOwner> owner;
  Sent sent = Sent::sent;
  {
    std::unique_lock lock(mutex_);
    const auto settled = [&] { return settled_locked(event.size()); };
    if (gathering_ && !settled()) write_out();
    const bool admitted =
        settled() || (Clock::now() < until && change_.wait_until(lock, until, settled));
    if (gone_) {
      sent = Sent::gone;
    } else if (phase_ == Phase::closed) {
      sent = Sent::closed;
    } else if (!admitted) {
      sent = Sent::full;
    } else {
      if (phase_ == Phase::fresh) queue_head();
      queue_chunk(event);
      if (Clock::now() < written_at_ + gather_) {
        owner = gather();
      } else {
        write_out();
        owner = whom_to_tell();
      }
      if (gone_) sent = Sent::gone;
    }
  }
  call(owner);
  return sent;
}

bool Stream::wait_for_room(std::size_t bytes, Moment until) {
  std::unique_lock lock(mutex_);
  return change_.wait_until(lock, until, [&] { return settled_locked(bytes); });
}

// There is room, or there is nobody to wait for.
bool Stream::settled_locked(std::size_t bytes) const {
  const std::size_t queued = queue_.size() - taken_;
  return gone_ || phase_ == Phase::closed || queued == 0 || queued + bytes <= limit_;
}

void Stream::finish(std::string_view last_events) {
  std::shared_ptr<StreamOwner> owner;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::fresh) queue_head();
    queue_chunk(last_events);
    if (chunked_ && !head_only_ && !gone_) queue_.append("0\r\n\r\n");
    phase_ = Phase::closed;
    write_out();
    owner = whom_to_tell();
    change_.notify_all();
  }
  call(owner);
}

void Stream::when_gone(std::function<void()> hook) {
  {
    const std::lock_guard lock(mutex_);
    if (!gone_) {
      hook_.swap(hook);  // what it replaces dies after the lock is gone
      return;
    }
    if (phase_ == Phase::closed) return;
  }
  if (hook) hook();
}

void Stream::forget_hook() {
  std::function<void()> forgotten;  // outlives the lock, for what dies with it may call us
  std::unique_lock lock(mutex_);
  hook_.swap(forgotten);
  if (hook_thread_ == std::this_thread::get_id()) return;
  change_.wait(lock, [this] { return hook_thread_ == std::thread::id(); });
}

bool Stream::is_gone() const {
  const std::lock_guard lock(mutex_);
  return gone_;
}

void Stream::flush() {
  std::shared_ptr<StreamOwner> owner;
  {
    const std::lock_guard lock(mutex_);
    gathering_ = false;
    write_out();
    owner = whom_to_tell();
    change_.notify_all();
  }
  call(owner);
}

void Stream::hang_up() {
  std::function<void()> hook;
  std::shared_ptr<StreamOwner> owner;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    lose();
    hook = std::exchange(hook_, nullptr);
    wanted = hook && phase_ != Phase::closed;
    if (wanted) hook_thread_ = std::this_thread::get_id();
    owner = whom_to_tell();
  }
  if (wanted) {
    hook();
    const std::lock_guard lock(mutex_);
    hook_thread_ = std::thread::id();
    change_.notify_all();
  }
  call(owner);
}

bool Stream::is_done() const {
  const std::lock_guard lock(mutex_);
  return is_done_locked();
}

Stream::Backlog Stream::backlog() const {
  const std::lock_guard lock(mutex_);
  return {
      .queued = queue_.size() - taken_, .written = written_, .finished = phase_ == Phase::closed};
}

void Stream::abandon() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::closed) return;
  }
  answer(encode_response(
      error_response(500, {"internal_error", "the server did not answer", "its log says why"}),
      keep_alive_));
  finish({});
}

void Stream::queue_head() {
  phase_ = Phase::events;
  if (!gone_) queue_.append(encode_event_stream_head(chunked_, keep_alive_));
}

void Stream::queue_chunk(std::string_view bytes) {
  if (gone_ || head_only_ || bytes.empty()) return;  // an empty chunk would end the body
  if (!chunked_) {
    queue_.append(bytes);
    return;
  }
  std::array<char, 16> size{};
  const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
  queue_.append(size.data(), end).append("\r\n").append(bytes).append("\r\n");
}

// What is queued waits until the owner comes by, or until more is written.
std::shared_ptr<StreamOwner> Stream::gather() {
  if (gather_ == Milliseconds{0} || !owner_) {
    write_out();
    return whom_to_tell();
  }
  return std::exchange(gathering_, true) ? nullptr : owner_;
}

// Gives the socket what it takes. Where it takes no more, the reactor sees EPOLLOUT and calls
// flush().
void Stream::write_out() {
  while (socket_ >= 0 && taken_ < queue_.size()) {
    const std::string_view rest = std::string_view(queue_).substr(taken_);
    const ssize_t n = wire_ != nullptr
                          ? wire_->send(rest)
                          : ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return forget_taken();
    if (n < 0) return lose();
    taken_ += static_cast<std::size_t>(n);
    written_ += static_cast<std::uint64_t>(n);
    written_at_ = Clock::now();
  }
  taken_ = 0;
  queue_.clear();
  if (queue_.capacity() > kept_capacity) queue_.shrink_to_fit();
}

// A reader who is always a little late never empties the queue: what he took must not pile up.
void Stream::forget_taken() {
  if (taken_ < queue_.size() / 2) return;
  queue_.erase(0, taken_);
  taken_ = 0;
}

void Stream::lose() {
  gone_ = true;
  socket_ = -1;
  wire_ = nullptr;
  taken_ = 0;
  queue_ = std::string();
  change_.notify_all();
}

std::shared_ptr<StreamOwner> Stream::whom_to_tell() {
  if (!gone_ && !is_done_locked()) return nullptr;
  return std::exchange(owner_, nullptr);
}

void Stream::call(const std::shared_ptr<StreamOwner>& owner) const {
  if (owner) owner->come_by(token_);
}

bool Stream::is_done_locked() const {
  return phase_ == Phase::closed && taken_ == queue_.size();
}

}  // namespace patchbay
