// SPDX-License-Identifier: MIT
#include "street/server.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "codec/http_response.h"
#include "support/loopback.h"
#include "support/temp_dir.h"

namespace patchbay {
namespace {

// Streams that an endpoint has put aside, for the test to answer.
class Shelf {
 public:
  void put(std::shared_ptr<Stream> stream) {
    const std::lock_guard lock(mutex_);
    streams_.push_back(std::move(stream));
    change_.notify_all();
  }
  std::shared_ptr<Stream> take() {
    std::unique_lock lock(mutex_);
    REQUIRE(change_.wait_for(lock, Seconds(10), [this] { return !streams_.empty(); }));
    auto stream = std::move(streams_.front());
    streams_.pop_front();
    return stream;
  }

 private:
  std::mutex mutex_;  // guards streams_
  std::condition_variable change_;
  std::deque<std::shared_ptr<Stream>> streams_;
};

// Something that happens once, on another thread.
class Signal {
 public:
  void give() {
    const std::lock_guard lock(mutex_);
    given_ = true;
    change_.notify_all();
  }
  bool comes_within(Milliseconds time) {
    std::unique_lock lock(mutex_);
    return change_.wait_for(lock, time, [this] { return given_; });
  }

 private:
  std::mutex mutex_;  // guards given_
  std::condition_variable change_;
  bool given_ = false;
};

struct House {
  Log log{LogLevel::off, LogFormat::text};
  Shelf shelf;
  std::unique_ptr<Server> server;

