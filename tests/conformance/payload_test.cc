// SPDX-License-Identifier: MIT
// Protocol §8, cases 34 to 55: what a body may say, and what each event is answered with.
#include <doctest/doctest.h>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

Answer post(const std::string& body, const std::string& agent = "probe") {
  Webhook webhook;
  webhook.path = "/agents/" + agent;
  webhook.body = body;
  return send(probe_host().port(), webhook);
}

// The JSON answer to a data event with that command.
Answer data_event(const std::string& command, const std::string& conversation = "conv_data") {
  return post(event("data", R"("turn_id":"t","data":{"command":)" + Json(command).dump() + "}",
                    conversation));
}

TEST_SUITE("payload") {
  TEST_CASE("a body that is no object is a 400 (case 34)") {
    for (const char* body : {"[]", "7", "null", "\"text\"", "true"})
      CHECK(post(body).status == 400);
  }

  TEST_CASE("a body without a type, or with one that is no string, is a 400 (case 35)") {
    for (const char* body : {"{}", R"({"type":7})", R"({"type":null})", R"({"text":"hi"})"})
      CHECK(post(body).status == 400);
  }

  TEST_CASE("an unknown type is taken note of, no more (case 36)") {
    const Answer answer = post(event("user.transcript.interim_delta"));
    CHECK(answer.status == 200);
    CHECK(Json::parse(answer.body) == Json{{"status", "ignored"}});
  }

  TEST_CASE(
      "unknown fields, metadata and phone numbers reach the agent as they came (cases 37, 43)") {
    const std::string body = event(
        "message",
        R"("turn_id":"t","text":"echo json","custom_metadata":{"tenant":"acme"},"metadata":{"n":27.0},"from_phone_number":"+15550100001","zzz":[1,2])",
        fresh_conversation());
    const Answer answer = post(body);
    CHECK(answer.events().front()["content"] == Json::parse(body));
  }

  TEST_CASE("a message without a turn is answered without one (case 38)") {
    const Answer answer = post(event("message", R"("text":"say hi")", fresh_conversation()));
    for (const Json& event : answer.events()) CHECK_FALSE(event.contains("turn_id"));
    CHECK(answer.spoken() == "hi");
    CHECK(answer.ends() == 1);
  }

  TEST_CASE("a message without text calls the agent with none (case 39)") {
    for (const char* text : {R"("turn_id":"t")", R"("turn_id":"t","text":"")",
                             R"("turn_id":"t","text":null)", R"("turn_id":"t","text":7)"}) {
      const Answer answer = post(event("message", text, fresh_conversation()));
      CHECK(answer.status == 200);
      CHECK(answer.ends() == 1);
    }
  }

  TEST_CASE("a message without a conversation is one of its session (case 40)") {
    CHECK(post(R"({"type":"message","session_id":"s_only","turn_id":"t1","text":"conversation"})")
              .spoken() == "s_only|s_only|t1");
  }

  TEST_CASE("the oldest dialect is understood (case 41)") {
    CHECK(
        post(
            R"({"type":"MESSAGE","session_id":"talk","connection_id":"line","turn_id":"t1","text":"conversation"})")
            .spoken() == "talk|line|t1");
    CHECK(
        post(
            R"({"type":"SESSION_START","session_id":"talk","connection_id":"line","turn_id":"t1"})")
            .spoken() == "Welcome.");
  }

  TEST_CASE("an id that could not be shown or typed is a 400 that names it") {
    const auto refusal = [](const std::string& fields) {
      const Answer answer =
          post(R"({"type":"message","session_id":"s","text":"say never",)" + fields + "}");
      CHECK(answer.status == 400);
      return Json::parse(answer.body)["error"]["message"].get<std::string>();
    };
    CHECK(refusal(R"("conversation_id":"a\u0000b")") ==
          "conversation_id has a control character in it");
    CHECK(refusal(R"("turn_id":"t\n")") == "turn_id has a control character in it");
    CHECK(refusal(R"("conversation_id":")" + std::string(3'000'000, 'x') + "\"") ==
          "conversation_id has 3000000 bytes; an id has at most 1024");
    CHECK(probe_host().logs_line({"webhook refused", "code=id_invalid", "turn_id has"}));
    CHECK(tell_probe("say here", std::string(1024, '/')).spoken() == "here");
  }

  TEST_CASE("hostile JSON harms nobody (case 42)") {
    CHECK(post(R"({"type":"message","x":)" + std::string(1000, '[') + std::string(1000, ']') + "}")
              .status == 400);
    CHECK(post(std::string(500'000, '[')).status == 400);
    CHECK(post(R"({"type":"message","turn_id":"t","text":"say ok","n":1e99999})").status / 100 <=
          4);
    CHECK(post(R"({"type":"message","type":"data","turn_id":"t","text":"say ok"})").status == 200);
    CHECK(tell_probe("say still here").spoken() == "still here");
  }

  TEST_CASE("an interruption context that is partial or wrong is no reason to refuse (case 44)") {
    for (const char* context : {R"({"previous_turn_interrupted":true})",
                                R"({"previous_turn_interrupted":"yes","words_heard":"five"})", "7",
                                "null", "[]", R"({"text_heard":7})"}) {
      const Answer answer = post(
          event("message",
                std::string(R"("turn_id":"t","text":"say ok","interruption_context":)") + context,
                fresh_conversation()));
      CAPTURE(context);
      CHECK(answer.spoken() == "ok");
    }
  }

  TEST_CASE("a welcome is spoken on the turn of session.start (case 45)") {
    const Answer answer =
        post(event("session.start", R"("turn_id":"turn_0")", fresh_conversation()));
    CHECK(answer.spoken() == "Welcome.");
    for (const Json& event : answer.events()) CHECK(event["turn_id"] == "turn_0");
  }

  TEST_CASE("an agent that says nothing at session.start still ends (case 46)") {
    const Answer answer =
        post(event("session.start", R"("turn_id":"turn_0")", fresh_conversation()), "silent");
    CHECK(answer.events() == std::vector<Json>{{{"type", "response.end"}, {"turn_id", "turn_0"}}});
  }

  TEST_CASE("a session.start without a turn is a notice, not a request to speak (case 47)") {
    const std::string conversation = fresh_conversation();
    const Answer answer = post(event("session.start", "", conversation));
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type") == "application/json");
    CHECK(eventually([&] {
      // The probe hears of it as an event, and tried in vain to speak.
      const std::string life = tell_probe("lifecycle", conversation).spoken();
      return life.starts_with("started 1") && life.ends_with("say VAP_E_UNSUPPORTED");
    }));
  }

  TEST_CASE("session.end and session.update are answered at once, in any shape (cases 48 to 51)") {
    const std::string conversation = fresh_conversation();
    for (
        const std::string& body :
        {event("session.end", R"("duration":null,"latency":null,"transcript":[])", conversation),
         event(
             "session.end",
             R"("transcript":[{"role":"user","text":"hi","timestamp":1769940003200,"extra":1},{"role":"assistant","text":"yo","timestamp":"2026-02-01T10:00:00Z"}])",
             conversation),
         event("session.update", R"("recording_status":"completed","recording_duration":27.0)",
               conversation),
         event("session.update", R"("recording_status":"failed","error_message":"quota")",
               conversation)}) {
      const Answer answer = post(body);
      CHECK(answer.status == 200);
      CHECK(Json::parse(answer.body) == Json{{"status", "ok"}});
    }
    CHECK(eventually([&] {
      return tell_probe("lifecycle", conversation).spoken().find("updated 2, ended 2") !=
             std::string::npos;
    }));
    CHECK(tell_probe("lifecycle", conversation).spoken().find("say VAP_E_UNSUPPORTED") !=
          std::string::npos);
  }

  TEST_CASE("a data event is answered with the agent's JSON, not with a stream (case 52)") {
    const Answer answer = data_event(R"(json {"slot":"fri-10"})");
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type") == "application/json");
    CHECK(Json::parse(answer.body) == Json{{"slot", "fri-10"}});
  }

  TEST_CASE(
      "a data event is answered while a turn of its conversation speaks, which goes on (case 53)") {
    const std::string conversation = fresh_conversation();
    Line line(probe_host().port());
    Webhook webhook;
    webhook.body = message("never", conversation);
    line.send(webhook.request());
    CHECK(line.read_head().status == 200);
    CHECK(line.next_event()->at("content") == "waiting");
    CHECK(Json::parse(data_event("json 1", conversation).body) == 1);
    CHECK(tell_probe("cancels", fresh_conversation()).spoken() == "0");
    line.close();
  }

  TEST_CASE("data may be anything, or missing (case 54)") {
    for (const char* data : {R"("data":[1,2])", R"("data":"text")", R"("data":null)", R"("x":1)"}) {
      CHECK(post(event("data", std::string(R"("turn_id":"t",)") + data)).status == 200);
    }
  }

  TEST_CASE("an agent that has no answer to data answers {} (case 55)") {
    const Answer answer = data_event("none");
    CHECK(answer.status == 200);
    CHECK(Json::parse(answer.body) == Json::object());
  }

  TEST_CASE("a data answer may come later, once, and only as JSON") {
    CHECK(Json::parse(data_event("defer 20").body) == Json{{"late", true}});
    CHECK(data_event("twice").body == "1");
    CHECK(Json::parse(data_event("invalid").body)["status"] == "VAP_E_INVALID");
    CHECK(Json::parse(data_event("say").body)["status"] == "VAP_E_UNSUPPORTED");
  }

  TEST_CASE("an agent that fails on data is an error of the host, in JSON") {
    for (const char* command : {"fail", "throw"}) {
      const Answer answer = data_event(command);
      CHECK(answer.status == 500);
      CHECK(Json::parse(answer.body)["error"]["code"] == "agent_failed");
      CHECK(answer.body.find("told to") == std::string::npos);
    }
  }

  TEST_CASE("an agent that never answers data is an error at its deadline") {
    const Answer answer =
        post(event("data", R"("turn_id":"t","data":{"command":"never"})"), "brief");
    CHECK(answer.status == 504);
  }
}

}  // namespace
}  // namespace patchbay::test
