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

}  // namespace

std::string busy_answer() {
  HttpResponse response =
      error_response(503, {"too_many_connections", "this server has no room for another connection",
                           "try again in a second"});
  response.headers.emplace_back("Retry-After", "1");
  return encode_response(response, false);
}

void turn_away(Descriptor socket, std::string_view answer) {
  // Closing while there are bytes unread would reset the connection, and the answer with it.
  std::array<char, 4096> thrown_away{};
  while (recv(socket.get(), thrown_away.data(), thrown_away.size(), MSG_DONTWAIT) ==
         static_cast<ssize_t>(thrown_away.size())) {
  }
  send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(socket.get(), SHUT_WR);
}

Acceptor::Acceptor(std::shared_ptr<const Descriptor> listener, Log& log)
    : listener_(std::move(listener)), log_(log), busy_(busy_answer()), spare_(open_spare()) {}

Acceptor::Outcome Acceptor::accept(std::vector<Arrival>& arrivals, Moment now) {
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
  spare_.reset();
  Peer nobody;
  Descriptor socket = accept_from(listener_->get(), nobody);
  const int error = socket ? 0 : errno;
  if (socket) turn_away(std::move(socket), busy_);
  spare_ = open_spare();
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
