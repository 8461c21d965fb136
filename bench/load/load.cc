// SPDX-License-Identifier: MIT
#include "load.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace patchbay::bench {
namespace {

constexpr std::chrono::milliseconds between_looks{100};  // for turns that take too long

std::chrono::nanoseconds processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

// As many descriptors as the system lets us have. Throws where those are too few: a run whose
// connections fail for that would be counted as the server's fault.
void allow_descriptors(std::size_t connections) {
  constexpr std::size_t others = 16;  // standard streams, epoll, OpenSSL's
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::system_error(errno, std::generic_category(), "the limit of open files");
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < connections + others)
    throw std::runtime_error(
        fmt::format("{} connections want {} open files, and this user may have {} (ulimit -Hn)",
                    connections, connections + others, limit.rlim_max));
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::system_error(errno, std::generic_category(), "the limit of open files");
}

}  // namespace

Load::Load(const Options& options) : options_(options), messages_(options) {
  allow_descriptors(options.connections);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  for (std::size_t i = 0; i < options.connections; ++i)
    connections_.push_back(std::make_unique<Connection>(options, i));
}

Load::~Load() {
  ::close(epoll_);
}

Tally Load::run() {
  for (const auto& connection : connections_) idle_.push_back(connection.get());
  begin_ = Clock::now();
  measured_from_ = begin_ + options_.warm_up;
  end_ = options_.turns > 0 ? Clock::time_point::max() : measured_from_ + options_.time;
  look_at_ = begin_ + between_looks;
  Clock::time_point now = begin_;
  while (busy_ > 0 || may_ask(now)) {
    ask_what_is_due(now);
    wait(now);
    now = Clock::now();
    if (now >= look_at_) look_for_late(now);
  }
  tally_.measured = std::min(now, end_) - measured_from_;
  for (const auto& connection : connections_)
    tally_.turns_of_a_connection.push_back(connection->measured_turns);
  tally_.own_cpu = processor_time();
  return tally_;
}

bool Load::may_ask(Clock::time_point now) const {
  return options_.turns > 0 ? asked_ < options_.turns : now < end_;
}

Clock::time_point Load::due_at(std::uint64_t turn) const {
  const double seconds = static_cast<double>(turn) / static_cast<double>(options_.rate);
  return begin_ +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

void Load::ask_what_is_due(Clock::time_point now) {
  while (!idle_.empty() && may_ask(now)) {
    const Clock::time_point due = options_.rate > 0 ? due_at(asked_) : now;
    if (due > now) return;
    if (options_.rate > 0 && due < free_since_) ++tally_.late;
    Connection* const next = idle_.front();
    idle_.pop_front();
    ask(*next, due);
    if (options_.rate == 0) now = Clock::now();
  }
}

void Load::ask(Connection& connection, Clock::time_point due) {
  ++asked_;
  ++busy_;
  messages_.next(connection.request(), connection.turn_id(), connection.number(),
                 connection.turns_asked());
  went(connection, connection.ask(due, epoll_));
}

// A turn that is over leaves its connection idle, behind the others: all have their turn.
void Load::went(Connection& connection, Connection::Went went) {
  if (went == Connection::Went::on) return;
  --busy_;
  count_words(connection);
  if (went == Connection::Went::whole) {
    count(connection);
  } else {
    ++tally_.errors[connection.fault()];
    if (connection.fault() == "status_503") tally_.refused.add(connection.whole());
  }
  if (idle_.empty()) free_since_ = Clock::now();
  idle_.push_back(&connection);
}

void Load::count(Connection& connection) {
  ++tally_.all_turns;
  const Clock::time_point over = connection.due() + connection.whole();
  if (over < measured_from_ || over >= end_) return;
  ++tally_.turns;
  ++connection.measured_turns;
  tally_.first_byte.add(connection.first_byte());
  tally_.first_event.add(connection.first_event());
  tally_.whole.add(connection.whole());
}

// Also those of turns that were cut: to leave them out would praise a server that drops what is
// late.
void Load::count_words(const Connection& connection) {
  const std::vector<Clock::duration>& deliveries = connection.deliveries();
  if (!deliveries.empty()) tally_.first_delivery.add(deliveries.front());
  for (const Clock::duration took : deliveries) tally_.delivery.add(took);
}

// Until a socket is ready, the next turn is due, or it is time to look for late ones.
void Load::wait(Clock::time_point now) {
  Clock::time_point until = look_at_;
  if (options_.rate > 0 && !idle_.empty() && may_ask(now)) until = std::min(until, due_at(asked_));
  const auto left = std::max<Clock::duration>(until - now, Clock::duration{0});
  const timespec most{std::chrono::duration_cast<std::chrono::seconds>(left).count(),
                      (left % std::chrono::seconds(1)).count()};
  std::array<epoll_event, 256> ready{};
  const int count =
      ::epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &most, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& one = ready[static_cast<std::size_t>(i)];
    auto* const connection = static_cast<Connection*>(one.data.ptr);
    if (!connection->is_busy()) {
      static_cast<void>(connection->ready(one.events));
      continue;
    }
    went(*connection, connection->ready(one.events));
    // Its next turn at once: to wait for the others' answers would let the server rest.
    if (options_.rate == 0) ask_what_is_due(Clock::now());
  }
}

void Load::look_for_late(Clock::time_point now) {
  look_at_ = now + between_looks;
  for (const auto& connection : connections_) {
    if (!connection->is_busy() || now - connection->due() < options_.timeout) continue;
    connection->give_up();
    went(*connection, Connection::Went::wrong);
  }
}

}  // namespace patchbay::bench
