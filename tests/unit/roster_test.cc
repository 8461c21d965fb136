// SPDX-License-Identifier: MIT
#include "street/roster.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace patchbay {
namespace {

struct Town {
  std::vector<Endpoint> endpoints;
  Engine engine{endpoints};
  StreetLimits limits;
  std::atomic<bool> draining{false};
  Log log{LogLevel::off, LogFormat::text};
  Connection::Place place{engine, limits, draining, std::make_shared<Inbox>(), log, {}};
  std::vector<Descriptor> peers;
  Roster roster{limits};
  Moment start{Seconds(1000)};

  Connection& add(Token token, Moment now) {
    std::array<int, 2> ends{-1, -1};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    peers.emplace_back(ends[1]);
    return roster.add(place, token, {Descriptor(ends[0]), Peer()}, now);
  }
};

TEST_SUITE("roster") {
  TEST_CASE("a connection is found by its token until it is closed") {
    Town town;
    Connection& seven = town.add(7, town.start);
    CHECK(town.roster.find(7) == &seven);
    CHECK(town.roster.find(8) == nullptr);
    seven.close();
    CHECK(!town.roster.settle(seven, town.start));
    CHECK(town.roster.find(7) == nullptr);
    CHECK(town.roster.size() == 0);
  }

  TEST_CASE("its time in a state begins when it enters it, and not with every byte") {
    Town town;
    CHECK(!town.roster.next_end());
    Connection& one = town.add(1, town.start);
    CHECK(town.roster.next_end() == town.start + town.limits.idle_timeout);
    const Moment first_byte = town.start + Seconds(1);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(write(town.peers[0].get(), "POST", 1) == 1);
      one.notice(EPOLLIN);
      CHECK(town.roster.settle(one, first_byte + Seconds(i)));
    }
    const Moment end = first_byte + town.limits.request_timeout;
    CHECK(town.roster.next_end() == end);
    CHECK(town.roster.overdue(end - Milliseconds(1)) == nullptr);
    CHECK(town.roster.overdue(end) == &one);
  }

  TEST_CASE("who is first in a state is first to leave it") {
    Town town;
    Connection& one = town.add(1, town.start);
    Connection& two = town.add(2, town.start + Seconds(1));
    const Moment late = town.start + Seconds(2) + town.limits.idle_timeout;
    CHECK(town.roster.overdue(late) == &one);
    one.time_out();
    CHECK(!town.roster.settle(one, late));
    CHECK(town.roster.overdue(late) == &two);
  }

  TEST_CASE("all are closed at once") {
    Town town;
    for (Token token = 1; token < 10; ++token) town.add(token, town.start);
    town.roster.close_all();
    CHECK(town.roster.size() == 0);
    CHECK(!town.roster.next_end());
    char byte = 0;
    for (const Descriptor& peer : town.peers) CHECK(read(peer.get(), &byte, 1) == 0);
  }
}

}  // namespace
}  // namespace patchbay
