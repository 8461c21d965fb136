// SPDX-License-Identifier: MIT
#include "machine/tls_wire.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "support/throwaway_context.h"
#include "support/tls_peer.h"

namespace patchbay {
namespace {

using State = TlsWire::State;

// A wire on one end of a socket; at the other end the peer's bytes are put in and taken out by
// hand.
struct Bench {
  std::shared_ptr<const TlsContext> context = test::throwaway_context();
  std::array<int, 2> ends{-1, -1};
  std::unique_ptr<TlsWire> wire;
  test::TlsPeer peer;

  explicit Bench(test::TlsPeer with = test::TlsPeer()) : peer(std::move(with)) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    wire = std::make_unique<TlsWire>(*context, ends[0]);
  }
  ~Bench() {
    wire.reset();
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void put(std::string_view bytes) const {
    REQUIRE(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  // What the wire has sent, into the peer.
  std::size_t deliver() {
    std::array<char, 16384> some{};
    std::size_t all = 0;
    for (ssize_t n = 0; (n = read(ends[1], some.data(), some.size())) > 0;
         all += static_cast<std::size_t>(n))
      peer.put({some.data(), static_cast<std::size_t>(n)});
    return all;
  }
  // What the peer has to send, in pieces of so many bytes, each of which the wire looks at.
  void send_in_pieces(std::size_t size) {
    const std::string bytes = peer.take();
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      put(std::string_view(bytes).substr(at, size));
      if (at + size < bytes.size()) CHECK(received() == "EAGAIN");
    }
  }
  // What is read at once, or why nothing is.
  std::string received() const {
    std::array<char, 16384> some{};
    const ssize_t n = wire->receive(some);
    if (n > 0) return {some.data(), static_cast<std::size_t>(n)};
    if (n == 0) return "end";
    return errno == EAGAIN ? "EAGAIN" : "broken";
  }
  void shake_hands() {
    while (!peer.greet()) {
      put(peer.take());
      REQUIRE(received() == "EAGAIN");
      deliver();
    }
    put(peer.take());
    REQUIRE(received() == "EAGAIN");
    REQUIRE(wire->state() == State::open);
  }
  void say(std::string_view text) {
    peer.say(text);
    put(peer.take());
  }
};

TEST_SUITE("tls_wire") {
  TEST_CASE("a handshake may come byte by byte, and bytes may follow it at once") {
    Bench bench;
    CHECK(bench.received() == "EAGAIN");
    CHECK(bench.wire->state() == State::untouched);
    CHECK_FALSE(bench.peer.greet());
    bench.send_in_pieces(1);
    CHECK(bench.wire->state() == State::greeting);
    CHECK(bench.received() == "EAGAIN");
    bench.deliver();
    CHECK(bench.peer.greet());
    bench.peer.say("hello");
    bench.send_in_pieces(1);
    CHECK(bench.received() == "hello");
    CHECK(bench.wire->state() == State::open);
    CHECK(bench.wire->send("good day") == 8);
    bench.deliver();
    CHECK(bench.peer.heard() == "good day");
  }

  TEST_CASE("TLS 1.2 is spoken, and what is older is not") {
    Bench of_today(test::TlsPeer(TLS1_2_VERSION));
    of_today.shake_hands();
    CHECK(of_today.peer.version() == "TLSv1.2");
    Bench of_old(test::TlsPeer(TLS1_1_VERSION));
    of_old.peer.greet();
    const std::string hello = of_old.peer.take();
    if (hello.empty()) return;  // a library that no longer speaks it
    of_old.put(hello);
    CHECK(of_old.received() == "broken");
  }

  TEST_CASE("of the protocols offered HTTP/1.1 is chosen, and who offers only others is refused") {
    Bench both(test::TlsPeer(TLS1_3_VERSION, "\x02h2\x08http/1.1"));
    both.shake_hands();
    CHECK(both.peer.protocol() == "http/1.1");
    Bench other(test::TlsPeer(TLS1_3_VERSION, "\x02h2"));
    other.peer.greet();
    other.put(other.peer.take());
    CHECK(other.received() == "broken");
    CHECK(other.wire->state() == State::broken);
  }

  TEST_CASE("what the socket does not take is sent again, from elsewhere and with more behind it") {
    Bench bench;
    bench.shake_hands();
    bench.deliver();
    std::string all;
    std::string queue;
    const auto take = [&] {
      ssize_t n = 0;
      while (!queue.empty() && (n = bench.wire->send(queue)) > 0)
        queue = queue.substr(static_cast<std::size_t>(n));
      return queue.empty() ? 0 : errno;
    };
    for (int i = 0; take() == 0; ++i) {
      REQUIRE(i < 10'000);
      queue = std::string(20'000, static_cast<char>('a' + i % 26));
      all += queue;
    }
    CHECK(take() == EAGAIN);
    queue += "and more";
    all += "and more";
    std::string heard;
    while (bench.deliver() > 0) {
      heard += bench.peer.heard();
      const int error = take();
      CHECK((error == 0 || error == EAGAIN));
    }
    CHECK(queue.empty());
    CHECK(heard == all);
  }

  TEST_CASE("what is put before waits for the socket, and comes before what is sent after it") {
    Bench bench;
    bench.shake_hands();
    bench.deliver();
    std::string all;
    const std::string filling(1000, 'x');
    ssize_t n = 0;
    while ((n = bench.wire->send(filling)) > 0) all += filling;
    // The record that waits must go on as it is: it comes first.
    bench.deliver();
    CHECK(bench.wire->send(filling) == 1000);
    all += filling;
    while (bench.wire->send(filling) > 0) all += filling;
    CHECK(errno == EAGAIN);
    bench.deliver();
    CHECK(bench.wire->send(filling) == 1000);
    all += filling;
    bench.wire->put_before("first");
    CHECK(bench.wire->send("second") == 6);
    bench.deliver();
    CHECK(bench.peer.heard() == all + "firstsecond");
  }

  TEST_CASE("a farewell is an end, is seen without reading, and can be answered") {
    Bench bench;
    bench.shake_hands();
    CHECK_FALSE(bench.wire->is_left());
    bench.say("last words");
    bench.peer.say_farewell();
    bench.put(bench.peer.take());
    CHECK_FALSE(bench.wire->is_left());  // he has said something before
    CHECK(bench.received() == "last words");
    CHECK(bench.wire->is_left());
    CHECK(bench.received() == "end");
    CHECK(bench.wire->send("well") == 4);
    CHECK(bench.wire->finish());
    bench.deliver();
    CHECK(bench.peer.heard() == "well");
    CHECK(bench.peer.heard_farewell());
  }

  TEST_CASE("who closes without a farewell has come to his end too") {
    Bench bench;
    bench.shake_hands();
    REQUIRE(shutdown(bench.ends[1], SHUT_WR) == 0);
    CHECK(bench.wire->is_left());
    CHECK(bench.received() == "end");
    CHECK(bench.wire->send("still heard") == 11);
    bench.deliver();
    CHECK(bench.peer.heard() == "still heard");
  }

  TEST_CASE("who closes in the middle of the handshake has come to his end") {
    Bench bench;
    bench.peer.greet();
    bench.put(bench.peer.take().substr(0, 20));
    CHECK(bench.received() == "EAGAIN");
    close(std::exchange(bench.ends[1], -1));
    CHECK(bench.received() != "EAGAIN");
  }

  TEST_CASE("looking whether he has left takes nothing") {
    Bench bench;
    bench.shake_hands();
    bench.say("hello");
    CHECK_FALSE(bench.wire->is_left());
    CHECK_FALSE(bench.wire->is_left());
    CHECK(bench.received() == "hello");
  }

  TEST_CASE("junk breaks it for good, at the beginning and in the middle") {
    Bench fresh;
    fresh.put(std::string(300, '\x7f'));
    CHECK(fresh.received() == "broken");
    CHECK_FALSE(fresh.wire->met_plain_http());
    CHECK_FALSE(fresh.wire->why().empty());
    CHECK(fresh.received() == "broken");
    CHECK(fresh.wire->send("x") == -1);

    Bench open;
    open.shake_hands();
    open.peer.say("hello");
    std::string record = open.peer.take();
    record.back() = static_cast<char>(record.back() ^ 1);
    open.put(record);
    CHECK(open.wire->is_left());
    CHECK(open.received() == "broken");
    CHECK(open.wire->finish());
  }

  TEST_CASE("a plain request is told from junk, and nothing is sent to it") {
    Bench bench;
    bench.put("POST /api/agent HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(bench.received() == "broken");
    CHECK(bench.wire->met_plain_http());
    CHECK(bench.deliver() == 0);
  }

  TEST_CASE("new keys now and then are taken, and a flood of them breaks it") {
    Bench bench;
    bench.shake_hands();
    for (int i = 0; i < 10; ++i) bench.peer.change_keys();
    bench.say("hello");
    CHECK(bench.received() == "hello");
    CHECK(bench.wire->state() == State::open);
    for (int i = 0; i < 100; ++i) bench.peer.change_keys();
    bench.put(bench.peer.take());
    CHECK(bench.received() == "broken");
  }

  TEST_CASE("nobody may begin the handshake anew") {
    Bench bench(test::TlsPeer(TLS1_2_VERSION));
    bench.shake_hands();
    bench.peer.begin_anew();
    bench.put(bench.peer.take());
    CHECK(bench.received() == "EAGAIN");
    CHECK(bench.deliver() < 100);  // an alert, and no hello
    CHECK_FALSE(bench.peer.greet());
    CHECK(bench.peer.error() == "no renegotiation");
  }

  TEST_CASE("the context it began with lives as long as it does") {
    Bench bench;
    bench.context.reset();
    bench.shake_hands();
    bench.say("hello");
    CHECK(bench.received() == "hello");
  }

  TEST_CASE("who is told that there is no room needs no handshake to hear it") {
    test::TlsPeer peer;
    CHECK_FALSE(peer.greet());
    peer.put(busy_alert());
    CHECK_FALSE(peer.greet());
    CHECK(peer.error() == "tlsv1 alert internal error");
  }
}

}  // namespace
}  // namespace patchbay
