// SPDX-License-Identifier: MIT
#include "state/replies.h"

#include <doctest/doctest.h>
#include "support/desk.h"

namespace patchbay {
namespace {

using test::Desk;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++times;
  return times;
}

TEST_SUITE("replies") {
  TEST_CASE("a reply is closed once, and says its last words only then") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    CHECK(reply->say("hello", 0) == VAP_OK);
    CHECK(reply->close(Outcome::failed, "sorry"));
    CHECK_FALSE(reply->close(Outcome::answered, "again"));
    CHECK(reply->say("late", 0) == VAP_E_ENDED);
    const std::string heard = desk.heard();
    CHECK(heard.find("hello") < heard.find("sorry"));
    CHECK(count(heard, "response.end") == 1);
    CHECK(count(heard, "late") + count(heard, "again") == 0);
  }

  TEST_CASE("the first reason for a cancel is the one that counts, and silences the reply") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    CHECK(reply->cancel(VAP_CANCEL_BARGE_IN));
    CHECK_FALSE(reply->cancel(VAP_CANCEL_DEADLINE));
    CHECK(reply->cancelled() == VAP_CANCEL_BARGE_IN);
    CHECK(reply->say("late", 0) == VAP_E_CANCELLED);
    CHECK(reply->data("1", 0) == VAP_E_CANCELLED);
    CHECK(reply->time_left_ms(Clock::now()) == 0);
  }

  TEST_CASE("a caller who is gone is a cancel for whoever speaks") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    desk.stream->hang_up();
    CHECK(reply->say("hello", 0) == VAP_E_CANCELLED);
  }

  TEST_CASE("a data event has one answer, and gets {} where the agent has none") {
    const Desk answered;
    const auto reply = answered.open(ReplyKind::answer);
    CHECK(reply->say("hello", 0) == VAP_E_UNSUPPORTED);
    CHECK(reply->data("{\"a\":1", 0) == VAP_E_INVALID);
    CHECK(reply->data("{\"a\":1}", 0) == VAP_OK);
    CHECK(reply->data("2", 0) == VAP_E_UNSUPPORTED);
    CHECK(reply->close(Outcome::answered, ""));
    CHECK(answered.heard().ends_with("{\"a\":1}"));

    const Desk silent;
    silent.open(ReplyKind::answer)->close(Outcome::answered, "");
    CHECK(silent.heard().ends_with("\r\n\r\n{}"));
  }

  TEST_CASE("where nobody listens there is nothing to say") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::silent);
    CHECK(reply->say("hello", 0) == VAP_E_UNSUPPORTED);
    CHECK(reply->data("1", 0) == VAP_E_UNSUPPORTED);
  }

  TEST_CASE("a number is found by its own agent only, until it is taken") {
    const Desk desk;
    Replies replies;
    const auto reply = desk.open(ReplyKind::stream, replies.next_number());
    replies.add(reply);
    CHECK(replies.find(reply->number(), *desk.agent) == reply);
    CHECK(replies.find(reply->number(), *desk.other) == nullptr);
    CHECK(replies.find(reply->number() + 1, *desk.agent) == nullptr);
    CHECK(replies.take(reply->number(), *desk.agent) == reply);
    CHECK(replies.take(reply->number(), *desk.agent) == nullptr);
    CHECK(replies.next_number() != reply->number());
  }

  TEST_CASE("an open reply keeps its plugin loaded") {
    const Desk desk;
    auto reply = desk.open(ReplyKind::stream);
    CHECK(desk.generation->leases() == 1);
    reply.reset();
    CHECK(desk.generation->leases() == 0);
  }
}

}  // namespace
}  // namespace patchbay
