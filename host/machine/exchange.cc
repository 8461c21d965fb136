// SPDX-License-Identifier: MIT
#include "machine/exchange.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace patchbay {

std::string Peer::text() const {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (address_.sin6_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address_, sizeof four);
    inet_ntop(AF_INET, &four.sin_addr, name.data(), name.size());
    return std::string(name.data()) + ':' + std::to_string(ntohs(four.sin_port));
  }
  if (address_.sin6_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address_.sin6_addr)) {
    inet_ntop(AF_INET, address_.sin6_addr.s6_addr + 12, name.data(), name.size());
    return std::string(name.data()) + ':' + std::to_string(ntohs(address_.sin6_port));
  }
  if (address_.sin6_family == AF_INET6) {
    inet_ntop(AF_INET6, &address_.sin6_addr, name.data(), name.size());
    return '[' + std::string(name.data()) + "]:" + std::to_string(ntohs(address_.sin6_port));
  }
  return address_.sin6_family == AF_UNIX ? "a unix socket" : "unknown";
}

}  // namespace patchbay
