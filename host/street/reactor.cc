// SPDX-License-Identifier: MIT
#include "street/reactor.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace patchbay {
namespace {

constexpr Token listener_token = 0;
constexpr Token bell_token = 1;

// How long a listener that fails is left alone.
constexpr Milliseconds accept_pause{100};
// So many above max_connections are let in to read their 503 in peace; the rest gets it in haste.
constexpr std::size_t refused_with_care = 64;

bool watch(int epoll, int fd, Token token, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Reactor::Reactor(Crew& crew, std::shared_ptr<Acceptor> acceptor, Log& log)
    : crew_(crew),
      log_(log),
      engine_(crew.endpoints),
      inbox_(std::make_shared<Inbox>()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      place_{engine_, crew.limits, crew.draining, inbox_, log, {}},
      acceptor_(std::move(acceptor)),
      last_token_(bell_token),
      roster_(crew.limits) {}

void Reactor::run() {
  inbox_->belong_to_this_thread();
  now_ = Clock::now();
  watch(epoll_.get(), inbox_->bell(), bell_token, EPOLLIN);
  watch_listener();
  std::array<epoll_event, 256> events{};
  while (!stopping_) {
    const int n = epoll_wait(epoll_.get(), events.data(), events.size(), wait_time());
    now_ = Clock::now();
    bool rung = false;
    for (const epoll_event& event :
         std::span(events.data(), static_cast<std::size_t>(std::max(n, 0)))) {
      rung = rung || event.data.u64 == bell_token;
      handle(event.data.u64, event.events);
    }
    read_inbox(rung);
    feed_the_hungry();
    expire();
    if (place_.crowded_out > 0) complain_of_bodies();
    if (resume_at_ <= now_) watch_listener();
    if (leaving_) drop_listener();
  }
  acceptor_.reset();
  read_inbox(false);
  crew_.connections -= roster_.size();
  load_ -= roster_.size();
  roster_.close_all();
}

void Reactor::stop() {
  stopping_ = true;
  inbox_->ring();
}

void Reactor::leave_listener() {
  leaving_ = true;
  inbox_->ring();
}

void Reactor::wait_until_it_left() const {
  left_.wait(false);
}

void Reactor::handle(Token token, std::uint32_t events) {
  if (token == listener_token) {
    accept();
    return;
  }
  Connection* const connection = roster_.find(token);
  if (connection == nullptr) return;
  connection->notice(events);
  settle(*connection);
}

// How many came.
std::size_t Reactor::accept() {
  if (!acceptor_) return 0;
  std::vector<Arrival> arrivals;
  const Acceptor::Outcome outcome = acceptor_->accept(arrivals, now_);
  for (Arrival& arrival : arrivals) welcome(std::move(arrival));
  if (outcome == Acceptor::Outcome::pausing) pause_listener();
  return arrivals.size();
}

// Gives the arrival to the reactor with the fewest: the kernel wakes whom it likes, often the same.
void Reactor::welcome(Arrival arrival) {
  const std::size_t others = crew_.connections++;
  if (others >= crew_.limits.max_connections) complain();
  if (others >= crew_.limits.max_connections + refused_with_care) {
    --crew_.connections;
    return turn_away(arrival.socket, crew_.limits.tls ? busy_alert() : busy_answer());
  }
  if (others >= crew_.limits.max_connections) {
    ++load_;
    if (Connection* const connection = adopt(std::move(arrival))) {
      connection->turn_away(busy_answer());
      settle(*connection);
    }
    return;
  }
  Reactor* emptiest = this;
  for (const auto& reactor : crew_.reactors) {
    if (reactor->load() < emptiest->load()) emptiest = reactor.get();
  }
  ++emptiest->load_;
  if (emptiest == this) {
    adopt(std::move(arrival));
  } else {
    emptiest->inbox_->post(std::move(arrival));
  }
}

// A flood must not fill the log too.
void Reactor::complain() {
  ++turned_away_;
  if (now_ < quiet_until_) return;
  quiet_until_ = now_ + Seconds(1);
  log_.warn("too many connections",
            {{"times", std::exchange(turned_away_, 0)},
             {"most", crew_.limits.max_connections},
             {"next", "raise max_connections, and the limit of open files (ulimit -n) with it"}});
}

void Reactor::complain_of_bodies() {
  if (now_ < quiet_of_bodies_until_) return;
  quiet_of_bodies_until_ = now_ + Seconds(1);
  log_.warn("too many bodies",
            {{"times", std::exchange(place_.crowded_out, 0)},
             {"most", crew_.limits.bodies->most()},
             {"next", "if these are calls, raise max_bodies in [server], and the memory with it"}});
}

// Null where the system does not let it.
Connection* Reactor::adopt(Arrival arrival) {
  const Token token = ++last_token_;
  // Once for all: what an edge tells is kept by the connection, or found when it reads again.
  constexpr std::uint32_t edges = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  if (!watch(epoll_.get(), arrival.socket.get(), token, edges)) {
    log_.error("cannot watch a connection", {{"next", "raise fs.epoll.max_user_watches"}});
    --load_;
    --crew_.connections;
    return nullptr;
  }
  return &roster_.add(place_, token, std::move(arrival), now_);
}

void Reactor::read_inbox(bool rung) {
  Inbox::Letters letters = inbox_->take(rung);
  for (Arrival& arrival : letters.arrivals) adopt(std::move(arrival));
  for (const Token token : letters.tokens) {
    Connection* const connection = roster_.find(token);
    if (connection == nullptr) continue;
    connection->come_by();
    settle(*connection);
  }
}

void Reactor::feed_the_hungry() {
  for (const Token token : std::exchange(hungry_, {})) {
    Connection* const connection = roster_.find(token);
    if (connection == nullptr) continue;
    connection->advance();
    settle(*connection);
  }
}

void Reactor::expire() {
  while (Connection* const connection = roster_.overdue(now_)) {
    connection->time_out();
    settle(*connection);
  }
}

void Reactor::settle(Connection& connection) {
  const bool hungry = connection.is_hungry();
  const Token token = connection.token();
  if (!roster_.settle(connection, now_)) {
    --load_;
    --crew_.connections;
  } else if (hungry) {
    hungry_.push_back(token);
  }
}

void Reactor::watch_listener() {
  resume_at_ = Moment::max();
  // Exclusive: an arrival wakes one reactor, and not all of them.
  if (acceptor_) watch(epoll_.get(), acceptor_->socket(), listener_token, EPOLLIN | EPOLLEXCLUSIVE);
}

void Reactor::pause_listener() {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, acceptor_->socket(), nullptr);
  resume_at_ = now_ + accept_pause;
}

void Reactor::drop_listener() {
  if (!acceptor_) return;
  // Bounded, so that no flood keeps the door open.
  for (int i = 0; i < 256 && accept() > 0; ++i) continue;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, acceptor_->socket(), nullptr);
  acceptor_.reset();
  resume_at_ = Moment::max();
  left_ = true;
  left_.notify_all();
}

int Reactor::wait_time() const {
  if (!hungry_.empty() || !inbox_->is_empty()) return 0;
  const Moment next = std::min(roster_.next_end().value_or(Moment::max()), resume_at_);
  if (next == Moment::max()) return -1;
  const auto wait = std::chrono::ceil<Milliseconds>(next - now_).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000));
}

}  // namespace patchbay
