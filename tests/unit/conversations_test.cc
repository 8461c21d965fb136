// SPDX-License-Identifier: MIT
#include "state/conversations.h"

#include <doctest/doctest.h>

#include "support/desk.h"

namespace patchbay {
namespace {

using test::Desk;

TEST_SUITE("conversations") {
  TEST_CASE("the newest turn has the word, and the one before it is named") {
    const Desk desk;
    Conversations conversations;
    const auto first = desk.open(ReplyKind::stream, 1);
    const auto second = desk.open(ReplyKind::stream, 2);
    CHECK(conversations.begin(first) == nullptr);
    CHECK(conversations.begin(second) == first);
    conversations.end(*first);  // late: the word is the second's
    CHECK(conversations.speaking() == 1);
    conversations.end(*second);
    CHECK(conversations.speaking() == 0);
  }

  TEST_CASE("turns without a conversation interrupt nobody") {
    const Desk desk;
    Conversations conversations;
    CHECK(conversations.begin(desk.open(ReplyKind::stream, 1, "")) == nullptr);
    CHECK(conversations.begin(desk.open(ReplyKind::stream, 2, "")) == nullptr);
    CHECK(conversations.speaking() == 0);
  }
}

}  // namespace
}  // namespace patchbay
