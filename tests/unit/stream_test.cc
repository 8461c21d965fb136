// SPDX-License-Identifier: MIT
#include "machine/stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "codec/http_response.h"

namespace patchbay {
namespace {

struct Owner final : StreamOwner {
  void come_by(std::uint64_t) override { ++asked; }
  std::atomic<int> asked{0};
};

// A stream and the socket's other end.
struct Pair {
  std::array<int, 2> ends{-1, -1};
  std::shared_ptr<Owner> owner = std::make_shared<Owner>();
  std::atomic<int>& finished = owner->asked;  // where nothing waits
  std::shared_ptr<Stream> stream;

  explicit Pair(Stream::Setup setup = {}) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    const int small =
        4096;  // the kernel makes it a little more: a reader who sleeps is soon noticed
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setup.socket = ends[0];
    setup.owner = owner;
    stream = std::make_shared<Stream>(std::move(setup));
  }
  ~Pair() {
    stream->hang_up();
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  std::string read_all() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = read(ends[1], some.data(), some.size())) > 0;) {
      all.append(some.data(), static_cast<std::size_t>(n));
    }
    return all;
  }
  // Sends until the socket takes no more and something is queued.
  void fill() const {
    while (stream->backlog().queued == 0) stream->send(std::string(1000, 'x'), Moment::min());
  }
};

const std::string head = encode_event_stream_head(true, true);

