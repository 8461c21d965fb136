// SPDX-License-Identifier: MIT
#include "street/connection.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http_response.h"

namespace patchbay {
namespace {

using State = Connection::State;

std::string answer_of(std::string_view body, bool keep_alive) {
  HttpResponse response;
  response.body = body;
  return encode_response(response, keep_alive);
}

// A connection whose endpoints answer at once (/now), keep the stream (/later), or drop it
// (/never); of /closed the head is refused where a body is large.
struct Desk {
  std::vector<std::shared_ptr<Stream>> kept;
  std::vector<std::string> bodies;
  std::vector<Endpoint> endpoints{
      {"POST", "/now",
       [this](Exchange&& exchange) {
         bodies.push_back(exchange.request.body);
         exchange.stream->answer(answer_of("ok", exchange.stream->keep_alive()));
       }},
      {"POST", "/later",
       [this](Exchange&& exchange) {
         kept.push_back(exchange.stream);
         exchange.stream->begin_events();
       }},
      {"POST", "/never", [](Exchange&&) {}},
      {"POST", "/closed",
       [](Exchange&& exchange) { exchange.stream->answer(answer_of("small", true)); },
       [](const Head&) {
         return std::optional(error_response(401, {"closed", "no", ""}));
       }},
      {"POST", "/kept", [this](Exchange&& exchange) {
         requests.push_back(std::move(exchange.request));
         exchange.stream->answer(answer_of("ok", true));
       }}};
  std::vector<HttpRequest> requests;
  Engine engine{endpoints};
  StreetLimits limits;
  std::atomic<bool> draining{false};
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  Log log{LogLevel::off, LogFormat::text};
  Connection::Place place{engine, limits, draining, inbox, log, {}};
  std::array<int, 2> ends{-1, -1};
  std::unique_ptr<Connection> connection;

  Desk() {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    connection = std::make_unique<Connection>(place, 5, Arrival{Descriptor(ends[0]), Peer()});
  }
  ~Desk() { close(ends[1]); }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  State receives(std::string_view bytes) {
    REQUIRE(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    connection->notice(EPOLLIN);
    return connection->state();
  }
  // In pieces that a socket takes.
  State receives_much(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 10'000) receives(bytes.substr(at, 10'000));
    return connection->state();
  }
  [[nodiscard]] std::size_t held() const { return limits.bodies->taken(); }
  std::string sent() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = read(ends[1], some.data(), some.size())) > 0;) {
      all.append(some.data(), static_cast<std::size_t>(n));
    }
    return all;
  }
};

