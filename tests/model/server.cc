// SPDX-License-Identifier: MIT
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace model {
namespace {

using nlohmann::json;

constexpr std::size_t most_requests = 10'000;  // remembered
constexpr char stream_head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes) {
  std::array<char, 32> size{};
  const int n = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return std::string(size.data(), static_cast<std::size_t>(n)).append(bytes).append("\r\n");
}

std::string chunks(std::string_view bytes, std::size_t of) {
  if (of == 0) return chunk(bytes);
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(of, bytes.size())))
    out += chunk(bytes.substr(0, of));
  return out;
}

std::string nanoseconds() {
  return std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

Server::~Server() {
  for (const auto& [fd, connection] : connections_) ::close(fd);
  for (const int fd : {listener_, signals_, epoll_})
    if (fd >= 0) ::close(fd);
}

std::uint16_t Server::listen(const std::string& address, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1) return 0;
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t size = sizeof at;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0)
    return 0;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);

  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  signals_ = ::signalfd(-1, &stops, SFD_CLOEXEC);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : {listener_, signals_}) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  return ntohs(at.sin_port);
}

void Server::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == signals_) return;
      if (event.data.fd == listener_) {
        accept_all();
      } else {
        ready(event.data.fd, event.events);
      }
    }
    play_due();
  }
}

void Server::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection& c = connections_[fd];
    c.fd = fd;
    watch(c, false, EPOLL_CTL_ADD);
  }
}

void Server::watch(Connection& c, bool writes, int how) {
  epoll_event event{EPOLLIN | EPOLLRDHUP, {}};
  if (writes) event.events |= EPOLLOUT;
  event.data.fd = c.fd;
  ::epoll_ctl(epoll_, how, c.fd, &event);
  c.writes = writes;
}

void Server::ready(int fd, std::uint32_t events) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& c = found->second;
  const bool there = (events & (EPOLLERR | EPOLLHUP)) == 0 && read(c);
  if (!there || !flush(c)) return close(fd);
  serve(c);
}

bool Server::read(Connection& c) {
  std::array<char, 65536> bytes{};
  for (;;) {
    const ssize_t n = ::recv(c.fd, bytes.data(), bytes.size(), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    c.in.append(bytes.data(), static_cast<std::size_t>(n));
  }
}

bool Server::flush(Connection& c) {
  while (!c.out.empty()) {
    const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return false;
    if (n < 0) break;
    c.out.erase(0, static_cast<std::size_t>(n));
  }
  if (c.out.empty() == c.writes) watch(c, !c.out.empty(), EPOLL_CTL_MOD);
  return !(c.out.empty() && c.closes);
}

void Server::close(int fd) {
  Connection& c = connections_[fd];
  if (c.dialect) ++hung_up_;
  due_.erase({c.due, fd});
  connections_.erase(fd);
  ::close(fd);
}

// Whole requests, one after another, each when the stream before it has ended.
void Server::serve(Connection& c) {
  const int fd = c.fd;
  bool broken = false;
  while (!c.dialect) {
    const std::optional<Request> request = take_request(c.in, broken);
    if (broken) return close(fd);
    if (!request) return;
    serve(c, *request);
    if (c.dialect && !play(c)) return;
    if (!flush(c)) return close(fd);
  }
}

void Server::serve(Connection& c, const Request& request) {
  if (request.path == "/streams") {
    c.out += answer(200, counts().dump());
  } else if (request.path == "/requests") {
    c.out += answer(200, json(requests_).dump(-1, ' ', false, json::error_handler_t::replace));
    if (request.method == "DELETE") requests_.clear();
  } else if (auto dialect = dialect_of(request.path); !dialect) {
    c.out += answer(404, R"({"error":"no such path"})");
  } else if (const auto asked = read_request(request.path, request.body); !asked) {
    c.out += answer(400, dialect->refusal(400));
  } else {
    record(request, *asked);
    std::string wrong;
    const std::optional<Script> script = choose(rules_, *asked, wrong);
    c.dialect = std::move(dialect);
    if (script) return stream(c, *script, *asked);
    c.out += answer(400, json({{"error", "no such word in a script: " + wrong}}).dump());
    c.dialect.reset();
  }
}

void Server::stream(Connection& c, const Script& script, const Asked& asked) {
  if (script.status != 200) {
    std::string retry;
    if (script.retry_after >= 0)
      retry = "Retry-After: " + std::to_string(script.retry_after) + "\r\n";
    c.out += answer(script.status, c.dialect->refusal(script.status), retry);
    c.dialect.reset();
    return;
  }
  c.wire = script.wire;
  c.steps = steps_of(script, *c.dialect, asked);
  c.steps.push_front({Ms(0), Step::Do::send, {}});  // the head, at once
  c.out += stream_head;
  c.due = std::chrono::steady_clock::now();
}

bool Server::play(Connection& c) {
  const int fd = c.fd;
  due_.erase({c.due, fd});
  const TimePoint now = std::chrono::steady_clock::now();
  while (!c.steps.empty() && c.due + c.steps.front().after <= now) {
    const Step step = std::move(c.steps.front());
    c.steps.pop_front();
    c.due += step.after;
    act(c, step);
  }
  if (!flush(c)) return close(fd), false;
  schedule(c);
  return true;
}

void Server::act(Connection& c, const Step& step) {
  switch (step.what) {
    case Step::Do::send:
      if (!step.bytes.empty()) c.out += chunks(step.bytes, c.wire);
      break;
    case Step::Do::stamp:
      c.out += chunks(c.dialect->piece(nanoseconds() + " "), c.wire);
      break;
    case Step::Do::stall:
      break;
    case Step::Do::cut:
      c.closes = true;
      c.dialect.reset();
      break;
    case Step::Do::end:
      c.out += "0\r\n\r\n";
      c.dialect.reset();
      ++ended_;
      break;
  }
}

void Server::schedule(Connection& c) {
  if (c.steps.empty()) return;
  c.due += c.steps.front().after;
  c.steps.front().after = Ms(0);
  due_.insert({c.due, c.fd});
}

void Server::play_due() {
  const TimePoint now = std::chrono::steady_clock::now();
  while (!due_.empty() && due_.begin()->first <= now) {
    Connection& c = connections_.at(due_.begin()->second);
    if (play(c) && !c.dialect) serve(c);
  }
}

int Server::wait_ms() const {
  if (due_.empty()) return -1;
  const auto left = due_.begin()->first - std::chrono::steady_clock::now();
  return static_cast<int>(
      std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

void Server::record(const Request& request, const Asked& asked) {
  if (requests_.size() == most_requests) requests_.pop_front();
  json messages = json::array();
  for (const Asked::Message& message : asked.messages)
    messages.push_back({{"role", message.role}, {"text", message.text}});
  requests_.push_back({{"path", request.path},
                       {"headers", request.headers},
                       {"model", asked.model},
                       {"messages", std::move(messages)},
                       {"body", json::parse(request.body, nullptr, false)}});
}

json Server::counts() const {
  const auto open = std::count_if(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.dialect != nullptr;
  });
  return {{"open", open}, {"ended", ended_}, {"hung_up", hung_up_}};
}

}  // namespace model
