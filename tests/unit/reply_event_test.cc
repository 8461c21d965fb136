// SPDX-License-Identifier: MIT
#include "codec/reply_event.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

ReplyEvent decoded(std::string_view data) {
  Result<ReplyEvent> event = decode_reply_event(data);
  CAPTURE(data);
  REQUIRE(event);
  return *std::move(event);
}

std::string code_of(const Problem& problem) {
  return problem ? problem->code : "";
}

std::string refusal(std::string_view data) {
  const Result<ReplyEvent> event = decode_reply_event(data);
  return event ? "" : event.error().code;
}

const std::string words = R"({"type":"response.tts","content":"Hi","turn_id":"t1"})";
const std::string end = R"({"type":"response.end","turn_id":"t1"})";

TEST_SUITE("reply_event") {
  TEST_CASE("a tts event has words") {
    const ReplyEvent event =
        decoded("{\"type\":\"response.tts\",\n\"content\":\"Hi \\u00e9\",\"turn_id\":\"t1\"}");
    CHECK(event.type == ReplyEventType::tts);
    CHECK(event.text == "Hi é");
    CHECK(event.turn_id == "t1");
    CHECK(event.json == R"({"type":"response.tts", "content":"Hi \u00e9","turn_id":"t1"})");
  }

  TEST_CASE("a data event has JSON of any kind, its keys in their order") {
    CHECK(decoded(R"({"type":"response.data","content":{"b":[1, 2],"a":null}})").content ==
          R"({"b":[1,2],"a":null})");
    CHECK(decoded(R"({"type":"response.data","content":3})").content == "3");
    CHECK(decoded(R"({"type":"response.data"})").content == "null");
  }

  TEST_CASE("end, error and hangup are known, all else passes") {
    CHECK(decoded(end).type == ReplyEventType::end);
    CHECK(decoded(R"({"type":"response.hangup"})").type == ReplyEventType::hangup);
    const ReplyEvent error = decoded(R"({"type":"response.error","error":"boom"})");
    CHECK(error.type == ReplyEventType::error);
    CHECK(error.text == "boom");
    const ReplyEvent untyped = decoded(R"({"textToBeShown":"x","turn_id":7})");
    CHECK(untyped.type == ReplyEventType::unknown);
    CHECK(untyped.type_name.empty());
    CHECK(!untyped.turn_id);
    CHECK(decoded(R"({"type":"response.new"})").type_name == "response.new");
  }

  TEST_CASE("what is no event is refused, and quoted") {
    CHECK(refusal("[DONE]") == "event_not_json");
    CHECK(refusal("") == "event_not_json");
    CHECK(refusal("{\"type\":\"\xFF\"}") == "event_not_json");
    CHECK(refusal("[1]") == "event_not_object");
    CHECK(refusal(R"({"type":"response.tts"})") == "tts_without_text");
    CHECK(refusal(R"({"type":"response.tts","content":{}})") == "tts_without_text");
    CHECK(decode_reply_event("[DONE]").error().message.find("[DONE]") != std::string::npos);
  }

  TEST_CASE("a reply with its turn's id and one end keeps the rules") {
    ReplyRules rules("t1");
    CHECK(!rules.check(decoded(words)));
    CHECK(!rules.ended());
    CHECK(!rules.check(decoded(end)));
    CHECK(rules.ended());
    CHECK(!rules.finish());
  }

  TEST_CASE("a reply without an end, and events after one, break the rules") {
    ReplyRules rules("t1");
    CHECK(code_of(rules.finish()) == "no_response_end");
    CHECK(!rules.check(decoded(end)));
    CHECK(code_of(rules.check(decoded(words))) == "event_after_end");
    CHECK(code_of(rules.check(decoded(end))) == "event_after_end");
    CHECK(!rules.finish());
  }

  TEST_CASE("a wrong or missing turn id is blamed once a reply") {
    ReplyRules wrong("t2");
    CHECK(code_of(wrong.check(decoded(words))) == "turn_id_wrong");
    CHECK(!wrong.check(decoded(words)));
    ReplyRules missing("t1");
    CHECK(code_of(missing.check(decoded(R"({"type":"response.end"})"))) == "turn_id_missing");
    CHECK(missing.ended());
  }

  TEST_CASE("response.error breaks the rules, and still wants an end") {
    ReplyRules rules("t1");
    CHECK(code_of(rules.check(decoded(R"({"type":"response.error","error":"boom"})"))) ==
          "response_error");
    CHECK(code_of(rules.finish()) == "no_response_end");
  }
}

}  // namespace
}  // namespace patchbay
