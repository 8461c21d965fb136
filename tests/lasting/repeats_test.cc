// SPDX-License-Identifier: MIT
// Protocol §1.5 and case 70, across a restart: a turn that is delivered again runs once, whichever
// process took it first.
#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "lasting/scene.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

Webhook turn(std::string_view text, std::string_view conversation, std::string_view id = "turn_1") {
  Webhook webhook;
  webhook.path = "/agents/diary";
  webhook.body = message(text, conversation, id);
  return webhook;
}

void stop(HostProcess& host) {
  host.signal(SIGTERM);
  CHECK(host.wait() == 0);
}

void kill(HostProcess& host) {
  host.signal(SIGKILL);
  CHECK(host.wait() == 128 + SIGKILL);
}

// What was heard and seen, in its order.
std::string told(const Answer& answer) {
  std::string all;
  for (const Json& event : answer.events()) {
    if (!all.empty()) all += " | ";
    CHECK(event["turn_id"] == "turn_1");
    all += event["type"] == "response.end" ? "end" : event["content"].dump();
  }
  return all;
}

constexpr const char* whole_answer = R"({"first":1} | "one" | {"second":"2"} | " two" | end)";

TEST_SUITE("repeats") {
  TEST_CASE("after a restart a turn that comes again gets its answer, and its agent does not run") {
    const Scene scene;
    auto host = scene.open();
    const Answer first = send(host->port(), turn("slow 1", "ada"));
    CHECK(told(first) == whole_answer);
    CHECK(say_in(*host, "diary", "ada", "say next") == "next");
    stop(*host);

    host = scene.open();
    for (int again = 0; again < 3; ++again) {
      const Answer repeated = send(host->port(), turn("slow 1", "ada"));
      CHECK(repeated.status == 200);
      CHECK(told(repeated) == whole_answer);
    }
    CHECK(host->logs_line({"delivered again", "conversation=ada", "turn=turn_1", "how=repeated"}));
    CHECK(scene.deeds().size() == 1);
    // Late, and out of order, when the book is open already.
    CHECK(say_in(*host, "diary", "ada", "history") ==
          "caller: slow 1 | agent: one two | caller: say next | agent: next | caller: history");
    stop(*host);
    CHECK(host->logs("turns accounted accepted=1 answered=1 "));

    host = scene.open();
    CHECK(say_in(*host, "diary", "ada", "say last") == "last");
    CHECK(told(send(host->port(), turn("slow 1", "ada"))) == whole_answer);
    CHECK(scene.deeds().size() == 1);
  }

  TEST_CASE("after a crash a turn that had no end runs when it comes again, in its own place") {
    const Scene scene;
    auto host = scene.open();
    CHECK(say_in(*host, "diary", "ada", "say Hi") == "Hi");
    const Line line = begin(*host, "diary", message("slow 60000", "ada", "turn_1"));
    CHECK(eventually([&] { return scene.deeds().size() == 1; }));
    kill(*host);

    host = scene.open();
    const Line again = begin(*host, "diary", message("slow 60000", "ada", "turn_1"));
    CHECK(eventually([&] { return scene.deeds().size() == 2; }));
    CHECK(say_in(*host, "diary", "ada", "history") ==
          "caller: say Hi | agent: Hi | caller: slow 60000 | agent: one [interrupted] | caller: "
          "history");
  }

  TEST_CASE("what the caller had hung up on is not run again, and is not silent") {
    const Scene scene;
    auto host = scene.open();
    Line line = begin(*host, "diary", message("slow 60000", "ada", "turn_1"));
    CHECK(line.next_event()->at("content") == "one");
    line.close();
    CHECK(host->logs("outcome=caller_gone"));
    stop(*host);
    host = scene.open();
    const std::string rest = std::string("one ") + failure_line;
    for (int again = 0; again < 2; ++again)
      CHECK(send(host->port(), turn("slow 60000", "ada")).spoken() == rest);
    CHECK(scene.deeds().size() == 1);
    stop(*host);
    host = scene.open();
    CHECK(say_in(*host, "diary", "ada", "say on") == "on");
    CHECK(send(host->port(), turn("slow 60000", "ada")).spoken() == "one");
  }

  TEST_CASE(
      "the same id with another text, in another session, or beyond the window is no repeat") {
    const Scene scene({}, {}, "replay_window = \"1s\"\n");
    auto host = scene.open();
    CHECK(send(host->port(), turn("slow 1", "ada")).status == 200);
    stop(*host);
    host = scene.open();
    CHECK(send(host->port(), turn("slow 2", "ada")).spoken() == "one two");
    CHECK(scene.deeds().size() == 2);
    CHECK(eventually([&] {
      send(host->port(), turn("slow 1", "ada"));
      return scene.deeds().size() == 3;
    }));
  }

  TEST_CASE("where repeats are refused, or run, that holds after a restart too") {
    for (const std::string way : {"refuse", "run"}) {
      CAPTURE(way);
      const Scene scene({}, {}, "duplicates = \"" + way + "\"\n");
      auto host = scene.open();
      CHECK(send(host->port(), turn("slow 1", "ada")).status == 200);
      stop(*host);
      host = scene.open();
      const bool refuses = way == "refuse";
      for (int again = 0; again < 2; ++again)
        CHECK(send(host->port(), turn("slow 1", "ada")).status == (refuses ? 409 : 200));
      CHECK(scene.deeds().size() == (refuses ? 1 : 3));
      if (refuses) CHECK(host->logs_line({"delivered again", "how=refused"}));
    }
  }
}

}  // namespace
}  // namespace patchbay::test