  explicit House(Server::Options options = {}) {
    options.address = {"127.0.0.1", 0};
    std::vector<Endpoint> endpoints{
        {"POST", "/echo",
         [](Exchange&& exchange) {
           HttpResponse response;
           response.body = exchange.request.body;
           exchange.stream->answer(encode_response(response, exchange.stream->keep_alive()));
         }},
        {"POST", "/stream", [this](Exchange&& exchange) {
           exchange.stream->begin_events();
           shelf.put(std::move(exchange.stream));
         }}};
    auto started = Server::start(options, std::move(endpoints), log);
    REQUIRE(started);
    server = *std::move(started);
  }
  [[nodiscard]] Caller caller() const {
    Caller caller(server->port());
    REQUIRE(caller.connected());
    return caller;
  }
};

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

Server::Options with(const std::function<void(Server::Options&)>& change) {
  Server::Options options;
  change(options);
  return options;
}

TEST_SUITE("server") {
  TEST_CASE("one connection carries many requests") {
    const House house;
    Caller caller = house.caller();
    for (std::size_t i = 1; i <= 100; ++i) {
      caller.say(post("/echo", "hello"));
      REQUIRE(caller.hears("\r\n\r\nhello", i));
    }
    CHECK(house.server->connections() == 1);
  }

  TEST_CASE("three requests sent at once are answered in order, a stream among them") {
    House house;
    Caller caller = house.caller();
    caller.say(post("/echo", "first") + post("/stream", "") + post("/echo", "third"));
    const auto stream = house.shelf.take();
    REQUIRE(stream->send("data: second\n\n", Moment::max()) == Stream::Sent::sent);
    REQUIRE(caller.hears("data: second\n\n"));
    CHECK(caller.count("third") == 0);
    stream->finish("data: end\n\n");
    REQUIRE(caller.hears("third"));
    CHECK(caller.seen().find("first") < caller.seen().find("second"));
    CHECK(caller.seen().find("0\r\n\r\n") < caller.seen().find("third"));
  }

  TEST_CASE("a request may come byte by byte") {
    const House house;
    Caller caller = house.caller();
    for (const char byte : post("/echo", "slowly")) caller.say({&byte, 1});
    CHECK(caller.hears("\r\n\r\nslowly"));
  }

  TEST_CASE("a request that never ends is answered 408, however busily it goes on") {
    const House house(with([](auto& options) {
      options.http.head = 64 * 1024 * 1024;  // the time must run out first
      options.request_timeout = Milliseconds(100);
    }));
    Caller caller = house.caller();
    caller.say("POST /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    const Moment begin = Clock::now();
    while (caller.hears_nothing_yet() && Clock::now() < begin + Seconds(10)) {
      caller.say("x");
      std::this_thread::yield();
    }
    caller.hears_all();
    CHECK(caller.seen().starts_with("HTTP/1.1 408 "));
    CHECK(caller.seen().find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(!caller.was_reset());
  }

  TEST_CASE("an event arrives before the next one is said") {
    House house;
    Caller caller = house.caller();
    caller.say(post("/stream", ""));
    const auto stream = house.shelf.take();
    for (int i = 0; i < 10; ++i) {
      const std::string event = "data: " + std::to_string(i) + "\n\n";
      stream->send(event, Moment::max());
      REQUIRE(caller.hears(event));
    }
    stream->finish({});
    CHECK(caller.hears("0\r\n\r\n"));
  }

  TEST_CASE("a caller who hangs up is noticed within 50 ms, while the agent thinks") {
    House house;
    for (const bool half : {false, true}) {
      CAPTURE(half);
      Milliseconds shortest = Milliseconds::max();  // of a few: the machine may have more to do
      for (int tries = 0; tries < 5 && shortest > Milliseconds(50); ++tries) {
        Caller caller = house.caller();
        caller.say(post("/stream", ""));
        const auto stream = house.shelf.take();
        Signal gone;
        stream->when_gone([&] { gone.give(); });
        const Moment begin = Clock::now();
        half ? caller.stop_sending() : caller.hang_up();
        REQUIRE(gone.comes_within(Seconds(10)));
        shortest = std::min(shortest, std::chrono::ceil<Milliseconds>(Clock::now() - begin));
        CHECK(stream->send("data: x\n\n", Moment::max()) == Stream::Sent::gone);
      }
      CHECK(shortest <= Milliseconds(50));
    }
  }

  TEST_CASE("a slow reader is waited for, and holds no more than he may") {
    House house(with([](auto& options) { options.stream_buffer = 10'000; }));
    Caller caller = house.caller();
    caller.say(post("/stream", ""));
    const auto stream = house.shelf.take();
    const std::string event = "data: " + std::string(1000, 'x') + "\n\n";
    std::size_t sent = 0;
    Stream::Sent last = Stream::Sent::sent;
    while ((last = stream->send(event, Clock::now() + Milliseconds(20))) == Stream::Sent::sent)
      ++sent;
    CHECK(last == Stream::Sent::full);
    CHECK(stream->backlog().queued <= 11'000);
    std::thread agent([&] {
      for (int i = 0; i < 1000; ++i) stream->send(event, Moment::max());
      stream->finish("data: end\n\n");
    });
    CHECK(caller.hears("data: end\n\n"));
    agent.join();
    CHECK(caller.count(event) == sent + 1000);
  }

  TEST_CASE("2,000 idle connections and 500 open streams live on two threads") {
    rlimit files{};  // both ends of 2,500 connections are in this process
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    House house;
    const auto threads = [] {
      namespace fs = std::filesystem;
      return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
    };
    const auto before = threads();
    std::vector<Caller> idle;
    std::vector<Caller> listeners;
    std::vector<std::shared_ptr<Stream>> streams;
    for (int i = 0; i < 2000; ++i) {
      idle.push_back(house.caller());
      idle.back().say(post("/echo", "x"));
    }
    for (Caller& caller : idle) REQUIRE(caller.hears("\r\n\r\nx"));
    for (int i = 0; i < 500; ++i) {
      listeners.push_back(house.caller());
      listeners.back().say(post("/stream", ""));
      streams.push_back(house.shelf.take());
    }
    CHECK(house.server->connections() == 2500);
    CHECK(threads() == before);
    for (std::size_t round = 1; round <= 3; ++round) {
      for (const auto& stream : streams) stream->send("data: x\n\n", Moment::max());
      for (Caller& caller : listeners) REQUIRE(caller.hears("data: x\n\n", round));
    }
    Caller one_more = house.caller();
    one_more.say(post("/echo", "quick"));
    CHECK(one_more.hears("quick"));
    for (const auto& stream : streams) stream->finish("data: end\n\n");
    for (Caller& caller : listeners) REQUIRE(caller.hears("0\r\n\r\n"));
    for (Caller& caller : idle) caller.say(post("/echo", "again"));
    for (Caller& caller : idle) REQUIRE(caller.hears("again"));
  }

  TEST_CASE("a refused request is answered and closed, and the answer is not lost to a reset") {
    const House house;
    for (const std::string& bytes :
         {std::string("GET /\r\n\r\n"), post("/echo", "x").insert(6, "\x01"),
          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" +
              std::string(30'000, 'x')}) {
      Caller caller = house.caller();
      caller.say(bytes);
      CHECK(caller.hears_all().starts_with("HTTP/1.1 4"));
      CHECK(!caller.was_reset());
      CHECK(caller.seen().find("\r\nConnection: close\r\n") != std::string::npos);
      CHECK(caller.seen().find("{\"error\":") != std::string::npos);
    }
  }

  TEST_CASE("one connection too many is told to come again, and may when another has left") {
    const House house(with([](auto& options) { options.max_connections = 3; }));
    std::vector<Caller> callers;
    for (int i = 0; i < 3; ++i) {
      callers.push_back(house.caller());
      callers.back().say(post("/echo", "x"));
      REQUIRE(callers.back().hears("\r\n\r\nx"));
    }
    for (int i = 0; i < 200; ++i) {
      Caller caller = house.caller();
      caller.say(post("/echo", "x"));
      REQUIRE(caller.hears_all().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
      CHECK(caller.seen().find("\r\nRetry-After: 1\r\n") != std::string::npos);
      caller.hang_up();
    }
    callers.pop_back();
    const Moment give_up = Clock::now() + Seconds(10);
    while (house.server->connections() > 2 && Clock::now() < give_up) std::this_thread::yield();
    Caller caller = house.caller();
    caller.say(post("/echo", "welcome"));
    CHECK(caller.hears("welcome"));
  }

  TEST_CASE("draining serves who is there, for the last time, and lets nobody in") {
    House house;
    Caller speaking = house.caller();
    speaking.say(post("/stream", ""));
    const auto stream = house.shelf.take();
    Caller idle = house.caller();
    idle.say(post("/echo", "x"));
    REQUIRE(idle.hears("\r\n\r\nx"));
    house.server->drain();
    CHECK(!Caller(house.server->port()).connected());
    idle.say(post("/echo", "last"));
    CHECK(idle.hears_all().ends_with("\r\nConnection: close\r\n\r\nlast"));
    stream->send("data: x\n\n", Moment::max());
    stream->finish("data: end\n\n");
    CHECK(speaking.hears("0\r\n\r\n"));
    house.server->drain();
  }

  TEST_CASE("stopping hangs everybody up, and those who speak learn it") {
    House house;
    Caller caller = house.caller();
    caller.say(post("/stream", ""));
    const auto stream = house.shelf.take();
    Signal gone;
    stream->when_gone([&] { gone.give(); });
    std::thread agent([&] {
      while (stream->send("data: x\n\n", Moment::max()) == Stream::Sent::sent) continue;
    });
    REQUIRE(caller.hears("data: x\n\n"));
    house.server->stop();
    CHECK(gone.comes_within(Milliseconds(0)));
    agent.join();
    caller.hears_all();
    CHECK(house.server->connections() == 0);
    house.server->stop();
  }

  TEST_CASE("answers, hang-ups and stops of many threads at once harm nobody") {
    House house(with([](auto& options) { options.reactors = 3; }));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&house, i] {
        for (int n = 0; n < 50; ++n) {
          Caller caller(house.server->port());
          caller.say(post("/stream", "") + post("/echo", "after"));
          if ((n + i) % 3 == 0) caller.hang_up();
          if ((n + i) % 3 == 1) caller.hears("after");
        }
      });
      threads.emplace_back([&house] {
        for (int n = 0; n < 50; ++n) {
          const auto stream = house.shelf.take();
          stream->when_gone([] {});
          stream->send("data: x\n\n", Moment::max());
          if (n % 2 == 0) stream->forget_hook();
          stream->finish("data: end\n\n");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  TEST_CASE(
      "on a unix socket it answers as on a port, and takes the socket with it when it stops") {
    const test::TempDir place;
    const House house(with([&](auto& options) { options.socket = place.of("x.sock"); }));
    CHECK(house.server->address() == place.of("x.sock"));
    CHECK(house.server->port() == 0);
    Caller caller(place.of("x.sock"));
    REQUIRE(caller.connected());
    for (std::size_t i = 1; i <= 3; ++i) {
      caller.say(post("/echo", "hello"));
      REQUIRE(caller.hears("\r\n\r\nhello", i));
    }
    house.server->stop();
    CHECK(!std::filesystem::exists(place.of("x.sock")));
  }

  TEST_CASE("an address in use is an error that says what to do") {
    const House house;
    Server::Options options;
    options.address = {"127.0.0.1", house.server->port()};
    Log log(LogLevel::off, LogFormat::text);
    const auto second = Server::start(options, {}, log);
    REQUIRE(!second);
    CHECK(second.error().text() ==
          house.server->address() +
              " is in use (choose another with --listen or stop the other program)");
  }
}

// The server runs in a child process, whose limit of open files is its own. Returns its port.
std::uint16_t serve_with_few_files(pid_t& child, rlim_t files) {
  std::array<int, 2> ends{-1, -1};
  REQUIRE(pipe(ends.data()) == 0);
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit few{files, files};
    setrlimit(RLIMIT_NOFILE, &few);
    House house;
    const std::uint16_t port = house.server->port();
    const bool told = write(ends[1], &port, sizeof port) == sizeof port;
    while (told) pause();
  }
  std::uint16_t port = 0;
  REQUIRE(read(ends[0], &port, sizeof port) == sizeof port);
  close(ends[0]);
  close(ends[1]);
  return port;
}

TEST_SUITE("server") {
  TEST_CASE("out of descriptors it says so to callers, and goes on when some are free again") {
    pid_t child = -1;
    const std::uint16_t port = serve_with_few_files(child, 40);
    std::vector<Caller> callers;
    std::size_t busy = 0;
    for (int i = 0; i < 100; ++i) {
      callers.emplace_back(port);
      REQUIRE(callers.back().connected());
      callers.back().say(post("/echo", "hello"));
      REQUIRE(callers.back().hears("\r\n\r\n"));
      if (callers.back().seen().starts_with("HTTP/1.1 503 ")) ++busy;
    }
    CHECK(busy >= 60);
    CHECK(busy <= 95);
    callers.clear();
    bool served = false;
    const Moment give_up = Clock::now() + Seconds(10);
    while (!served && Clock::now() < give_up) {
      Caller caller(port);
      caller.say(post("/echo", "hello"));
      served = caller.hears("\r\n\r\nhello");
    }
    CHECK(served);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

}  // namespace
}  // namespace patchbay
