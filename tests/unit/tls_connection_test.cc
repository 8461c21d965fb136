// SPDX-License-Identifier: MIT
// What connection_test.cc says of plain connections, where TLS could make a difference.
#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_response.h"
#include "street/connection.h"
#include "support/throwaway_context.h"
#include "support/tls_peer.h"

namespace patchbay {
namespace {

using State = Connection::State;

std::string answer_of(std::string_view body, bool keep_alive) {
  HttpResponse response;
  response.body = body;
  return encode_response(response, keep_alive);
}

// A connection whose endpoints answer at once (/now) or keep the stream (/later), and its peer.
struct Booth {
  std::vector<std::shared_ptr<Stream>> kept;
  std::vector<Endpoint> endpoints{{"POST", "/now",
                                   [](Exchange&& exchange) {
                                     const bool keep = exchange.stream->keep_alive();
                                     exchange.stream->answer(answer_of("ok", keep));
                                   }},
                                  {"POST", "/later", [this](Exchange&& exchange) {
                                     kept.push_back(exchange.stream);
                                     exchange.stream->begin_events();
                                   }}};
  Engine engine{endpoints};
  std::shared_ptr<TlsIdentity> identity = std::make_shared<TlsIdentity>(test::throwaway_context());
  StreetLimits limits;
  std::atomic<bool> draining{false};
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  Log log{LogLevel::off, LogFormat::text};
  Connection::Place place{engine, limits, draining, inbox, log, {}};
  std::array<int, 2> ends{-1, -1};
  std::unique_ptr<Connection> connection;
  test::TlsPeer peer;

  Booth() {
    limits.tls = identity;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    connection = std::make_unique<Connection>(place, 5, Arrival{Descriptor(ends[0]), Peer()});
  }
  ~Booth() { ::close(ends[1]); }
  Booth(const Booth&) = delete;
  Booth& operator=(const Booth&) = delete;

  State receives_raw(std::string_view bytes, std::uint32_t events = EPOLLIN) {
    REQUIRE(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    connection->notice(events);
    return connection->state();
  }
  std::string sent_raw() const {
    std::string all;
    std::array<char, 16384> some{};
    for (ssize_t n = 0; (n = read(ends[1], some.data(), some.size())) > 0;)
      all.append(some.data(), static_cast<std::size_t>(n));
    return all;
  }
  void shake_hands() {
    while (!peer.greet()) {
      receives_raw(peer.take());
      peer.put(sent_raw());
    }
    REQUIRE(receives_raw(peer.take()) == State::idle);
  }
  State receives(std::string_view text) {
    peer.say(text);
    return receives_raw(peer.take());
  }
  std::string sent() {
    peer.put(sent_raw());
    return peer.heard();
  }
};

std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_SUITE("tls_connection") {
  TEST_CASE("a request is answered, and the next one after it, also where both come at once") {
    Booth booth;
    booth.shake_hands();
    CHECK(booth.receives(post("/now", "one")) == State::idle);
    CHECK(booth.sent() == answer_of("ok", true));
    CHECK(booth.receives(post("/now", "two") + post("/now", "three")) == State::idle);
    CHECK(booth.sent() == answer_of("ok", true) + answer_of("ok", true));
  }

  TEST_CASE("a handshake has the time of a request, and what follows it begins anew") {
    Booth booth;
    booth.connection->advance();
    CHECK(booth.connection->state() == State::idle);
    CHECK_FALSE(booth.peer.greet());
    const std::string hello = booth.peer.take();
    CHECK(booth.receives_raw(hello.substr(0, 1)) == State::receiving);
    const std::uint32_t entries = booth.connection->entries();
    CHECK(booth.receives_raw(hello.substr(1)) == State::receiving);
    CHECK(booth.connection->entries() == entries);
    SUBCASE("it is not over in time: nothing could be said that would be understood") {
      const std::string said = booth.sent_raw();
      booth.connection->time_out();
      CHECK(booth.connection->state() == State::closed);
      CHECK(booth.sent_raw().empty());
    }
    SUBCASE("it is over") {
      booth.peer.put(booth.sent_raw());
      CHECK(booth.peer.greet());
      CHECK(booth.receives_raw(booth.peer.take()) == State::idle);
      CHECK(booth.receives("POST /now") == State::receiving);
      booth.connection->time_out();
      CHECK(booth.sent().find("408") != std::string::npos);
    }
  }

  TEST_CASE("who speaks plain HTTP is told so in plain HTTP") {
    Booth booth;
    CHECK(booth.receives_raw(post("/now", "one")) == State::lingering);
    const std::string answer = booth.sent_raw();
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.find("tls_wanted") != std::string::npos);
  }

  TEST_CASE("junk is closed") {
    Booth booth;
    CHECK(booth.receives_raw(std::string(100, '\x01')) == State::closed);
  }

  TEST_CASE("a farewell while a stream is open is a hang-up, though the socket stays open") {
    Booth booth;
    booth.shake_hands();
    CHECK(booth.receives(post("/later", "x")) == State::serving);
    bool hung_up = false;
    booth.kept.front()->when_gone([&] { hung_up = true; });
    booth.peer.say_farewell();
    CHECK(booth.receives_raw(booth.peer.take()) == State::closed);
    CHECK(hung_up);
  }

