// SPDX-License-Identifier: MIT
#include "cli/pipeline_call.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

constexpr WallTime noon{std::chrono::milliseconds{1769947200000}};

PipelineCall toy_call() {
  return PipelineCall({"s1", "c1", "", ""}, noon);
}

Event sent(const Asked& asked) {
  CAPTURE(asked.body);
  Result<Event> event = decode_event(asked.body);
  REQUIRE(event);
  CHECK(event->type == asked.type);
  CHECK(event->turn_id.value_or("") == asked.turn_id);
  return *std::move(event);
}

TEST_SUITE("pipeline_call") {
  TEST_CASE("every turn has an id of its own, that names the session") {
    PipelineCall call = toy_call();
    CHECK(sent(call.start()).turn_id == "turn_s1_1");
    CHECK(sent(call.say("Hi", noon)).turn_id == "turn_s1_2");
    CHECK(sent(call.say("Ho", noon)).turn_id == "turn_s1_3");
  }

  TEST_CASE("data belongs to the turn before it") {
    PipelineCall call = toy_call();
    call.start();
    CHECK(sent(call.show("{}")).turn_id == "turn_s1_1");
    CHECK(sent(call.say("Hi", noon)).turn_id == "turn_s1_2");
    CHECK(sent(toy_call().show("{}")).turn_id == "turn_s1_1");
  }

  TEST_CASE("the message after a barge-in, and only that, says what was heard") {
    PipelineCall call = toy_call();
    call.say("Hi", noon);
    call.heard("Your booking \n is", true, noon);
    call.show("{}");
    const Event next = sent(call.say("Stop", noon));
    REQUIRE(next.interruption);
    CHECK(next.interruption->text_heard == "Your booking \n is");
    CHECK(next.interruption->words_heard == 3);
    CHECK(next.interruption->assistant_turn_id == "turn_s1_1");
    CHECK(!sent(call.say("Go on", noon)).interruption);
  }

  TEST_CASE("who interrupts before the first word has heard nothing") {
    PipelineCall call = toy_call();
    call.start();
    call.heard("", true, noon);
    const Event next = sent(call.say("Hello?", noon));
    REQUIRE(next.interruption);
    CHECK(next.interruption->text_heard.empty());
    CHECK(next.interruption->words_heard == 0);
  }

  TEST_CASE("session.end tells what both have said, in order") {
    PipelineCall call = toy_call();
    call.start();
    call.heard("Welcome.", false, noon);
    call.say("Hi", noon);
    call.heard("", false, noon);
    const std::string body = call.end(noon + std::chrono::seconds{5}).body;
    CHECK(body.find(R"("duration":5000,)") != std::string::npos);
    CHECK(body.ends_with(R"("transcript":[)"
                         R"({"role":"assistant","text":"Welcome.","timestamp":1769947200000},)"
                         R"({"role":"user","text":"Hi","timestamp":1769947200000}]})"));
  }
}

}  // namespace
}  // namespace patchbay
