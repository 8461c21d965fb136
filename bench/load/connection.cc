// SPDX-License-Identifier: MIT
#include "connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace patchbay::bench {

void Connection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));  // epoll forgets it with that
  connecting_ = false;
}

bool Connection::connect(int epoll) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* const address = reinterpret_cast<const sockaddr*>(&options_.address);
  if (::connect(fd_, address, sizeof options_.address) != 0) {
    if (errno != EINPROGRESS) return false;
    connecting_ = true;
  }
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.ptr = this;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &wanted) == 0;
}

Connection::Went Connection::ask(Clock::time_point due, int epoll) {
  due_ = due;
  first_byte_ = first_event_ = {};
  deliveries_.clear();
  ++turns_asked_;
  busy_ = true;
  sent_ = 0;
  body_.clear();
  reader_.begin();
  check_.begin(turn_id_);
  if (fd_ < 0 && !connect(epoll)) return fail("connect");
  return connecting_ ? Went::on : send_more();
}

Connection::Went Connection::ready(unsigned events) {
  if (fd_ < 0) return Went::on;
  if (!busy_) {
    // A server may close what is idle; anything else is nothing that was asked for.
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) close();
    return Went::on;
  }
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail("connect");
    if ((events & EPOLLOUT) == 0) return Went::on;
    connecting_ = false;
  }
  if (sent_ < request_.size()) {
    if (const Went went = send_more(); went != Went::on) return went;
  }
  const bool closed = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  return closed || (events & EPOLLIN) != 0 ? read_more(closed) : Went::on;
}

Connection::Went Connection::send_more() {
  while (sent_ < request_.size()) {
    const ssize_t some =
        ::send(fd_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (some < 0 && errno == EAGAIN) return Went::on;
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return read_more(true);  // the answer may say why
    sent_ += static_cast<std::size_t>(some);
  }
  return Went::on;
}

Connection::Went Connection::read_more(bool to_the_end) {
  std::array<char, 64 * 1024> room;
  for (;;) {
    const ssize_t some = ::recv(fd_, room.data(), room.size(), 0);
    if (some < 0 && errno == EAGAIN) return Went::on;
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return fail("reset");
    if (some == 0) return closed_by_server();
    const Clock::time_point now = Clock::now();
    if (first_byte_ == Clock::time_point{}) first_byte_ = now;
    if (!reader_.feed({room.data(), static_cast<std::size_t>(some)}, body_))
      return fail("answer_malformed");
    const bool is_stream = reader_.is_event_stream() && reader_.status() == 200;
    if (is_stream) {
      if (const char* wrong = check_.feed(body_)) return fail(wrong);
      for (const AnswerCheck::Stamp sent : check_.stamps()) deliveries_.push_back(now - sent);
      if (check_.events() > 0 && first_event_ == Clock::time_point{}) first_event_ = now;
    }
    if (reader_.done()) return finish();
    // Edge-triggered: a read that did not fill the room has emptied the socket.
    if (!to_the_end && static_cast<std::size_t>(some) < room.size()) return Went::on;
  }
}

Connection::Went Connection::closed_by_server() {
  if (reader_.finish()) return finish();
  const bool nothing = first_byte_ == Clock::time_point{};
  return fail(nothing ? "closed_unanswered" : "answer_cut");
}

Connection::Went Connection::finish() {
  over_ = Clock::now();
  if (reader_.status() != 200) return fail(fmt::format("status_{}", reader_.status()));
  if (!reader_.is_event_stream()) return fail("no_event_stream");
  if (const char* wrong = check_.finish(body_)) return fail(wrong);
  busy_ = false;
  if (options_.new_connections || !reader_.keeps_open()) close();
  return Went::whole;
}

Connection::Went Connection::fail(std::string why) {
  fault_ = std::move(why);
  over_ = Clock::now();
  busy_ = false;
  close();
  return Went::wrong;
}

void Connection::give_up() {
  static_cast<void>(fail("timeout"));
}

}  // namespace patchbay::bench
