// SPDX-License-Identifier: MIT
#include "street/listener.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "support/loopback.h"

namespace patchbay {
namespace {

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(socket, level, name, &value, &size);
  return value;
}

TEST_SUITE("listener") {
  TEST_CASE("the system picks a port where none is given, and callers reach it") {
    for (const char* host : {"127.0.0.1", "localhost", "*"}) {
      CAPTURE(host);
      const Result<Listener> listener = open_listener({host, 0});
      REQUIRE(listener);
      CHECK(listener->address.host == host);
      CHECK(listener->address.port != 0);
      CHECK(Caller(listener->address.port).connected());
    }
  }

  TEST_CASE("an IPv6 address is listened on where the system has it") {
    const Result<Listener> listener = open_listener({"::1", 0});
    if (listener) {
      CHECK(listener->address.text().starts_with("[::1]:"));
    } else {
      CHECK(listener.error().code == "address_not_here");
    }
  }

  TEST_CASE("what is accepted sends at once, and leaves little in the kernel") {
    const Result<Listener> listener = open_listener({"127.0.0.1", 0});
    REQUIRE(listener);
    const Caller caller(listener->address.port);
    const Descriptor socket(accept(listener->socket.get(), nullptr, nullptr));
    REQUIRE(socket);
    CHECK(option(socket.get(), IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option(socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT) == 16 * 1024);
    CHECK(option(listener->socket.get(), SOL_SOCKET, SO_REUSEPORT) == 0);
  }

  TEST_CASE("an address in use is named, with the remedy") {
    const Result<Listener> first = open_listener({"127.0.0.1", 0});
    REQUIRE(first);
    const Result<Listener> second = open_listener(first->address);
    REQUIRE(!second);
    CHECK(second.error().code == "address_in_use");
    CHECK(second.error().text() == first->address.text() +
                                       " is in use (choose another with --listen or stop the other "
                                       "program)");
  }

  TEST_CASE("a host that is not here, or nowhere, is told apart") {
    const Result<Listener> elsewhere = open_listener({"203.0.113.7", 0});
    REQUIRE(!elsewhere);
    CHECK(elsewhere.error().code == "address_not_here");
    const Result<Listener> nowhere = open_listener({"no-such-host.invalid", 80});
    REQUIRE(!nowhere);
    CHECK(nowhere.error().code == "unknown_host");
    CHECK(nowhere.error().message.find("no-such-host.invalid") != std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
