// SPDX-License-Identifier: MIT
#include "street/inbox.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <thread>
#include <utility>
#include <vector>

namespace patchbay {
namespace {

bool rings(const Inbox& inbox) {
  pollfd bell{inbox.bell(), POLLIN, 0};
  return poll(&bell, 1, 0) == 1;
}

TEST_SUITE("inbox") {
  TEST_CASE("a letter from another thread rings once, and is taken once") {
    Inbox inbox;
    REQUIRE(inbox.is_open());
    inbox.belong_to_this_thread();
    CHECK(!rings(inbox));
    std::thread([&] {
      inbox.come_by(Token{7});
      inbox.come_by(Token{8});
      inbox.post(Arrival{});
    }).join();
    CHECK(rings(inbox));
    const Inbox::Letters letters = inbox.take(true);
    CHECK(letters.tokens == std::vector<Token>{7, 8});
    CHECK(letters.arrivals.size() == 1);
    CHECK(inbox.is_empty());
    CHECK(!rings(inbox));
  }

  TEST_CASE("its own letters do not wake the reader, but are there") {
    Inbox inbox;
    inbox.belong_to_this_thread();
    inbox.come_by(Token{7});
    CHECK(!rings(inbox));
    CHECK(!inbox.is_empty());
    CHECK(inbox.take(false).tokens == std::vector<Token>{7});
  }

  TEST_CASE("of many threads no letter is lost") {
    Inbox inbox;
    inbox.belong_to_this_thread();
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&] {
        for (Token token = 0; token < 1000; ++token) inbox.come_by(token);
      });
    }
    std::size_t taken = 0;
    while (taken < 4000) {
      pollfd bell{inbox.bell(), POLLIN, 0};
      REQUIRE(poll(&bell, 1, 10'000) == 1);
      taken += inbox.take(true).tokens.size();
    }
    for (std::thread& writer : writers) writer.join();
    CHECK(taken == 4000);
  }
}

}  // namespace
}  // namespace patchbay
