// SPDX-License-Identifier: MIT
#include "state/replies.h"

#include <doctest/doctest.h>

#include <thread>

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

std::string events_of(const Reply& reply) {
  return reply.recorded().events(SseEncoder(reply.facts().turn));
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

  TEST_CASE("whoever asks is told once that a reply is over, whatever ends it, also too late") {
    for (const int how : {0, 1, 2}) {
      const Desk desk;
      const auto reply = desk.open(ReplyKind::stream);
      int told = 0;
      reply->when_over([&] { ++told; });
      CHECK(told == 0);
      if (how == 0) reply->cancel(VAP_CANCEL_BARGE_IN);
      if (how == 1) CHECK(reply->lose(desk.stream.get()));
      if (how == 2) CHECK(reply->close(Outcome::answered, ""));
      CHECK(told == 1);
      reply->cancel(VAP_CANCEL_DEADLINE);
      reply->close(Outcome::failed, "");
      CHECK(told == 1);
      reply->when_over([&] { ++told; });
      CHECK(told == 2);
    }
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

  TEST_CASE(
      "the record is what went over the wire, in that order, with the host's own words marked") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    CHECK(reply->say("one", 0) == VAP_OK);
    CHECK(reply->data("[1]", 0) == VAP_OK);
    CHECK(reply->close(Outcome::failed, "sorry"));
    const std::vector<Piece> record = reply->transcript();
    REQUIRE(record.size() == 3);
    CHECK(record[0].content == "one");
    CHECK(record[1].kind == Piece::Kind::data);
    CHECK(record[2].content == " sorry");
    CHECK(record[2].by_host);
    CHECK_FALSE(record[0].by_host);
    CHECK(record[0].when <= record[2].when);
    CHECK(desk.heard().find(events_of(*reply)) != std::string::npos);
  }

  TEST_CASE("what is said while another thread closes is sent and recorded, or neither") {
    for (int round = 0; round < 200; ++round) {
      const Desk desk;
      const auto reply = desk.open(ReplyKind::stream);
      std::size_t said = 0;
      std::thread speaker([&] {
        while (said < 100 && reply->say("x", 0) == VAP_OK) ++said;
      });
      while (round % 2 == 0 && reply->bytes_said() == 0) std::this_thread::yield();
      reply->close(Outcome::answered, "");
      const std::size_t recorded = reply->transcript().size();
      speaker.join();
      CHECK(recorded == said);
      CHECK(count(desk.heard(), "response.tts") == said);
    }
  }

  TEST_CASE("who closes does not wait for a listener who does not read") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    const std::string much(1000, 'm');
    while (reply->say(much, VAP_NOWAIT) == VAP_OK) continue;
    std::thread speaker([&] { CHECK(reply->say(much, 0) == VAP_E_ENDED); });
    CHECK(reply->close(Outcome::answered, ""));
    speaker.join();
  }

  TEST_CASE("either the agent's first word comes first, or the filler") {
    const Desk desk;
    const auto early = desk.open(ReplyKind::stream);
    CHECK(early->say("I know.", 0) == VAP_OK);
    CHECK_FALSE(early->fill("One moment.", ""));
    CHECK_FALSE(early->filler());

    const Desk slow;
    const auto late = slow.open(ReplyKind::stream);
    CHECK(late->fill("One moment.", R"({"wait":true})"));
    CHECK_FALSE(late->fill("One moment.", ""));
    CHECK(late->say("I know.", 0) == VAP_OK);
    CHECK(late->say(" All.", 0) == VAP_OK);
    late->close(Outcome::answered, "");
    const std::string heard = slow.heard();
    CHECK(heard.find(R"({"wait":true})") < heard.find("One moment."));
    CHECK(heard.find("\"One moment.\"") < heard.find("\" I know.\""));
    CHECK(heard.find("\" All.\"") != std::string::npos);
    CHECK(late->transcript()[1].by_host);
    CHECK(late->filler());
    CHECK(late->bytes_said() == std::string_view(" I know. All.").size());

    for (int round = 0; round < 200; ++round) {
      const Desk desk_of_two;
      const auto reply = desk_of_two.open(ReplyKind::stream);
      std::thread host([&] { reply->fill("filler", ""); });
      reply->say("word", 0);
      host.join();
      const auto record = reply->transcript();
      CHECK(record.size() == (reply->filler() ? 2 : 1));
      CHECK(record.back().content == (reply->filler() ? " word" : "word"));
    }
  }

  TEST_CASE("an answer that was given before is given as a whole, and once") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    CHECK(reply->fill("One moment.", ""));
    CHECK(reply->close_as(Outcome::answered, {{.content = "Two"},
                                              {.kind = Piece::Kind::data, .content = "{}"},
                                              {.content = " loaves."}}));
    CHECK_FALSE(reply->close_as(Outcome::answered, {{.content = "Three"}}));
    CHECK_FALSE(reply->close(Outcome::failed, "Sorry"));
    CHECK(reply->say("Four", 0) == VAP_E_ENDED);
    const std::string heard = desk.heard();
    for (const char* part : {"\" Two\"", "\" loaves.\"", "response.data", "response.end"})
      CHECK(heard.find(part) != std::string::npos);
    CHECK(heard.find("Three") == std::string::npos);
    CHECK(heard.find(events_of(*reply)) != std::string::npos);
    CHECK(reply->recorded().whole);
  }

  TEST_CASE("a stream that has not begun can still be a refusal") {
    const Desk desk;
    const TurnFacts facts{"message", "c", "s", "t"};
    Reply reply(1, ReplyKind::stream, facts, Lease(*desk.agent), desk.stream, Clock::now(),
                Seconds{30});
    CHECK(reply.refuse(error_response(409, {"delivered_twice", "again", ""})));
    CHECK_FALSE(reply.refuse(error_response(409, {"delivered_twice", "again", ""})));
    CHECK_FALSE(reply.close(Outcome::failed, "Sorry"));
    CHECK(desk.heard().starts_with("HTTP/1.1 409 "));
  }

  TEST_CASE("a refusal that comes after a filler is the end of what was said") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    CHECK(reply->fill("One moment.", ""));
    CHECK(reply->refuse(error_response(409, {"delivered_twice", "again", ""})));
    const std::string heard = desk.heard();
    CHECK(heard.find("409") == std::string::npos);
    CHECK(count(heard, "response.end") == 1);
  }

  TEST_CASE("a turn that ended, or was cancelled, is not filled") {
    const Desk desk;
    const auto ended = desk.open(ReplyKind::stream);
    ended->close(Outcome::answered, "");
    CHECK_FALSE(ended->fill("One moment.", ""));
    const Desk other;
    const auto cancelled = other.open(ReplyKind::stream);
    cancelled->cancel(VAP_CANCEL_BARGE_IN);
    CHECK_FALSE(cancelled->fill("One moment.", ""));
  }

  TEST_CASE("an answer that moves is heard from its beginning by the newer listener") {
    const Desk older;
    const Desk newer;
    const auto reply = older.open(ReplyKind::stream);
    reply->say("one ", 0);
    CHECK(reply->move_to(newer.stream));
    reply->say("two", 0);
    CHECK_FALSE(reply->lose(older.stream.get()));
    reply->close(Outcome::answered, "");
    const std::string first = older.heard();
    CHECK(count(first, "response.end") == 1);
    CHECK(count(first, "two") == 0);
    const std::string second = newer.heard();
    CHECK(second.find("one ") < second.find("two"));
    CHECK(count(second, "response.end") == 1);
    CHECK_FALSE(reply->move_to(older.stream));
  }

  TEST_CASE("a caller who is gone hears no last words, unless he came back meanwhile") {
    const Desk gone;
    const auto left = gone.open(ReplyKind::stream);
    CHECK(left->lose(gone.stream.get()));
    left->close(Outcome::caller_gone, "sorry");
    CHECK(left->transcript().empty());

    const Desk before;
    const Desk after;
    const auto back = before.open(ReplyKind::stream);
    CHECK(back->lose(before.stream.get()));
    CHECK(back->move_to(after.stream));
    back->close(Outcome::caller_gone, "sorry");
    CHECK(after.heard().find("sorry") != std::string::npos);
  }

  TEST_CASE("words that found nobody are said to the caller who comes back, in their order") {
    const Desk before;
    const Desk after;
    const auto reply = before.open(ReplyKind::stream);
    CHECK(reply->say("one ", 0) == VAP_OK);
    before.stream->hang_up();
    CHECK(reply->say("two ", 0) == VAP_E_CANCELLED);
    CHECK(reply->transcript().size() == 1);
    CHECK(events_of(*reply).find("two") == std::string::npos);
    CHECK(reply->move_to(after.stream));
    CHECK(reply->say("three", 0) == VAP_OK);
    CHECK(reply->close(Outcome::answered, ""));
    const std::string heard = after.heard();
    CHECK(heard.find("one ") < heard.find("two "));
    CHECK(heard.find("two ") < heard.find("three"));
    CHECK(reply->transcript().size() == 3);
    CHECK(reply->recorded().outcome == Outcome::answered);
  }

  TEST_CASE("an answer whose last words found nobody is one whose caller was gone") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    CHECK(reply->say("one ", 0) == VAP_OK);
    desk.stream->hang_up();
    CHECK(reply->say("two ", 0) == VAP_E_CANCELLED);
    CHECK(reply->close(Outcome::failed, "sorry"));
    CHECK(reply->recorded().outcome == Outcome::caller_gone);
    CHECK(reply->transcript().size() == 1);
  }

  TEST_CASE("a reply that is closed has said its end when that is let go, and not before") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    auto ending = reply->close(Outcome::failed, "sorry");
    REQUIRE(ending);
    CHECK(reply->transcript().size() == 1);
    CHECK(desk.heard().find("response.end") == std::string::npos);
    ending.reset();
    CHECK(count(desk.heard(), "response.end") == 1);
  }

  TEST_CASE("a record is bounded, and says that it is cut") {
    const Desk desk;
    const auto reply = desk.open(ReplyKind::stream);
    const std::string much(700'000, 'm');
    std::thread reader([&] {
      for (std::size_t bytes = 0; !reply->is_cut() || bytes > 0;) {
        bytes = desk.heard().size();
        desk.stream->flush();
      }
    });
    for (int i = 0; i < 3; ++i) CHECK(reply->say(much, 0) == VAP_OK);
    reader.join();
    CHECK(reply->transcript().size() == 2);
    CHECK_FALSE(reply->recorded().whole);
    CHECK(events_of(*reply).empty());
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
