// SPDX-License-Identifier: MIT
#include "state/deliveries.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "support/desk.h"

namespace patchbay {
namespace {

using Known = Deliveries::Known;
using test::Desk;

constexpr Moment start{};

std::shared_ptr<Reply> turn(const Desk& desk, vap_reply_t number, const std::string& id = "t",
                            const std::string& conversation = "c") {
  return std::make_shared<Reply>(number, ReplyKind::stream,
                                 TurnFacts{"message", conversation, "s", id}, Lease(*desk.agent),
                                 desk.stream, start, Seconds{30});
}

void close(Deliveries& deliveries, Reply& reply, Outcome outcome, Moment now = start) {
  reply.close(outcome, "");
  deliveries.end(reply, now);
}

std::string events_of(const Recorded& over) {
  return over.events(SseEncoder("t"));
}

TEST_SUITE("deliveries") {
  TEST_CASE("a turn is fresh once, then it runs, then it is over, then it is forgotten") {
    const Desk desk;
    Deliveries deliveries({.window = Seconds{10}});
    const auto first = turn(desk, 1);
    CHECK(deliveries.begin(first, 7, true, start).known == Known::fresh);
    CHECK(deliveries.begin(turn(desk, 2), 7, true, start).known == Known::running);
    CHECK(deliveries.begin(turn(desk, 3), 7, true, start).running == first);
    first->say("hello", 0);
    close(deliveries, *first, Outcome::answered);
    const auto over = deliveries.begin(turn(desk, 3), 7, true, start + Seconds{9});
    CHECK(over.known == Known::over);
    CHECK(events_of(*over.over).find("hello") != std::string::npos);
    CHECK(first.use_count() == 1);  // an answer that is kept keeps no plugin loaded
    CHECK(deliveries.begin(turn(desk, 4), 7, true, start + Seconds{10}).known == Known::fresh);
  }

  TEST_CASE("another text, event, turn, conversation or agent is another turn") {
    const Desk desk;
    Deliveries deliveries({});
    const auto first = turn(desk, 1);
    deliveries.begin(first, 7, true, start);
    CHECK(deliveries.begin(turn(desk, 2), 8, true, start).known == Known::other_text);
    CHECK(deliveries.begin(turn(desk, 3), 7, true, start).known == Known::other_text);
    CHECK(deliveries.begin(turn(desk, 4, "u"), 7, true, start).known == Known::fresh);
    CHECK(deliveries.begin(turn(desk, 5, "t", "d"), 7, true, start).known == Known::fresh);
    close(deliveries, *first, Outcome::interrupted);  // late: the id is another turn's by now
    CHECK(deliveries.begin(turn(desk, 6), 7, true, start).known == Known::running);
  }

  TEST_CASE("what has no turn id, or no conversation, is always fresh") {
    const Desk desk;
    Deliveries deliveries({});
    for (vap_reply_t number = 1; number < 4; ++number) {
      CHECK(deliveries.begin(turn(desk, number, ""), 7, true, start).known == Known::fresh);
      CHECK(deliveries.begin(turn(desk, number, "t", ""), 7, true, start).known == Known::fresh);
    }
    CHECK(deliveries.kept() == 0);
  }

  TEST_CASE("a turn that there was no room for is fresh when it comes again") {
    const Desk desk;
    Deliveries deliveries({});
    CHECK(deliveries.begin(turn(desk, 1), 7, false, start).known == Known::fresh);
    CHECK(deliveries.begin(turn(desk, 2), 7, true, start).known == Known::fresh);
  }

  TEST_CASE("a turn whose caller left before it ran is fresh, unless a later one has spoken") {
    const Desk desk;
    Deliveries deliveries({});
    const auto unheard = turn(desk, 1);
    deliveries.begin(unheard, 7, true, start);
    unheard->withdraw();
    close(deliveries, *unheard, Outcome::caller_gone);
    const auto again = turn(desk, 2);
    CHECK(deliveries.begin(again, 7, true, start).known == Known::fresh);
    again->give();
    close(deliveries, *again, Outcome::caller_gone);
    CHECK(deliveries.begin(turn(desk, 3), 7, true, start).known == Known::over);
    CHECK_FALSE(deliveries.begin(turn(desk, 3), 7, true, start).overtaken);
    deliveries.begin(turn(desk, 4, "next"), 1, true, start);
    CHECK(deliveries.begin(turn(desk, 5), 7, true, start).overtaken);
  }

  TEST_CASE("what another host answered is no record here, whether it was over or not") {
    const Desk desk;
    Deliveries deliveries({});
    const auto waits = turn(desk, 1);
    deliveries.begin(waits, 7, true, start);
    deliveries.disown(*waits);
    const auto again = turn(desk, 2);
    CHECK(deliveries.begin(again, 7, true, start).known == Known::fresh);
    deliveries.disown(*waits);
    CHECK(deliveries.begin(turn(desk, 3), 7, true, start).known == Known::running);
    again->say("hm", VAP_NOWAIT);
    close(deliveries, *again, Outcome::interrupted);
    deliveries.disown(*again);
    CHECK(deliveries.kept() == 0);
    CHECK(deliveries.bytes() == 0);
    CHECK(deliveries.begin(turn(desk, 4), 7, true, start).known == Known::fresh);
  }

  TEST_CASE("what was answered in a conversation that is forgotten is not given again") {
    const Desk desk;
    Deliveries deliveries({});
    const auto over = turn(desk, 1, "over");
    const auto running = turn(desk, 2, "running");
    const auto other = turn(desk, 3, "t", "d");
    for (const auto& reply : {over, running, other}) {
      deliveries.begin(reply, 7, true, start);
      reply->say("my card is 4111", VAP_NOWAIT);
    }
    close(deliveries, *over, Outcome::answered);
    close(deliveries, *other, Outcome::answered);
    deliveries.forget("a\nc");
    CHECK(deliveries.begin(turn(desk, 4, "running"), 7, true, start).known == Known::running);
    close(deliveries, *running, Outcome::answered);
    for (const char* id : {"over", "running"}) {
      const auto seen = deliveries.begin(turn(desk, 5, id), 7, true, start);
      REQUIRE(seen.known == Known::over);
      CHECK_FALSE(seen.over->whole);
      CHECK(events_of(*seen.over).empty());
    }
    const auto kept = deliveries.begin(turn(desk, 6, "t", "d"), 7, true, start);
    CHECK(events_of(*kept.over).find("4111") != std::string::npos);
    CHECK(deliveries.bytes() == kept.over->bytes());
  }

  TEST_CASE("also a turn without an id overtakes") {
    const Desk desk;
    Deliveries deliveries({});
    const auto first = turn(desk, 1);
    deliveries.begin(first, 7, true, start);
    close(deliveries, *first, Outcome::answered);
    deliveries.begin(turn(desk, 2, ""), 7, true, start);
    CHECK(deliveries.begin(turn(desk, 3), 7, true, start).overtaken);
  }

  TEST_CASE("answers beyond the bounds lose their bytes, then their names") {
    Deliveries deliveries({.bytes = 500, .count = 8});
    for (vap_reply_t number = 1; number <= 20; ++number) {
      const Desk desk;
      const auto reply = turn(desk, number, "t" + std::to_string(number));
      deliveries.begin(reply, 7, true, start);
      reply->say(std::string(100, 'x'), VAP_NOWAIT);
      reply->close(Outcome::answered, "");
      deliveries.end(*reply, start);
      CHECK(deliveries.bytes() <= 500);
    }
    CHECK(deliveries.kept() == 8);
    CHECK(deliveries.bytes() > 0);
    const Desk desk;
    CHECK(deliveries.begin(turn(desk, 30, "t1"), 7, false, start).known == Known::fresh);
    const auto emptied = deliveries.begin(turn(desk, 30, "t13"), 7, false, start);
    REQUIRE(emptied.known == Known::over);
    CHECK_FALSE(emptied.over->whole);
    const auto whole = deliveries.begin(turn(desk, 30, "t20"), 7, false, start);
    CHECK(whole.over->whole);
  }

  TEST_CASE("of two that come at the same moment one is fresh") {
    const Desk desk;
    Deliveries deliveries({});
    for (int round = 0; round < 200; ++round) {
      std::atomic<int> fresh = 0;
      const auto deliver = [&](vap_reply_t number) {
        const auto seen =
            deliveries.begin(turn(desk, number, "t" + std::to_string(round)), 7, true, start);
        fresh += seen.known == Known::fresh ? 1 : 0;
      };
      std::thread other([&] { deliver(2); });
      deliver(1);
      other.join();
      CHECK(fresh == 1);
    }
  }
}

}  // namespace
}  // namespace patchbay
