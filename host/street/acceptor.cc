// SPDX-License-Identifier: MIT
#include "street/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "codec/http_response.h"

namespace patchbay {
namespace {

// So many before the connections that are there get their turn again.
constexpr int at_once = 32;

Descriptor open_spare() {
  return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Descriptor accept_from(int listener, Peer& peer) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  Descriptor socket(accept4(listener, reinterpret_cast<sockaddr*>(&address), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) peer = Peer(address);
  return socket;
}

// Closing while there are bytes unread would reset the connection, and the answer with it.
void throw_away_input(const Descriptor& socket) {
  std::array<char, 4096> some{};
  constexpr auto full = static_cast<ssize_t>(some.size());
  // Bounded, for he may send faster than we throw away.
  for (int i = 0; i < 16; ++i) {
    if (recv(socket.get(), some.data(), some.size(), MSG_DONTWAIT) < full) return;
  }
}

}  // namespace

std::string busy_answer() {
  HttpResponse response =
      error_response(503, {"too_many_connections", "this server has no room for another connection",
                           "try again in a second"});
  response.headers.emplace_back("Retry-After", "1");
  return encode_response(response, false);
}

void turn_away(const Descriptor& socket, std::string_view answer) {
  throw_away_input(socket);
  send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(socket.get(), SHUT_WR);
}

Acceptor::Acceptor(Descriptor listener, Log& log, std::string busy)
    : listener_(std::move(listener)), log_(log), busy_(std::move(busy)), spare_(open_spare()) {}

Acceptor::Outcome Acceptor::accept(std::vector<Arrival>& arrivals, Moment now) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < at_once; ++i) {
    Arrival arrival;
    arrival.socket = accept_from(socket(), arrival.peer);
    if (arrival.socket) {
      arrivals.push_back(std::move(arrival));
      continue;
    }
    int error = errno;
    // The system asks for a descriptor before it looks whether anybody waits.
    const bool full = error == EMFILE || error == ENFILE;
    if (full) error = turn_one_away();
    if (error == EAGAIN) break;
    if (error == EINTR || error == ECONNABORTED) continue;
    complain(full ? EMFILE : error, now);
    if (error != 0) return Outcome::pausing;
  }
  return Outcome::taken;
}

// The error of the system, or 0.
int Acceptor::turn_one_away() {
  throw_away_input(spare_);
  spare_.reset();
  Peer nobody;
  Descriptor arrival = accept_from(socket(), nobody);
  const int error = arrival ? 0 : errno;
  if (arrival) turn_away(arrival, busy_);
  spare_ = arrival ? std::move(arrival) : open_spare();
  return error;
}

void Acceptor::complain(int error, Moment now) {
  ++unsaid_;
  if (now < quiet_until_) return;
  quiet_until_ = now + Seconds(1);
  log_.error("cannot accept a connection",
             {{"why", std::generic_category().message(error)},
              {"times", std::exchange(unsaid_, 0)},
              {"next", error == EMFILE
                           ? "raise the limit of open files (ulimit -n), or lower max_connections"
                           : "it is tried again"}});
}

}  // namespace patchbay
