// SPDX-License-Identifier: MIT
// A port of this machine that nobody listens on.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <random>
#include <stdexcept>

#include "machine/descriptor.h"

namespace patchbay::test {

namespace detail {

// The port that this socket got; 0 where that one is taken.
inline std::uint16_t bind_to(const Descriptor& socket, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), name, size) != 0 || ::getsockname(socket.get(), name, &size) != 0)
    return 0;
  return ntohs(address.sin_port);
}

inline Descriptor tcp_socket() {
  return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

}  // namespace detail

// It was free a moment ago.
inline std::uint16_t free_port() {
  const std::uint16_t port = detail::bind_to(detail::tcp_socket(), 0);
  if (port == 0) throw std::runtime_error("no free port");
  return port;
}

// The same for a server that goes and comes back: no outgoing connection is given its port
// meanwhile, since Linux takes those from 32768 on.
inline std::uint16_t free_port_to_keep() {
  constexpr int first = 20'000, last = 32'000;
  std::random_device random;
  for (int tries = 0; tries < 1000; ++tries) {
    const auto any = static_cast<std::uint16_t>(first + random() % (last - first));
    if (detail::bind_to(detail::tcp_socket(), any) == any) return any;
  }
  throw std::runtime_error("no free port below 32000");
}

}  // namespace patchbay::test