  TEST_CASE("a farewell that came along with the request is one too") {
    Booth booth;
    booth.shake_hands();
    booth.peer.say(post("/later", "x"));
    booth.peer.say_farewell();
    CHECK(booth.receives_raw(booth.peer.take()) == State::closed);
    CHECK(booth.kept.front()->is_gone());
  }

  TEST_CASE("a farewell behind a finished answer cancels nothing") {
    Booth booth;
    booth.shake_hands();
    booth.peer.say(post("/now", "x"));
    booth.peer.say_farewell();
    booth.receives_raw(booth.peer.take());
    CHECK(booth.sent() == answer_of("ok", true));
  }

  TEST_CASE("the next request does not disturb the stream before it") {
    Booth booth;
    booth.shake_hands();
    CHECK(booth.receives(post("/later", "x")) == State::serving);
    CHECK(booth.receives(post("/now", "y")) == State::serving);
    CHECK(booth.kept.front()->send("data: 1\n\n", Moment::min()) == Stream::Sent::sent);
    booth.kept.front()->finish("data: 2\n\n");
    booth.connection->advance();
    CHECK(booth.connection->state() == State::idle);
    const std::string all = booth.sent();
    CHECK(all.find("data: 1\n\n") < all.find("data: 2\n\n"));
    CHECK(all.ends_with(answer_of("ok", true)));
  }

  TEST_CASE("the last answer ends with a farewell") {
    Booth booth;
    booth.shake_hands();
    CHECK(booth.receives(post("/now", "x", "Connection: close\r\n")) == State::lingering);
    CHECK(booth.sent() == answer_of("ok", false));
    CHECK(booth.peer.heard_farewell());
  }

  TEST_CASE("who is idle for too long is told farewell, and who is cut off is not") {
    Booth idle;
    idle.shake_hands();
    idle.connection->time_out();
    CHECK(idle.connection->state() == State::closed);
    idle.sent();
    CHECK(idle.peer.heard_farewell());

    Booth cut;
    cut.shake_hands();
    CHECK(cut.receives(post("/later", "x")) == State::serving);
    cut.connection->close();
    cut.sent();
    CHECK_FALSE(cut.peer.heard_farewell());
  }

  TEST_CASE("one too many shakes hands, and reads why he is refused") {
    Booth booth;
    booth.connection->turn_away(answer_of("too many", false));
    while (!booth.peer.greet()) {
      booth.receives_raw(booth.peer.take());
      booth.peer.put(booth.sent_raw());
    }
    CHECK(booth.receives_raw(booth.peer.take()) == State::lingering);
    CHECK(booth.sent() == answer_of("too many", false));
  }

  TEST_CASE("a client that waits for 100 Continue is told to go on") {
    Booth booth;
    booth.shake_hands();
    const std::string request = post("/now", "x", "Expect: 100-continue\r\n");
    booth.receives(request.substr(0, request.size() - 1));
    CHECK(booth.sent() == "HTTP/1.1 100 Continue\r\n\r\n");
    booth.receives("x");
    CHECK(booth.sent() == answer_of("ok", true));
  }

  TEST_CASE("of a reader who does not read as much is kept as without TLS, and he gets all of it") {
    Booth booth;
    booth.limits.stream_buffer = 10'000;
    booth.shake_hands();
    booth.receives(post("/later", "x"));
    const std::shared_ptr<Stream> stream = booth.kept.front();
    const std::string event = "data: " + std::string(5000, 'x') + "\n\n";
    std::size_t said = 0;
    Stream::Sent sent = Stream::Sent::sent;
    while ((sent = stream->send(event, Moment::min())) == Stream::Sent::sent) ++said;
    CHECK(sent == Stream::Sent::full);
    CHECK(stream->backlog().queued <= 10'000);
    stream->finish({});
    std::string all;
    while (booth.connection->state() == State::serving) {
      const std::string some = booth.sent();
      REQUIRE_FALSE(some.empty());
      all += some;
      booth.connection->notice(EPOLLOUT);
    }
    all += booth.sent();
    std::size_t heard = 0;
    for (std::size_t at = 0; (at = all.find(event, at)) != std::string::npos; ++at) ++heard;
    CHECK(heard == said);
    CHECK(all.ends_with("\r\n0\r\n\r\n"));
  }

  TEST_CASE(
      "a stream goes on with the certificate it began with, and who comes next sees another") {
    Booth booth;
    booth.shake_hands();
    booth.receives(post("/later", "x"));
    const std::weak_ptr<const TlsContext> old = booth.identity->current();
    booth.identity->become(test::throwaway_context());
    CHECK(old.expired());
    CHECK(booth.kept.front()->send("data: 1\n\n", Moment::min()) == Stream::Sent::sent);
    booth.kept.front()->finish({});
    booth.connection->advance();
    CHECK(booth.sent().find("data: 1") != std::string::npos);
    CHECK(booth.receives(post("/now", "y")) == State::idle);
    CHECK(booth.sent() == answer_of("ok", true));
  }
}

}  // namespace
}  // namespace patchbay
