// SPDX-License-Identifier: MIT
#include "machine/exchange.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <cstring>

namespace patchbay {
namespace {

TEST_SUITE("exchange") {
  TEST_CASE("a peer is written with its port, an IPv6 one in brackets") {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(51234);
    inet_pton(AF_INET, "203.0.113.7", &four.sin_addr);
    sockaddr_in6 bytes{};
    std::memcpy(&bytes, &four, sizeof four);
    CHECK(Peer(bytes).text() == "203.0.113.7:51234");

    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(9);
    six.sin6_addr = in6addr_loopback;
    CHECK(Peer(six).text() == "[::1]:9");
    sockaddr_in6 unix_socket{};
    unix_socket.sin6_family = AF_UNIX;
    CHECK(Peer(unix_socket).text() == "a unix socket");
    CHECK(Peer().text() == "unknown");
    inet_pton(AF_INET6, "::ffff:203.0.113.7", &six.sin6_addr);  // IPv4 on a socket of both families
    CHECK(Peer(six).text() == "203.0.113.7:9");
  }
}

}  // namespace
}  // namespace patchbay