std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_SUITE("connection") {
  TEST_CASE("a request is answered, and the next one after it") {
    Desk desk;
    CHECK(desk.receives(post("/now", "one")) == State::idle);
    CHECK(desk.sent() == answer_of("ok", true));
    CHECK(desk.receives(post("/now", "two")) == State::idle);
    CHECK(desk.bodies == std::vector<std::string>{"one", "two"});
  }

  TEST_CASE("a request may come byte by byte") {
    Desk desk;
    const std::string bytes = post("/now", "one");
    for (const char& byte : std::string_view(bytes).substr(0, bytes.size() - 1)) {
      REQUIRE(desk.receives({&byte, 1}) == State::receiving);
    }
    CHECK(desk.receives(bytes.substr(bytes.size() - 1)) == State::idle);
    CHECK(desk.bodies.size() == 1);
  }

  TEST_CASE("pipelined requests wait for the answer before them, and are answered in order") {
    Desk desk;
    desk.limits.gather_time = Milliseconds{0};
    const std::string three = post("/now", "one") + post("/later", "") + post("/now", "three");
    CHECK(desk.receives(three + post("/now", "four").substr(0, 20)) == State::serving);
    CHECK(desk.bodies == std::vector<std::string>{"one"});
    desk.kept[0]->finish("data: 1\n\n");
    CHECK(desk.inbox->take(true).tokens.size() == 2);  // of /now and of /later
    desk.connection->advance();
    CHECK(desk.connection->state() == State::receiving);
    CHECK(desk.bodies == std::vector<std::string>{"one", "three"});
    const std::string all = desk.sent();
    CHECK(all.starts_with(answer_of("ok", true)));
    CHECK(all.ends_with("data: 1\n\n\r\n0\r\n\r\n" + answer_of("ok", true)));
    CHECK(desk.receives(post("/now", "four").substr(20)) == State::idle);
    CHECK(desk.bodies.back() == "four");
  }

  TEST_CASE("a caller who leaves is noticed while his answer is thought about") {
    for (const std::uint32_t sign : {EPOLLRDHUP, EPOLLHUP, EPOLLERR}) {
      Desk desk;
      desk.receives(post("/later", ""));
      bool gone = false;
      desk.kept[0]->when_gone([&] { gone = true; });
      desk.connection->notice(sign);
      CHECK(gone);
      CHECK(desk.connection->state() == State::closed);
      CHECK(desk.kept[0]->send("x", Moment::min()) == Stream::Sent::gone);
    }
  }

  TEST_CASE("a head that waits for its first event goes alone when its moment is over") {
    Desk desk;
    CHECK(desk.receives(post("/later", "")) == State::serving);
    CHECK(desk.inbox->take(false).tokens == std::vector<Token>{5});
    desk.connection->come_by();
    CHECK(desk.connection->state() == State::gathering);
    CHECK(desk.sent().empty());
    desk.connection->time_out();
    CHECK(desk.connection->state() == State::serving);
    CHECK(desk.sent() == encode_event_stream_head(true, true));
    desk.kept[0]->finish({});
    desk.connection->come_by();
    CHECK(desk.connection->state() == State::idle);
  }

  TEST_CASE("an answer that ends in its first moment makes way for the next request") {
    Desk desk;
    desk.receives(post("/later", ""));
    desk.connection->come_by();
    desk.kept[0]->finish({});
    desk.connection->come_by();
    CHECK(desk.connection->state() == State::idle);
    CHECK(desk.sent() == encode_event_stream_head(true, true) + "0\r\n\r\n");
  }

  TEST_CASE("who asks and half-closes still gets an answer that is ready") {
    Desk desk;
    const std::string two = post("/now", "one") + post("/now", "two");
    REQUIRE(write(desk.ends[1], two.data(), two.size()) > 0);
    shutdown(desk.ends[1], SHUT_WR);
    desk.connection->notice(EPOLLIN | EPOLLRDHUP);
    CHECK(desk.connection->state() == State::closed);
    CHECK(desk.sent() == answer_of("ok", true) + answer_of("ok", true));
  }

  TEST_CASE("a refused request is answered, and what follows is thrown away") {
    Desk desk;
    CHECK(desk.receives("GET / HTTP/1.1\r\n\r\n" + post("/now", "")) == State::lingering);
    CHECK(desk.sent().starts_with("HTTP/1.1 400 "));
    CHECK(desk.receives(std::string(1000, 'x')) == State::lingering);
    CHECK(desk.bodies.empty());
    int more = 0;
    while (desk.receives(std::string(16 * 1024, 'x')) == State::lingering) ++more;
    CHECK(more == 3);
    CHECK(desk.connection->state() == State::closed);
  }

  TEST_CASE("the last answer of a connection says so") {
    Desk asked;
    CHECK(asked.receives(post("/now", "", "Connection: close\r\n")) == State::lingering);
    CHECK(asked.sent() == answer_of("ok", false));
    Desk draining;
    draining.draining = true;
    CHECK(draining.receives(post("/now", "")) == State::lingering);
    CHECK(draining.sent() == answer_of("ok", false));
    Desk old;
    CHECK(old.receives("POST /now HTTP/1.0\r\nContent-Length: 0\r\n\r\n") == State::lingering);
    CHECK(old.sent() == answer_of("ok", false));
  }

  TEST_CASE("an event stream of HTTP/1.0 ends with its connection, without chunks") {
    Desk desk;
    desk.receives("POST /later HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(desk.kept.size() == 1);
    desk.kept[0]->finish("data: 1\n\n");
    desk.connection->advance();
    CHECK(desk.connection->state() == State::lingering);
    const std::string all = desk.sent();
    CHECK(all == encode_event_stream_head(false, false) + "data: 1\n\n");
  }

  TEST_CASE("an endpoint that drops its stream has answered 500") {
    Desk desk;
    CHECK(desk.receives(post("/never", "")) == State::idle);
    CHECK(desk.sent().starts_with("HTTP/1.1 500 "));
  }

  TEST_CASE("a client that waits for 100 Continue gets it once") {
    Desk desk;
    const std::string bytes = post("/now", "body", "Expect: 100-continue\r\n");
    const std::size_t head = bytes.size() - 4;
    CHECK(desk.receives(bytes.substr(0, head)) == State::receiving);
    CHECK(desk.sent() == "HTTP/1.1 100 Continue\r\n\r\n");
    desk.connection->advance();
    CHECK(desk.sent().empty());
    desk.receives(bytes.substr(head));
    CHECK(desk.sent() == answer_of("ok", true));
    desk.receives(bytes);
    CHECK(desk.sent() == answer_of("ok", true));
  }

  TEST_CASE("too slow a request is answered 408") {
    Desk desk;
    desk.receives("POST /now HT");
    desk.connection->time_out();
    CHECK(desk.connection->state() == State::lingering);
    CHECK(desk.sent().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    desk.connection->time_out();
    CHECK(desk.connection->state() == State::closed);
  }

  TEST_CASE("a thinking agent is no reader asleep, and a reader asleep is hung up") {
    Desk desk;
    desk.limits.gather_time = Milliseconds{0};
    desk.receives(post("/later", ""));
    for (int i = 0; i < 3; ++i) desk.connection->time_out();
    CHECK(desk.connection->state() == State::serving);
    Stream& stream = *desk.kept[0];
    while (stream.backlog().queued == 0) stream.send(std::string(10'000, 'x'), Moment::min());
    desk.connection->time_out();
    CHECK(desk.connection->state() == State::serving);
    desk.connection->time_out();
    CHECK(desk.connection->state() == State::closed);
    CHECK(stream.is_gone());
  }

  TEST_CASE("one of many lets the others have their turn") {
    Desk desk;
    std::string many;
    for (int i = 0; i < 100; ++i) many += post("/now", "");
    desk.receives(many);
    CHECK(desk.connection->is_hungry());
    CHECK(desk.bodies.size() < 100);
    while (desk.connection->is_hungry()) desk.connection->advance();
    CHECK(desk.bodies.size() == 100);
  }

  TEST_CASE("one too many is told to come again") {
    Desk desk;
    desk.connection->turn_away("HTTP/1.1 503 Busy\r\n\r\n");
    CHECK(desk.connection->state() == State::lingering);
    desk.receives(post("/now", ""));
    CHECK(desk.bodies.empty());
    CHECK(desk.sent() == "HTTP/1.1 503 Busy\r\n\r\n");
  }

  TEST_CASE("a large body is refused at its head, a small one is read") {
    Desk desk;
    CHECK(desk.receives(post("/closed", std::string(small_body, 'x'))) == State::idle);
    CHECK(desk.sent() == answer_of("small", true));
    CHECK(desk.receives("POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n") ==
          State::lingering);
    CHECK(desk.sent().starts_with("HTTP/1.1 401 "));
  }

  TEST_CASE("who waits for 100 Continue is refused in its place") {
    Desk desk;
    desk.receives(post("/closed", "x", "Expect: 100-continue\r\n"));
    CHECK(desk.connection->state() == State::lingering);
    CHECK(desk.sent().starts_with("HTTP/1.1 401 "));
  }

  TEST_CASE("who is refused at the head may send a whole body, and no more") {
    Desk desk;
    desk.limits.http.body = 100'000;
    desk.receives("POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    CHECK(desk.receives_much(std::string(100'000, 'x')) == State::lingering);
    CHECK(desk.receives_much(std::string(60'000, 'x')) == State::lingering);
    CHECK(desk.receives(std::string(10'000, 'x')) == State::closed);
    CHECK(desk.held() == 0);
  }

  TEST_CASE("a body counts as it grows, up to its end or to that of whoever keeps it") {
    Desk desk;
    const std::string body(100'000, 'x');
    const std::string bytes = post("/kept", body);
    desk.receives_much(std::string_view(bytes).substr(0, 15'000));
    CHECK(desk.held() == 0);
    desk.receives_much(std::string_view(bytes).substr(15'000, 20'000));
    CHECK(desk.held() == 65'536);
    desk.receives_much(std::string_view(bytes).substr(35'000));
    REQUIRE(desk.requests.size() == 1);
    CHECK(desk.requests[0].body == body);
    CHECK(desk.held() == 100'000);
    desk.requests.clear();
    CHECK(desk.held() == 0);
    desk.receives_much(post("/now", body));
    CHECK(desk.bodies.size() == 1);
    CHECK(desk.held() == 0);
  }

  TEST_CASE("a body that is given up gives back what it counted, whyever") {
    const std::string chunked =
        "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "c350\r\n" + std::string(50'000, 'x') + "\r\n";
    for (const std::string_view end : {"malformed", "slow", "hung up", "destroyed"}) {
      CAPTURE(end);
      Desk desk;
      desk.receives_much(chunked + chunk);
      CHECK(desk.held() == 65'536);
      if (end == "malformed") CHECK(desk.receives("junk") == State::lingering);
      if (end == "slow") desk.connection->time_out();
      if (end == "hung up") desk.connection->notice(EPOLLHUP);
      if (end == "destroyed") desk.connection.reset();
      if (end == "hung up") desk.connection.reset();  // its reactor does so at once
      CHECK(desk.held() == 0);
    }
  }

  TEST_CASE("a body for which there is no room is refused, and those that are there go on") {
    Desk desk;
    desk.limits.bodies = std::make_shared<Budget>(100'000);
    Share other(desk.limits.bodies);
    REQUIRE(other.grow_to(60'000));
    CHECK(desk.receives_much(post("/kept", std::string(30'000, 'x'))) == State::idle);
    CHECK(desk.requests.size() == 1);
    CHECK(desk.receives_much(post("/kept", std::string(16'000, 'x'))) == State::idle);
    CHECK(desk.sent() == answer_of("ok", true) + answer_of("ok", true));
    CHECK(desk.receives_much(post("/kept", std::string(40'000, 'x'))) == State::lingering);
    const std::string refused = desk.sent();
    CHECK(refused.starts_with("HTTP/1.1 503 "));
    CHECK(refused.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(refused.find("max_bodies") != std::string::npos);
    CHECK(desk.place.crowded_out == 1);
    CHECK(desk.held() == 90'000);
  }

  TEST_CASE("an idle connection costs little") {
    CHECK(sizeof(Connection) < 768);
  }
}

}  // namespace
}  // namespace patchbay
