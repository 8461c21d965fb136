// SPDX-License-Identifier: MIT
// Who ends a turn first, where several may. What turns do for callers is tested over real sockets:
// tests/conformance.
#include "work/turns.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "support/archive_in_memory.h"
#include "support/desk.h"
#include "support/wait.h"

namespace patchbay {
namespace {

// A turn that waits for the only worker, so that its agent never hears of it.
struct Home {
  Log log{LogLevel::off, LogFormat::text};
  test::Desk desk;
  Replies replies;
  Conversations conversations;
  test::ArchiveInMemory memory;
  Metrics metrics;
  Timers timers;
  Workers urgent{1};
  std::atomic<bool> busy = true;
  Workers workers{1};
  Turns turns{{replies, conversations, memory.archive, metrics, timers, workers, urgent, log}, 9};

  Home() {
    workers.post([this] { CHECK(test::eventually([this] { return !busy; })); });
  }
  ~Home() {  // before turns go, whose work it does
    busy = false;
    CHECK(workers.idle_within(Seconds{10}));
  }

  std::shared_ptr<Reply> begin(const std::string& turn_id) {
    Event event;
    event.type = EventType::message;
    event.type_name = "message";
    event.session_id = event.conversation_id = "c";
    event.turn_id = turn_id;
    event.text = "hello";
    CHECK(!turns.begin({event, "{}", Lease(*desk.agent), desk.stream, ReplyKind::stream}));
    return conversations.speaking_in(conversation_name(desk.agent->name(), "c"));
  }
  // As an agent does that hears of it sooner than the one who cancels goes on.
  void end_when_cancelled(const std::shared_ptr<Reply>& reply, vap_status_t status) {
    reply->when_over([this, number = reply->number(), status] {
      CHECK(turns.end(number, *desk.agent, status, "I am done") == VAP_OK);
    });
  }
};

// Of a turn that is cut off so, and that its agent ends with that status meanwhile.
Outcome outcome_of_cut(vap_status_t status, const std::function<void(Home&)>& cut) {
  Home home;
  const auto reply = home.begin("turn_1");
  REQUIRE(reply);
  home.end_when_cancelled(reply, status);
  cut(home);
  return reply->recorded().outcome;
}

TEST_SUITE("turns") {
  TEST_CASE("a turn that was cut off is that, also where its agent is the first to end it") {
    for (const vap_status_t status : {VAP_OK, VAP_E_CANCELLED}) {
      CAPTURE(status);
      CHECK(outcome_of_cut(status, [](Home& home) { home.begin("turn_2"); }) ==
            Outcome::interrupted);
      CHECK(outcome_of_cut(status, [](Home& home) { home.desk.stream->hang_up(); }) ==
            Outcome::caller_gone);
      CHECK(outcome_of_cut(status, [](Home& home) { home.turns.cancel_all(); }) ==
            Outcome::shut_down);
      CHECK(outcome_of_cut(status, [](Home& home) {
              home.turns.cancel_all_of(*home.desk.generation);
            }) == Outcome::replaced);
    }
  }
}

}  // namespace
}  // namespace patchbay
