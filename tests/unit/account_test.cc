// SPDX-License-Identifier: MIT
#include "state/account.h"

#include <doctest/doctest.h>

#include <thread>

namespace patchbay {
namespace {

TEST_SUITE("account") {
  TEST_CASE("every turn that was accepted is open, or has ended in one way") {
    Account account(10);
    for (int i = 0; i < 5; ++i) CHECK(account.admit());
    account.leave(Outcome::answered);
    account.leave(Outcome::answered);
    account.leave(Outcome::interrupted);
    account.turn_away();  // a turn that had come before
    const Account::Sums sums = account.sums();
    CHECK(sums.accepted == 4);
    CHECK(sums.open == 1);
    CHECK(sums.ended[static_cast<std::size_t>(Outcome::answered)] == 2);
    CHECK(sums.ended[static_cast<std::size_t>(Outcome::interrupted)] == 1);
    CHECK(sums.adds_up());
  }

  TEST_CASE("a turn that ended twice does not add up") {
    Account account(10);
    CHECK(account.admit());
    CHECK(account.admit());
    Account::Sums sums = account.sums();
    ++sums.ended[0];
    CHECK(!sums.adds_up());
  }

  TEST_CASE("no more turns than wanted are open at once, and who is refused reads why") {
    Account account(2);
    CHECK(account.admit());
    CHECK(account.admit());
    CHECK(!account.admit());
    CHECK(account.no_room().code == "too_many_turns");
    CHECK(account.no_room().message.find('2') != std::string::npos);
    CHECK(account.admit(true));
    CHECK(account.sums().open == 3);
    account.leave(Outcome::failed);
    CHECK(!account.admit());
    account.leave(Outcome::failed);
    CHECK(account.admit());
  }

  TEST_CASE("once it is closed no turn begins, and the last one's end is waited for") {
    Account account(2);
    CHECK(account.admit());
    CHECK(!account.closing());
    account.close();
    CHECK(!account.admit());
    CHECK(account.no_room().code == "draining");
    CHECK(account.closing());
    CHECK(!account.none_open_within(Milliseconds{0}));
    std::thread last([&] { account.leave(Outcome::answered); });
    CHECK(account.none_open_within(Milliseconds{60'000}));
    last.join();
  }
}

}  // namespace
}  // namespace patchbay