TEST_SUITE("stream") {
  TEST_CASE("events arrive one by one, in chunks, and the end ends the body") {
    Pair pair;
    pair.stream->begin_events();
    CHECK(pair.read_all() == head);
    CHECK(pair.stream->send("data: 1\n\n", Moment::min()) == Stream::Sent::sent);
    CHECK(pair.read_all() == "9\r\ndata: 1\n\n\r\n");
    pair.stream->finish("data: the end\n\n");
    CHECK(pair.read_all() == "f\r\ndata: the end\n\n\r\n0\r\n\r\n");
    CHECK(pair.stream->is_done());
    CHECK(pair.finished == 1);
  }

  TEST_CASE("a stream that nobody began begins with its first event, or with its end") {
    Pair first;
    first.stream->send("a", Moment::min());
    CHECK(first.read_all() == head + "1\r\na\r\n");
    Pair second;
    second.stream->finish({});
    CHECK(second.read_all() == head + "0\r\n\r\n");
  }

  TEST_CASE("the head goes with the first event, and what follows at once waits for the owner") {
    Pair pair({.gather = Seconds{60}});
    pair.stream->begin_events();
    CHECK(pair.owner->asked == 1);
    CHECK(pair.read_all().empty());
    pair.stream->send("a", Moment::min());
    CHECK(pair.read_all() == head + "1\r\na\r\n");
    pair.stream->send("b", Moment::min());
    pair.stream->send("c", Moment::min());
    CHECK(pair.read_all().empty());
    CHECK(pair.owner->asked == 1);
    pair.stream->flush();
    CHECK(pair.read_all() == "1\r\nb\r\n1\r\nc\r\n");
    pair.stream->send("d", Moment::min());
    CHECK(pair.owner->asked == 2);
    pair.stream->finish("e");
    CHECK(pair.read_all() == "1\r\nd\r\n1\r\ne\r\n0\r\n\r\n");
    CHECK(pair.owner->asked == 3);
  }

  TEST_CASE("the head goes alone where no event comes") {
    Pair pair({.gather = Seconds{60}});
    pair.stream->begin_events();
    pair.stream->flush();
    CHECK(pair.read_all() == head);
  }

  TEST_CASE("an event that comes a while after the last one waits for nobody") {
    Pair pair({.gather = Milliseconds{1}});
    pair.stream->send("a", Moment::min());
    pair.read_all();
    const Moment sent = Clock::now();
    while (Clock::now() < sent + Milliseconds{1}) std::this_thread::yield();
    pair.stream->send("b", Moment::min());
    CHECK(pair.read_all() == "1\r\nb\r\n");
  }

  TEST_CASE("what waits for more makes room for what is too large to wait with it") {
    Pair pair({.limit = 1000, .gather = Seconds{60}});
    pair.stream->send("a", Moment::min());
    pair.stream->send("b", Moment::min());
    CHECK(pair.stream->send(std::string(999, 'c'), Moment::min()) == Stream::Sent::sent);
    CHECK(pair.read_all().find("1\r\nb\r\n") != std::string::npos);
  }

  TEST_CASE("without chunks the bytes stand alone") {
    Pair pair({.chunked = false, .keep_alive = false});
    pair.stream->begin_events();
    pair.read_all();
    pair.stream->send("data: 1\n\n", Moment::min());
    pair.stream->finish("data: 2\n\n");
    CHECK(pair.read_all() == "data: 1\n\ndata: 2\n\n");
  }

  TEST_CASE("only the first answer counts") {
    Pair pair;
    pair.stream->answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    pair.stream->answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
    pair.stream->finish("data: 3\n\n");
    pair.stream->begin_events();
    CHECK(pair.stream->send("data: 4\n\n", Moment::max()) == Stream::Sent::closed);
    pair.stream->abandon();
    CHECK(pair.read_all().ends_with("\r\n\r\n1"));
    CHECK(pair.finished == 1);
  }

  TEST_CASE("a HEAD gets the head, whatever is answered") {
    Pair plain({.head_only = true});
    plain.stream->answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(plain.read_all() == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    Pair events({.head_only = true});
    events.stream->send("data: 1\n\n", Moment::min());
    events.stream->finish("data: 2\n\n");
    CHECK(events.read_all() == head);
    CHECK(events.stream->is_done());
  }

  TEST_CASE("who waits for room is woken by room, by the end and by a listener who leaves") {
    for (const bool ends : {true, false}) {
      Pair pair({.limit = 1000});
      pair.stream->begin_events();
      while (pair.stream->send(std::string(900, 'x'), Moment::min()) == Stream::Sent::sent)
        continue;
      CHECK_FALSE(pair.stream->wait_for_room(900, Moment::min()));
      std::thread waiting(
          [&] { CHECK(pair.stream->wait_for_room(900, Clock::now() + Seconds{60})); });
      ends ? pair.stream->finish({}) : pair.stream->hang_up();
      waiting.join();
    }
    Pair pair({.limit = 1000});
    CHECK(pair.stream->wait_for_room(5000, Moment::min()));  // an empty queue admits anything
  }

  TEST_CASE("a reader who does not read holds no more than the limit") {
    Pair pair({.limit = 3000});
    pair.fill();
    while (pair.stream->send(std::string(100, 'y'), Moment::min()) == Stream::Sent::sent) continue;
    CHECK(pair.stream->backlog().queued <= 3000 + 110);
    CHECK(pair.stream->send("z", Clock::now() + Milliseconds(5)) == Stream::Sent::sent);
    CHECK(pair.stream->send(std::string(2000, 'z'), Clock::now() + Milliseconds(5)) ==
          Stream::Sent::full);
    pair.stream->finish("last");  // never refused
    CHECK(pair.finished == 0);
    std::string all;
    while (!pair.stream->is_done()) {
      all += pair.read_all();
      pair.stream->flush();
    }
    all += pair.read_all();
    CHECK(all.ends_with("1\r\nz\r\n4\r\nlast\r\n0\r\n\r\n"));
    CHECK(pair.finished == 1);
  }

  TEST_CASE("who waits for room goes on when the socket takes bytes again") {
    Pair pair({.limit = 1000});
    pair.fill();
    auto sent = std::async(std::launch::async, [&] {
      return pair.stream->send(std::string(1000, 'w'), Clock::now() + Seconds(10));
    });
    while (sent.wait_for(Milliseconds(0)) != std::future_status::ready) {
      pair.read_all();
      pair.stream->flush();
    }
    CHECK(sent.get() == Stream::Sent::sent);
  }

  TEST_CASE("who waits for room learns at once that nobody listens") {
    Pair pair({.limit = 1000});
    pair.fill();
    auto sent = std::async(std::launch::async, [&] {
      return pair.stream->send(std::string(1000, 'w'), Moment::max());
    });
    pair.stream->hang_up();
    CHECK(sent.get() == Stream::Sent::gone);
    CHECK(pair.finished == 1);
  }

  TEST_CASE("a hang-up runs the hook once, before the stream is given back") {
    Pair pair;
    std::vector<int> seen;
    pair.stream->when_gone([&] { seen.push_back(pair.finished); });
    pair.stream->hang_up();
    pair.stream->hang_up();
    CHECK(seen == std::vector<int>{0});
    CHECK(pair.finished == 1);
    CHECK(pair.stream->is_gone());
    CHECK(pair.stream->send("x", Moment::max()) == Stream::Sent::gone);
    pair.stream->finish("x");
    CHECK(pair.finished == 1);
    CHECK(pair.read_all().empty());
  }

  TEST_CASE("a hook that comes too late runs at once") {
    Pair pair;
    pair.stream->hang_up();
    bool ran = false;
    pair.stream->when_gone([&] { ran = true; });
    CHECK(ran);
  }

  TEST_CASE("after the answer is finished a hang-up is nobody's business") {
    Pair pair;
    pair.stream->when_gone([] { FAIL("the hook ran"); });
    pair.fill();
    pair.stream->finish("last");
    pair.stream->hang_up();
    CHECK(pair.finished == 1);
  }

  TEST_CASE("a forgotten hook does not run, and is not running any more") {
    Pair pair;
    std::promise<void> inside;
    std::promise<void> go_on;
    std::atomic<bool> returned{false};
    pair.stream->when_gone([&] {
      inside.set_value();
      go_on.get_future().wait();
      pair.stream->forget_hook();  // from itself: does not wait for itself
      returned = true;
    });
    std::thread reactor([&] { pair.stream->hang_up(); });
    inside.get_future().wait();
    go_on.set_value();
    pair.stream->forget_hook();
    CHECK(returned);
    reactor.join();
    Pair other;
    other.stream->when_gone([] { FAIL("the hook ran"); });
    other.stream->forget_hook();
    other.stream->hang_up();
  }

  TEST_CASE("a write to a closed socket says gone, and leaves the hook to the reactor") {
    Pair pair;
    bool ran = false;
    pair.stream->when_gone([&] { ran = true; });
    close(std::exchange(pair.ends[1], -1));
    CHECK(pair.stream->send("x", Moment::max()) == Stream::Sent::gone);
    CHECK(pair.finished == 1);
    CHECK(!ran);
    pair.stream->hang_up();
    CHECK(ran);
    CHECK(pair.finished == 1);
  }

  TEST_CASE("a dropped stream is answered: with a 500, or with the end of its body") {
    Pair fresh;
    fresh.stream->abandon();
    CHECK(fresh.read_all().starts_with("HTTP/1.1 500 "));
    Pair begun;
    begun.stream->begin_events();
    begun.stream->abandon();
    CHECK(begun.read_all() == head + "0\r\n\r\n");
  }

  TEST_CASE("events of several threads never mix, and hang-up stops them all") {
    Pair pair({.limit = 2000});
    std::vector<std::thread> speakers;
    for (char who = 'a'; who < 'e'; ++who) {
      speakers.emplace_back([&pair, who] {
        for (int i = 0; i < 200; ++i) pair.stream->send(std::string(32, who), Moment::max());
        while (pair.stream->send(std::string(32, who), Moment::max()) == Stream::Sent::sent)
          continue;
      });
    }
    std::string all;
    while (all.size() < 100'000) {
      all += pair.read_all();
      pair.stream->flush();
    }
    pair.stream->hang_up();
    for (std::thread& speaker : speakers) speaker.join();
    CHECK(pair.finished == 1);
    for (std::size_t at = head.size(); at + 38 <= all.size(); at += 38) {
      const std::string_view chunk = std::string_view(all).substr(at, 38);
      REQUIRE(chunk.starts_with("20\r\n"));
      REQUIRE(chunk.find_first_not_of(chunk[4], 4) == 36);
    }
  }
}

}  // namespace
}  // namespace patchbay
