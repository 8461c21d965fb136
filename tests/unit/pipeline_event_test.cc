// SPDX-License-Identifier: MIT
#include "codec/pipeline_event.h"

#include <doctest/doctest.h>

#include "codec/json_text.h"

namespace patchbay {
namespace {

const CallerIds ids{"sess_71", "conv_9", R"({"tenant":"acme"})", "+15550100001"};
const CallerIds plain{"sess_71", "conv_9", "", ""};
constexpr WallTime ten_past{std::chrono::milliseconds{1769940600007}};

// Every body that we send, our own host must read.
Event read_back(const std::string& body) {
  CAPTURE(body);
  CHECK(!check_json(body, max_json_depth));
  Result<Event> event = decode_event(body);
  REQUIRE(event);
  CHECK(event->session_id == "sess_71");
  CHECK(event->conversation_id == "conv_9");
  return *std::move(event);
}

TEST_SUITE("pipeline_event") {
  TEST_CASE("session.start carries what the call is known by") {
    const std::string body = session_start_body(ids, "turn_0");
    CHECK(body == R"({"type":"session.start","session_id":"sess_71","conversation_id":"conv_9",)"
                  R"("custom_metadata":{"tenant":"acme"},"from_phone_number":"+15550100001",)"
                  R"("turn_id":"turn_0"})");
    CHECK(read_back(body).type == EventType::session_start);
    CHECK(read_back(body).turn_id == "turn_0");
  }

  TEST_CASE("a message carries any text") {
    for (const std::string_view text :
         {"Hi", "", "\"quoted\"\n\x01\\", "caf\xC3\xA9 \xE2\x98\x95"}) {
      const Event event = read_back(message_body(plain, "turn_1", text, nullptr));
      CHECK(event.type == EventType::message);
      CHECK(event.text == text);
      CHECK(!event.interruption);
    }
    CHECK(message_body(plain, "t", "Hi", nullptr) ==
          R"({"type":"message","session_id":"sess_71","conversation_id":"conv_9","turn_id":"t",)"
          R"("text":"Hi"})");
  }

  TEST_CASE("bytes of a terminal that are no UTF-8 are repaired, not sent") {
    CHECK(read_back(message_body(plain, "t", "a\xFF", nullptr)).text == "a\xEF\xBF\xBD");
  }

  TEST_CASE("a message after a barge-in says what was heard") {
    const Interruption heard{"Your booking is", "turn_3", 3};
    const std::string body = message_body(plain, "turn_4", "Stop", &heard);
    CHECK(body.find(R"("interruption_context":{"previous_turn_interrupted":true,"words_heard":3,)"
                    R"("text_heard":"Your booking is","assistant_turn_id":"turn_3"})") !=
          std::string::npos);
    const Event event = read_back(body);
    REQUIRE(event.interruption);
    CHECK(event.interruption->text_heard == "Your booking is");
    CHECK(event.interruption->assistant_turn_id == "turn_3");
    CHECK(event.interruption->words_heard == 3);
  }

  TEST_CASE("data of any kind passes as it is") {
    const std::string body = data_body(plain, "turn_1", "[1, {\"a\":null}]");
    CHECK(read_back(body).type == EventType::data);
    CHECK(body.ends_with(R"("turn_id":"turn_1","data":[1, {"a":null}]})"));
  }

  TEST_CASE("session.end carries the transcript and no turn") {
    const Utterance transcript[] = {{false, "Hello.", ten_past},
                                    {true, "Hi", ten_past + std::chrono::milliseconds{993}}};
    const std::string body = session_end_body(
        plain, {ten_past, ten_past + std::chrono::milliseconds{130'500}, transcript});
    CHECK(read_back(body).type == EventType::session_end);
    CHECK(!read_back(body).turn_id);
    for (const std::string_view part :
         {R"("started_at":"2026-02-01T10:10:00.007Z")", R"("ended_at":"2026-02-01T10:12:10.507Z")",
          R"("duration":130500,)",
          R"("transcript":[{"role":"assistant","text":"Hello.","timestamp":1769940600007},)"
          R"({"role":"user","text":"Hi","timestamp":1769940601000}]})"}) {
      CAPTURE(part);
      CHECK(body.find(part) != std::string::npos);
    }
    CHECK(session_end_body(plain, {ten_past, ten_past, {}}).ends_with(R"("transcript":[]})"));
  }
}

}  // namespace
}  // namespace patchbay
