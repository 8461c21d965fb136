// SPDX-License-Identifier: MIT
#include "codec/event.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/hostile_text.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using namespace std::string_literals;

Event event_of(std::string_view body) {
  CAPTURE(body);
  Result<Event> event = decode_event(body);
  if (!event) FAIL(event.error().text());
  return *std::move(event);
}

// "ok", or the code of the Error.
std::string verdict(std::string_view body) {
  const Result<Event> event = decode_event(body);
  return event ? "ok" : event.error().code;
}

std::string message(std::string_view body) {
  const Result<Event> event = decode_event(body);
  return event ? "ok" : event.error().message;
}

// {"type":"message",…}
Event message_with(const std::string& fields) {
  return event_of(R"({"type":"message","session_id":"s","conversation_id":"c",)" + fields + "}");
}

}  // namespace

TEST_SUITE("event") {
  TEST_CASE("a message is decoded, with all that the caller heard") {
    const Event event = event_of(R"({"type":"message","session_id":"sess_71",
      "conversation_id":"conv_9","turn_id":"turn_4","text":"Can you move it to Friday?",
      "custom_metadata":{"tenant":"acme"},"interruption_context":{"previous_turn_interrupted":true,
      "words_heard":5,"text_heard":"Your booking is set for","assistant_turn_id":"turn_3"}})");
    CHECK(event.type == EventType::message);
    CHECK(event.type_name == "message");
    CHECK(event.session_id == "sess_71");
    CHECK(event.conversation_id == "conv_9");
    CHECK(event.turn_id == "turn_4");
    CHECK(event.text == "Can you move it to Friday?");
    REQUIRE(event.interruption);
    CHECK(event.interruption->text_heard == "Your booking is set for");
    CHECK(event.interruption->assistant_turn_id == "turn_3");
    CHECK(event.interruption->words_heard == 5.0);
  }

  TEST_CASE("every type of event is known by its name") {
    struct Named {
      std::string name;
      EventType type;
    };
    const std::vector<Named> names{
        {"message", EventType::message},
        {"session.start", EventType::session_start},
        {"data", EventType::data},
        {"session.update", EventType::session_update},
        {"session.end", EventType::session_end},
        {"user.transcript.interim_delta", EventType::unknown},
        {"unknown", EventType::unknown},
        {"Message", EventType::unknown},
        {"", EventType::unknown},
    };
    for (const Named& named : names) {
      CAPTURE(named.name);
      const Event event = event_of(R"({"type":")" + named.name + R"("})");
      CHECK(event.type == named.type);
      CHECK(event.type_name == named.name);
      if (named.type != EventType::unknown) CHECK(name_of(named.type) == named.name);
    }
    CHECK(name_of(EventType::unknown) == "unknown");
  }

  TEST_CASE("the life of a session is decoded, with its nulls and its numbers") {
    const Event start = event_of(
        R"({"type":"session.start","session_id":"s","conversation_id":"c","turn_id":"turn_0",)"
        R"("from_phone_number":"+15550100001"})");
    CHECK(start.turn_id == "turn_0");
    CHECK(start.text.empty());
    const Event update =
        event_of(R"({"type":"session.update","session_id":"s","conversation_id":"c",)"
                 R"("recording_status":"completed","recording_duration":27.0})"
                 "\n");
    CHECK_FALSE(update.turn_id);
    const Event end = event_of(
        R"({"type":"session.end","session_id":"s","conversation_id":"c","duration":null,)"
        R"("ip_address":null,"transcript":[{"role":"user","text":"Hi","timestamp":1769940003200},)"
        R"({"role":"assistant","text":"Yes?","timestamp":"2026-02-01T10:00:00.000Z","x":[]}]})");
    CHECK(end.type == EventType::session_end);
    CHECK(end.text.empty());  // the transcript's texts are not the event's
  }

  TEST_CASE("the data of a data event may be of any kind") {
    for (const std::string data :
         {R"({"type":"other","turn_id":7})", "[1,[2]]", "null", "3", "\"x\""}) {
      const Event event = event_of(R"({"type":"data","turn_id":"t","data":)" + data + "}");
      CHECK(event.type == EventType::data);
      CHECK(event.turn_id == "t");
    }
    CHECK(event_of(R"({"type":"data"})").type == EventType::data);
  }

  TEST_CASE("v0 shouts, and calls the conversation a session") {
    const Event event = event_of(
        R"({"type":"MESSAGE","text":"Hi","connection_id":"conn_1","session_id":"sess_1","turn_id":"t"})");
    CHECK(event.type == EventType::message);
    CHECK(event.type_name == "message");
    CHECK(event.conversation_id == "sess_1");
    CHECK(event.session_id == "conn_1");
    CHECK(event.text == "Hi");
    const Event start =
        event_of(R"({"type":"SESSION_START","connection_id":"conn_1","session_id":"sess_1"})");
    CHECK(start.type == EventType::session_start);
    CHECK(start.type_name == "session.start");
    CHECK(start.conversation_id == "sess_1");
    CHECK(start.session_id == "conn_1");
  }

  TEST_CASE("v1 knows the session only, and it is the conversation") {
    const Event event = event_of(R"({"type":"message","session_id":"sess_1","turn_id":"t"})");
    CHECK(event.conversation_id == "sess_1");
    CHECK(event.session_id == "sess_1");
  }

  TEST_CASE("a connection is the conversation where the body has no other id") {
    const Event event = event_of(R"({"type":"SESSION_START","connection_id":"conn_1"})");
    CHECK(event.session_id == "conn_1");
    CHECK(event.conversation_id == "conn_1");
  }

  TEST_CASE("a conversation that the body names is never replaced") {
    const Event event = event_of(
        R"({"type":"MESSAGE","conversation_id":"c","session_id":"s","connection_id":"x"})");
    CHECK(event.conversation_id == "c");
    CHECK(event.session_id == "s");
  }

  TEST_CASE("an empty or wrong conversation_id is none") {
    for (const std::string id : {"\"\"", "null", "7", "{}", "[]", "true"}) {
      const Event event =
          event_of(R"({"type":"message","session_id":"s","conversation_id":)" + id + "}");
      CHECK(event.conversation_id == "s");
    }
    CHECK(event_of(R"({"type":"message"})").conversation_id.empty());
  }

  TEST_CASE("a turn_id is kept byte for byte") {
    CHECK(message_with(R"("turn_id":" t\"\u00e9\\ ")").turn_id == " t\"\xC3\xA9\\ ");
    CHECK(message_with(R"("turn_id":"\ud83d\ude00")").turn_id == "\xF0\x9F\x98\x80");
    CHECK(message_with(R"("turn_id":"")").turn_id == "");
  }

  TEST_CASE("an id with a control character, or a very long one, is refused by its name") {
    for (const std::string field : {"conversation_id", "session_id", "connection_id", "turn_id"}) {
      const auto with = [&](const std::string& id) {
        return "{\"type\":\"message\",\"" + field + "\":\"" + id + "\"}";
      };
      for (const char* id : {"a\\nb", "\\u0000", "a\\u0000", "\\t", "a\\u001f", "\x7F"}) {
        CAPTURE(id);
        CHECK(verdict(with(id)) == "id_invalid");
        CHECK(message(with(id)) == field + " has a control character in it");
      }
      CHECK(message(with(std::string(3'000'000, 'x'))) ==
            field + " has 3000000 bytes; an id has at most 1024");
      CHECK(verdict(with(std::string(longest_id + 1, 'x'))) == "id_invalid");
      CHECK(verdict(with(std::string(longest_id, 'x'))) == "ok");
      CHECK(verdict(with("a b/\xC3\xA9\xE2\x98\x95")) == "ok");
    }
    CHECK(verdict(R"({"turn_id":"a\nb"})") == "type_missing");
  }

  TEST_CASE("what is said may be long, and hold any character") {
    const std::string text(longest_id + 1, 'x');
    CHECK(message_with("\"text\":\"" + text + "\\u0000\"").text == text + "\0"s);
    CHECK(message_with("\"zzz\":\"" + text + "\\n\"").text.empty());
  }

  TEST_CASE("a turn_id that is no string is absent") {
    for (const std::string id : {"7", "null", "true", "1.5", "{\"turn_id\":\"x\"}", "[\"x\"]"}) {
      CHECK_FALSE(message_with("\"turn_id\":" + id).turn_id);
    }
  }

  TEST_CASE("a text that is missing or no string is empty") {
    CHECK(event_of(R"({"type":"message"})").text.empty());
    for (const std::string text : {"null", "7", "[\"x\"]", "{\"text\":\"x\"}", "\"\""}) {
      CHECK(message_with("\"text\":" + text).text.empty());
    }
  }

  TEST_CASE("a language is what the session's metadata says, the custom one first") {
    CHECK(message_with(R"("custom_metadata":{"language":"de-AT"})").language == "de-AT");
    CHECK(message_with(R"("metadata":{"a":{"language":"xx"},"language":"fr"})").language == "fr");
    CHECK(message_with(R"("metadata":{"language":"fr"},"custom_metadata":{"language":"de"})")
              .language == "de");
    CHECK(message_with(R"("metadata":{"language":"fr"},"custom_metadata":{"language":""})")
              .language == "fr");
    for (const char* none :
         {R"("language":"de")", R"("custom_metadata":{"language":7})", R"("custom_metadata":[])",
          R"("custom_metadata":{"language":"de"},"custom_metadata":{})",
          R"("custom_metadata":{"x":{"language":"de"}})", R"("zzz":{"language":"de"})"})
      CHECK(message_with(none).language.empty());
  }

  TEST_CASE("of two fields of one name the last counts") {
    CHECK(message_with(R"("text":"a","text":"b")").text == "b");
    CHECK(message_with(R"("text":"a","text":7)").text.empty());
    CHECK_FALSE(message_with(R"("turn_id":"a","turn_id":null)").turn_id);
    CHECK(event_of(R"({"type":"data","type":"message"})").type == EventType::message);
    CHECK(verdict(R"({"type":"data","type":1})") == "type_missing");
    const std::string context = R"("interruption_context":{"previous_turn_interrupted":true,)";
    CHECK_FALSE(
        message_with(context + R"("text_heard":"a"},"interruption_context":{})").interruption);
    CHECK_FALSE(
        message_with(context + R"("text_heard":"a"},"interruption_context":null)").interruption);
    const Event event = message_with(context + R"("words_heard":1,"words_heard":"2"})");
    REQUIRE(event.interruption);
    CHECK_FALSE(event.interruption->words_heard);
  }

  TEST_CASE("an interruption may be told in part") {
    const Event event =
        message_with(R"("interruption_context":{"previous_turn_interrupted":true})");
    REQUIRE(event.interruption);
    CHECK(event.interruption->text_heard.empty());
    CHECK(event.interruption->assistant_turn_id.empty());
    CHECK_FALSE(event.interruption->words_heard);
  }

  TEST_CASE("parts of an interruption of a wrong type are absent") {
    const Event event = message_with(
        R"("interruption_context":{"previous_turn_interrupted":true,"words_heard":"five",)"
        R"("text_heard":["x"],"assistant_turn_id":{"text_heard":"y"}})");
    REQUIRE(event.interruption);
    CHECK(event.interruption->text_heard.empty());
    CHECK(event.interruption->assistant_turn_id.empty());
    CHECK_FALSE(event.interruption->words_heard);
  }

  TEST_CASE("words_heard may be any number") {
    const auto words = [](const std::string& number) {
      return message_with(
                 R"("interruption_context":{"previous_turn_interrupted":true,"words_heard":)" +
                 number + "}")
          .interruption->words_heard;
    };
    CHECK(words("0") == 0.0);
    CHECK(words("-1") == -1.0);
    CHECK(words("2.5") == 2.5);
    CHECK(words("18446744073709551616") == 18446744073709551616.0);
  }

  TEST_CASE("without a true previous_turn_interrupted there is no interruption") {
    for (const std::string context :
         {R"({"previous_turn_interrupted":false,"text_heard":"x"})", R"({"text_heard":"x"})",
          R"({"previous_turn_interrupted":"true"})", R"({"previous_turn_interrupted":1})",
          R"({"x":{"previous_turn_interrupted":true}})", R"([{"previous_turn_interrupted":true}])",
          "[[{\"previous_turn_interrupted\":true}]]", "null", "true", "\"x\"", "7", "{}"}) {
      CAPTURE(context);
      CHECK_FALSE(message_with("\"interruption_context\":" + context).interruption);
    }
    CHECK_FALSE(message_with(R"("other":{"previous_turn_interrupted":true})").interruption);
    CHECK_FALSE(message_with(R"("previous_turn_interrupted":true)").interruption);
  }

  TEST_CASE("fields of nested objects are not the event's") {
    const Event event = event_of(
        R"({"custom_metadata":{"type":"data","text":"no","turn_id":"no"},"list":[{"text":"no"}],)"
        R"("type":"message","text":"yes","metadata":{"text":"no","session_id":"no"}})");
    CHECK(event.type == EventType::message);
    CHECK(event.text == "yes");
    CHECK_FALSE(event.turn_id);
    CHECK(event.session_id.empty());
  }

  TEST_CASE("a body that is not JSON is refused, with its place") {
    for (const std::string& body :
         {""s, " \n"s, "x"s, "{"s, "{\"type\":\"message\""s, "{\"type\":\"message\"} x"s,
          "{\"type\":\"message\",}"s, "{type:\"message\"}"s, "type=message"s, "{}\0"s,
          "{\"type\":\"message\"}\0{}"s, "\xEF\xBB\xBF{\"type\":\"message\"}"s,
          "{\"type\":\"a\nb\"}"s, "{\"type\":\"\\ud8zz\"}"s, "{\"type\":\"\\ud8"s, "\\ud800"s}) {
      CAPTURE(body);
      CHECK(verdict(body) == "body_not_json");
    }
    CHECK(message("{\"a\":x}") == "the body is not JSON: byte 6 does not belong there");
    CHECK(message("{\"type\":\"message\"") == "the body breaks off at byte 17");
    CHECK(message("{}\0"s) == "byte 3 of the body is NUL");
  }

  TEST_CASE("a body that is JSON but no object is refused") {
    for (const char* body :
         {"[]", "[{\"type\":\"message\"}]", "null", "7", "\"message\"", "true"}) {
      CAPTURE(body);
      CHECK(verdict(body) == "body_not_object");
    }
  }

  TEST_CASE("a body without a string for its type is refused") {
    for (const char* body : {"{}", R"({"type":null})", R"({"type":7})", R"({"type":["message"]})",
                             R"({"type":{"type":"message"}})", R"({"Type":"message"})"}) {
      CAPTURE(body);
      CHECK(verdict(body) == "type_missing");
    }
  }

  TEST_CASE("a body that is not UTF-8 is refused, with its place") {
    CHECK(verdict("{\"type\":\"message\",\"text\":\"\xFF\"}") == "body_not_utf8");
    CHECK(verdict("\xFF\xFE{") == "body_not_utf8");
    CHECK(message("{\"a\":\"\xC3\"}") == "byte 7 of the body is not UTF-8");
  }

  TEST_CASE("a body that nests too deep is refused, not recursed on") {
    const auto nested = [](std::size_t depth) {
      return R"({"type":"message","x":)" + std::string(depth - 1, '[') +
             std::string(depth - 1, ']') + "}";
    };
    CHECK(verdict(nested(max_json_depth)) == "ok");
    CHECK(verdict(nested(max_json_depth + 1)) == "body_too_deep");
    CHECK(verdict(nested(1000)) == "body_too_deep");
    CHECK(verdict(std::string(1'000'000, '[')) == "body_too_deep");
    std::string objects;
    for (int i = 0; i < 200'000; ++i) objects += "{\"type\":";
    CHECK(verdict(objects) == "body_too_deep");
  }

  TEST_CASE("numbers of any size do no harm") {
    CHECK(verdict(R"({"type":"message","x":1e999})") == "body_not_json");
    CHECK(verdict(R"({"type":"message","x":)" + std::string(10'000, '9') + "}") == "body_not_json");
    CHECK(verdict(R"({"type":"message","x":12345678901234567890123})") == "ok");
    CHECK(verdict(R"({"type":"message","x":1e-999})") == "ok");
  }

  TEST_CASE("half a surrogate pair becomes U+FFFD, and the turn goes on") {
    const std::string fffd = "\xEF\xBF\xBD";
    CHECK(message_with(R"("text":"cut \ud83d")").text == "cut " + fffd);
    CHECK(message_with(R"("text":"\uDE00 cut")").text == fffd + " cut");
    CHECK(message_with(R"("text":"\ud83d\ud83d\ude00\ude00")").text ==
          fffd + "\xF0\x9F\x98\x80" + fffd);
    CHECK(message_with(R"("text":"\ud83d\u0041\ud83dx")").text == fffd + "A" + fffd + "x");
    CHECK(message_with(R"("text":"\\ud83d")").text == "\\ud83d");
    CHECK(message_with(R"("text":"\\\ud83d")").text == "\\" + fffd);
    CHECK(message_with(R"("text":"\ud7ff\ue000")").text == "\xED\x9F\xBF\xEE\x80\x80");
  }

  TEST_CASE("a refusal quotes nothing of the body and says what to do") {
    for (const std::string& body :
         {"{\"x\": sesame}"s, "[\"sesame\"]"s, "{\"sesame\":1}"s, "\"sesame\xFF\""s, "sesame"s}) {
      const Result<Event> event = decode_event(body);
      REQUIRE_FALSE(event);
      CHECK(event.error().text().find("sesame") == std::string::npos);
      CHECK_FALSE(event.error().hint.empty());
    }
  }

  TEST_CASE("any text of a caller arrives as it was sent") {
    std::mt19937 random{6};
    for (int i = 0; i < 10'000; ++i) {
      std::string text;
      append_utf8_repaired(text, hostile_text(random));
      REQUIRE(message_with("\"text\":" + json_string(text)).text == text);
      if (has_control(text) || text.size() > longest_id) continue;
      REQUIRE(message_with("\"turn_id\":" + json_string(text)).turn_id == text);
    }
  }

  TEST_CASE("a body of noise is an Error or an event of valid UTF-8") {
    std::mt19937 random{7};
    for (int i = 0; i < 10'000; ++i) {
      std::string body = R"({"type":"message","text":"a","turn_id":"t"})";
      body.replace(random() % body.size(), random() % 4,
                   hostile_text(random).substr(0, random() % 9));
      const Result<Event> event = decode_event(body);
      if (event) REQUIRE(is_utf8(event->type_name + event->text + event->turn_id.value_or("")));
    }
  }
}

}  // namespace patchbay
