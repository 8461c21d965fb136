// SPDX-License-Identifier: MIT
#include "street/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace patchbay {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Error cannot_listen(const Address& address, int error) {
  const std::string name = address.text();
  switch (error) {
    case EADDRINUSE:
      return {"address_in_use", name + " is in use",
              "choose another with --listen or stop the other program"};
    case EACCES:
      return {"address_not_allowed", "this user may not listen on " + name,
              "choose a port above 1023 with --listen"};
    case EADDRNOTAVAIL:
      return {"address_not_here", name + " is no address of this machine",
              "choose one with --listen, eg 127.0.0.1:8080 or *:8080"};
    default:
      return {"cannot_listen",
              "cannot listen on " + name + ": " + std::generic_category().message(error),
              "choose another address with --listen"};
  }
}

Result<Addresses> look_up(const Address& address) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const char* const host = address.host == "*" ? nullptr : address.host.c_str();
  if (const int error = getaddrinfo(host, port.c_str(), &wanted, &found); error != 0) {
    return Error{"unknown_host",
                 "cannot find the address of " + address.host + ": " + gai_strerror(error),
                 "choose one with --listen, eg 127.0.0.1:8080 or *:8080"};
  }
  return Addresses(found, &freeaddrinfo);
}

// An accepted socket inherits what its listener is set to.
void set_options(int socket, int family) {
  const int yes = 1;
  const int no = 0;
  // An event leaves when it is said, and not when the one before it was acknowledged.
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  // 16 KiB: what a reader who does not read may hold in the kernel; without it, megabytes.
  const int unsent = 16 * 1024;
  setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (family == AF_INET6) setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
}

std::uint16_t port_of(int socket) {
  sockaddr_in6 bound{};  // an IPv4 address has its port at the same place
  socklen_t size = sizeof bound;
  getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.sin6_port);
}

// The socket, or 0 and the error of the system.
std::pair<Descriptor, int> listen_on(const addrinfo& place) {
  Descriptor socket(::socket(place.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {Descriptor(), errno};
  set_options(socket.get(), place.ai_family);
  if (bind(socket.get(), place.ai_addr, place.ai_addrlen) != 0 ||
      listen(socket.get(), SOMAXCONN) != 0) {
    return {Descriptor(), errno};
  }
  return {std::move(socket), 0};
}

}  // namespace

Result<Listener> open_listener(const Address& address) {
  Result<Addresses> found = look_up(address);
  if (!found) return std::move(found).error();
  // An IPv6 socket on every interface takes IPv4 too; a name is IPv4 first.
  const int preferred = address.host == "*" ? AF_INET6 : AF_INET;
  std::vector<const addrinfo*> places;
  for (const addrinfo* place = found->get(); place != nullptr; place = place->ai_next) {
    places.insert(place->ai_family == preferred ? places.begin() : places.end(), place);
  }
  int first_error = 0;
  for (const addrinfo* place : places) {
    auto [socket, error] = listen_on(*place);
    if (socket) {
      const std::uint16_t port = port_of(socket.get());
      return Listener{std::move(socket), {address.host, port}};
    }
    if (first_error == 0 || first_error == EAFNOSUPPORT) first_error = error;
  }
  return cannot_listen(address, first_error);
}

}  // namespace patchbay
