// SPDX-License-Identifier: MIT
#include "floor/floor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "floor/request.h"

namespace patchbay::bench {
namespace {

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Floor::Connection {
  int fd;
  std::uint64_t number;
  std::string in = {};
  std::string out = {};  // what the socket has not taken
  std::string turn_id = {};
  std::size_t left = 0;  // words of the turn that it speaks
};

Floor::Floor(const Settings& settings) : settings_(settings) {
  allow_descriptors();
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(settings.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    give_up("listen");
  port_ = ntohs(address.sin_port);
  epoll_event wanted{.events = EPOLLIN, .data = {.fd = listener_}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &wanted) != 0) give_up("epoll");
}

Floor::~Floor() {
  ::close(listener_);
  ::close(epoll_);
}

void Floor::run() {
  std::array<epoll_event, 256> ready{};
  for (;;) {
    const int count =
        ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), until_due());
    for (int i = 0; i < count; ++i) {
      const epoll_event& one = ready[static_cast<std::size_t>(i)];
      if (one.data.fd == listener_) {
        accept_all();
        continue;
      }
      const auto found = connections_.find(one.data.fd);
      if (found == connections_.end()) continue;
      Connection& connection = *found->second;
      if ((one.events & EPOLLOUT) != 0) send_rest(connection);
      if ((one.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(connection);
    }
    speak_all_due();
  }
}

int Floor::until_due() const {
  if (due_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_.front().when - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

void Floor::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event wanted{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &wanted);
    connections_[fd] = std::make_unique<Connection>(Connection{fd, ++last_number_});
  }
}

void Floor::read(Connection& from) {
  std::array<char, 16384> room;
  const ssize_t some = ::recv(from.fd, room.data(), room.size(), 0);
  if (some < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (some <= 0) return drop(from);
  from.in.append(room.data(), static_cast<std::size_t>(some));
  const auto request = read_request(from.in);
  if (!request) return;
  if (request->size == 0) return drop(from);
  answer(from, request->signature, request->body);
  from.in.erase(0, request->size);
}

void Floor::answer(Connection& to, std::string_view signature, std::string_view body) {
  const auto turn_id =
      is_signed(settings_.secret, signature, body) ? turn_id_of(body) : std::nullopt;
  if (!turn_id) return send(to, refusal);
  if (settings_.every.count() > 0) {
    to.turn_id = *turn_id;
    to.left = settings_.says;
    send(to, stream_head);
    due_.push_back({Clock::now() + settings_.every, to.fd, to.number});
    return;
  }
  std::string all(stream_head);
  for (const std::string& event : events_of(*turn_id, settings_.says)) {
    append_chunk(all, event);
    if (settings_.coalesced) continue;
    send(to, all);
    all.clear();
  }
  all += stream_end;
  send(to, all);
}

void Floor::speak_all_due() {
  const auto now = Clock::now();
  while (!due_.empty() && due_.front().when <= now) {
    Due next = due_.front();
    due_.pop_front();
    const auto found = connections_.find(next.fd);
    if (found == connections_.end() || found->second->number != next.number) continue;
    Connection& to = *found->second;
    speak(to, next.when);
    next.when += settings_.every;
    if (to.left > 0) due_.push_back(next);
  }
}

void Floor::speak(Connection& to, Clock::time_point due) {
  std::string word;
  append_chunk(word, stamped_event(to.turn_id, due));
  if (--to.left == 0) {
    append_chunk(word, end_event(to.turn_id));
    word += stream_end;
  }
  send(to, word);
}

void Floor::send(Connection& to, std::string_view bytes) {
  if (to.out.empty()) {
    const ssize_t sent = ::send(to.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (!bytes.empty()) watch(to, true);
  }
  to.out += bytes;
}

void Floor::send_rest(Connection& to) {
  const std::string rest = std::exchange(to.out, {});
  send(to, rest);
  if (to.out.empty()) watch(to, false);
}

void Floor::watch(const Connection& connection, bool for_room) const {
  epoll_event wanted{.events = EPOLLIN, .data = {.fd = connection.fd}};
  if (for_room) wanted.events |= EPOLLOUT;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &wanted);
}

void Floor::drop(const Connection& connection) {
  ::close(connection.fd);
  connections_.erase(connection.fd);
}

}  // namespace patchbay::bench
