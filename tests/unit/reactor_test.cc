// SPDX-License-Identifier: MIT
#include "street/reactor.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "codec/http_response.h"
#include "street/listener.h"
#include "support/loopback.h"

namespace patchbay {
namespace {

// Some reactors on one listener, and their threads.
struct Crossing {
  Log log{LogLevel::off, LogFormat::text};
  Crew crew;
  std::uint16_t port = 0;
  std::vector<std::thread> threads;

  explicit Crossing(std::size_t reactors, StreetLimits limits = {}) {
    crew.limits = limits;
    crew.endpoints.push_back({"GET", "/", [](Exchange&& exchange) {
                                exchange.stream->answer(
                                    encode_response({}, exchange.stream->keep_alive()));
                              }});
    Result<Listener> listener = open_listener({"127.0.0.1", 0});
    REQUIRE(listener);
    port = listener->address.port;
    const auto acceptor = std::make_shared<Acceptor>(std::move(listener->socket), log);
    for (std::size_t i = 0; i < reactors; ++i) {
      crew.reactors.push_back(std::make_unique<Reactor>(crew, acceptor, log));
      REQUIRE(crew.reactors.back()->is_ready());
    }
    for (const auto& reactor : crew.reactors) {
      threads.emplace_back([&reactor] { reactor->run(); });
    }
  }
  ~Crossing() { stop(); }
  Crossing(const Crossing&) = delete;
  Crossing& operator=(const Crossing&) = delete;

  void stop() {
    for (const auto& reactor : crew.reactors) reactor->stop();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
};

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_SUITE("reactor") {
  TEST_CASE("connections are spread evenly, whoever the kernel wakes") {
    Crossing crossing(3);
    std::vector<Caller> callers;
    for (int i = 0; i < 30; ++i) {
      callers.emplace_back(crossing.port);
      callers.back().say(get);
      REQUIRE(callers.back().hears("200 OK"));
    }
    CHECK(crossing.crew.connections == 30);
    for (const auto& reactor : crossing.crew.reactors) {
      CHECK(reactor->load() >= 8);
      CHECK(reactor->load() <= 12);
    }
    crossing.stop();
    CHECK(crossing.crew.connections == 0);
    for (Caller& caller : callers) CHECK(caller.hears_all().ends_with("\r\n\r\n"));
  }

  TEST_CASE("a connection that says nothing is closed when its time is over") {
    StreetLimits limits;
    limits.idle_timeout = Milliseconds(30);
    Crossing crossing(1, limits);
    Caller caller(crossing.port);
    CHECK(caller.hears_all().empty());
    CHECK(!caller.was_reset());
  }

  TEST_CASE("who has left the listener takes nobody more, and keeps those it has") {
    Crossing crossing(2);
    Caller caller(crossing.port);
    caller.say(get);
    REQUIRE(caller.hears("200 OK"));
    for (const auto& reactor : crossing.crew.reactors) reactor->leave_listener();
    for (const auto& reactor : crossing.crew.reactors) reactor->wait_until_it_left();
    CHECK(!Caller(crossing.port).connected());
    caller.say(get);
    CHECK(caller.hears("200 OK", 2));
  }
}

}  // namespace
}  // namespace patchbay
