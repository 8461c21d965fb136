// SPDX-License-Identifier: MIT
// Tools in the three dialects: how they are offered, called, and told what came of it.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dialect.h"

namespace {

using llm::Kind;
using nlohmann::json;

const std::vector<Kind> kinds = {Kind::openai, Kind::gemini, Kind::anthropic};

llm::Tools tools() {
  const json top = {{"tools",
                     {{{"name", "weather"},
                       {"description", "The weather."},
                       {"kind", "http"},
                       {"url", "http://127.0.0.1:1/"},
                       {"parameters", {{"properties", {{"city", {{"type", "string"}}}}}}}}}}};
  return llm::read_tools(llm::Table(top, ""));
}
const json schema = {{"type", "object"}, {"properties", {{"city", {{"type", "string"}}}}}};

// A talk in which two calls were made, and one of them failed.
llm::Talk talk(const llm::Tools& offered) {
  llm::Talk talk;
  talk.tools = std::make_shared<const llm::Tools>(offered);
  talk.messages = {
      {true, "Rain?"},
      {false,
       "Let me look.",
       {{"c1", "weather", R"({"city":"Ulm"})", "sig"}, {"c2", "weather", "{broken", ""}}},
      {true, "", {}, {{"c1", "weather", "dry", false}, {"c2", "weather", "no JSON", true}}}};
  return talk;
}

json asked(Kind kind, const llm::Talk& talk) {
  llm::Provider provider;
  provider.kind = kind;
  provider.model = "m";
  return json::parse(llm::ask(provider, talk).body);
}

std::vector<llm::Call> calls(Kind kind, const std::vector<std::string>& events) {
  const auto decoder = llm::make_decoder(kind);
  for (const std::string& event : events) {
    const llm::Piece piece = decoder->read(event);
    CHECK(piece.error.empty());
  }
  return decoder->take_calls();
}

}  // namespace

TEST_SUITE("calls") {
  TEST_CASE("chat completions are offered functions, and told of calls and their results") {
    const llm::Tools offered = tools();
    const json body = asked(Kind::openai, talk(offered));
    CHECK(
        body["tools"] ==
        json::array(
            {{{"type", "function"},
              {"function",
               {{"name", "weather"}, {"description", "The weather."}, {"parameters", schema}}}}}));
    CHECK(body["messages"] == json::parse(R"([
      {"role":"user","content":"Rain?"},
      {"role":"assistant","content":"Let me look.","tool_calls":[
        {"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Ulm\"}"}},
        {"id":"c2","type":"function","function":{"name":"weather","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"c1","content":"dry"},
      {"role":"tool","tool_call_id":"c2","content":"no JSON"}])"));
  }

  TEST_CASE("Gemini is, in its own words, and gets its signatures back") {
    const llm::Tools offered = tools();
    const json body = asked(Kind::gemini, talk(offered));
    CHECK(body["tools"] == json::array({{{"functionDeclarations",
                                          json::array({{{"name", "weather"},
                                                        {"description", "The weather."},
                                                        {"parametersJsonSchema", schema}}})}}}));
    CHECK(body["contents"] == json::parse(R"([
      {"role":"user","parts":[{"text":"Rain?"}]},
      {"role":"model","parts":[{"text":"Let me look."},
        {"functionCall":{"name":"weather","args":{"city":"Ulm"}},"thoughtSignature":"sig"},
        {"functionCall":{"name":"weather","args":{}}}]},
      {"role":"user","parts":[
        {"functionResponse":{"name":"weather","response":{"result":"dry"}}},
        {"functionResponse":{"name":"weather","response":{"error":"no JSON"}}}]}])"));
  }

  TEST_CASE("Anthropic is, in blocks") {
    const llm::Tools offered = tools();
    const json body = asked(Kind::anthropic, talk(offered));
    CHECK(body["tools"] ==
          json::array(
              {{{"name", "weather"}, {"description", "The weather."}, {"input_schema", schema}}}));
    CHECK(body["messages"] == json::parse(R"([
      {"role":"user","content":"Rain?"},
      {"role":"assistant","content":[{"type":"text","text":"Let me look."},
        {"type":"tool_use","id":"c1","name":"weather","input":{"city":"Ulm"}},
        {"type":"tool_use","id":"c2","name":"weather","input":{}}]},
      {"role":"user","content":[
        {"type":"tool_result","tool_use_id":"c1","content":"dry","is_error":false},
        {"type":"tool_result","tool_use_id":"c2","content":"no JSON","is_error":true}]}])"));
  }

  TEST_CASE("a model that may call no more is told so, and without tools none are spoken of") {
    const llm::Tools offered = tools();
    llm::Talk last = talk(offered);
    last.may_call = false;
    CHECK(!asked(Kind::openai, last).contains("tools"));
    CHECK(asked(Kind::gemini, last)["toolConfig"]["functionCallingConfig"]["mode"] == "NONE");
    CHECK(asked(Kind::anthropic, last)["tool_choice"]["type"] == "none");
    CHECK(asked(Kind::anthropic, last).contains("tools"));  // it wants to know what was called
    for (const Kind kind : kinds) {
      llm::Talk plain;
      plain.messages = {{true, "hi"}};
      CHECK(!asked(kind, plain).contains("tools"));
      plain.tools = std::make_shared<const llm::Tools>();
      CHECK(!asked(kind, plain).contains("tools"));
    }
  }

  TEST_CASE("calls of chat completions come in pieces, several at once") {
    const auto made = calls(
        Kind::openai,
        {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","type":"function",
             "function":{"name":"weather","arguments":""}}]}}]})",
         R"({"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b",
             "function":{"name":"order","arguments":"{\"n\""}}]}}]})",
         R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"ci"}}]}}]})",
         R"({"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":":1}"}},
             {"index":0,"function":{"arguments":"ty\":\"Ulm\"}"}}]}}]})",
         R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})"});
    REQUIRE(made.size() == 2);
    CHECK(made[0].id == "a");
    CHECK(made[0].name == "weather");
    CHECK(made[0].arguments == R"({"city":"Ulm"})");
    CHECK(made[1].name == "order");
    CHECK(made[1].arguments == R"({"n":1})");
  }

  TEST_CASE("calls without a number come one after another") {
    const auto made =
        calls(Kind::openai,
              {R"({"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"x"}}]}}]})",
               R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]})",
               R"({"choices":[{"delta":{"tool_calls":[
                 {"id":"b","function":{"name":"y","arguments":{"n":1}}}]}}]})"});
    REQUIRE(made.size() == 2);
    CHECK(made[0].arguments == "{}");
    CHECK(made[1].name == "y");
    CHECK(made[1].arguments == R"({"n":1})");
  }

  TEST_CASE("calls of Gemini come whole") {
    const auto made = calls(Kind::gemini, {R"({"candidates":[{"content":{"parts":[{"text":"Well."},
             {"functionCall":{"name":"weather","args":{"city":"Ulm"}},"thoughtSignature":"s"},
             {"functionCall":{"name":"now","id":"g1"}}]}}]})",
                                           R"({"candidates":[{"finishReason":"STOP"}]})"});
    REQUIRE(made.size() == 2);
    CHECK(made[0].arguments == R"({"city":"Ulm"})");
    CHECK(made[0].signature == "s");
    CHECK(made[1].id == "g1");
    CHECK(made[1].arguments.empty());
  }

  TEST_CASE("calls of Anthropic come in blocks, and their arguments in pieces") {
    const auto made = calls(
        Kind::anthropic,
        {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
         R"({"type":"content_block_start","index":1,"content_block":
             {"type":"tool_use","id":"t1","name":"weather","input":{}}})",
         R"({"type":"content_block_delta","index":1,"delta":
             {"type":"input_json_delta","partial_json":"{\"city\":"}})",
         R"({"type":"content_block_delta","index":1,"delta":
             {"type":"input_json_delta","partial_json":"\"Ulm\"}"}})",
         R"({"type":"content_block_start","index":2,"content_block":
             {"type":"tool_use","id":"t2","name":"now","input":{}}})",
         R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})"});
    REQUIRE(made.size() == 2);
    CHECK(made[0].id == "t1");
    CHECK(made[0].arguments == R"({"city":"Ulm"})");
    CHECK(made[1].name == "now");
    CHECK(made[1].arguments.empty());
  }

  TEST_CASE("Anthropic gets its thoughts back as they were, and in their place") {
    const std::vector<std::string> events = {
        R"({"type":"content_block_start","index":0,"content_block":
            {"type":"thinking","thinking":"","signature":""}})",
        R"({"type":"content_block_delta","index":0,"delta":
            {"type":"thinking_delta","thinking":"Rain? "}})",
        R"({"type":"content_block_delta","index":0,"delta":
            {"type":"thinking_delta","thinking":"I look."}})",
        R"({"type":"content_block_delta","index":0,"delta":
            {"type":"signature_delta","signature":"c2ln"}})",
        R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"**Well**"}})",
        R"({"type":"content_block_start","index":2,"content_block":
            {"type":"redacted_thinking","data":"x"}})",
        R"({"type":"content_block_start","index":3,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_start","index":4,"content_block":
            {"type":"tool_use","id":"t1","name":"weather","input":{}}})",
        R"({"type":"content_block_delta","index":4,"delta":
            {"type":"input_json_delta","partial_json":"{\"city\":\"Ulm\"}"}})"};
    const auto decoder = llm::make_decoder(Kind::anthropic);
    for (const std::string& event : events) CHECK(decoder->read(event).error.empty());
    const json original = json::parse(R"([
      {"type":"thinking","thinking":"Rain? I look.","signature":"c2ln"},
      {"type":"text","text":"**Well**"},
      {"type":"redacted_thinking","data":"x"},
      {"type":"tool_use","id":"t1","name":"weather","input":{"city":"Ulm"}}])");
    llm::Message made{false, "Well"};
    made.original = decoder->original();
    made.calls = decoder->take_calls();
    made.maker = "providers[0]";
    CHECK(json::parse(made.original) == original);

    const llm::Tools offered = tools();
    llm::Talk talk;
    talk.tools = std::make_shared<const llm::Tools>(offered);
    talk.messages = {{true, "Rain?"}, made, {true, "", {}, {{"t1", "weather", "dry", false}}}};
    llm::Provider provider;
    provider.kind = Kind::anthropic;
    provider.key = "providers[0]";
    provider.extra = {{"thinking", {{"type", "enabled"}, {"budget_tokens", 1024}}}};
    const auto body = [&] { return json::parse(llm::ask(provider, talk).body); };
    CHECK(body()["messages"][1]["content"] == original);
    CHECK(body()["thinking"]["type"] == "enabled");
    // Another's thoughts it would refuse, and without any of its own it must not think.
    provider.key = "providers[1]";
    CHECK(body()["messages"][1]["content"] == json::parse(R"([{"type":"text","text":"Well"},
      {"type":"tool_use","id":"t1","name":"weather","input":{"city":"Ulm"}}])"));
    CHECK(body()["thinking"] == json({{"type", "disabled"}}));
    provider.extra = json::object();
    CHECK(!body().contains("thinking"));
  }

  TEST_CASE("what Gemini has signed goes back to the one that signed it, whole, and to no other") {
    const auto decoder = llm::make_decoder(Kind::gemini);
    for (
        const char* event :
        {R"({"candidates":[{"content":{"parts":[{"text":"Rain?","thought":true},{"text":"Let me "}]}}]})",
         R"({"candidates":[{"content":{"parts":[{"text":"look."},
              {"text":"","thoughtSignature":"a"},{"executableCode":{"code":"1"},"thoughtSignature":"b"},
              {"functionCall":{"id":"g1","name":"weather","args":{"city":"Ulm"}},"thoughtSignature":"c"}
              ]},"finishReason":"STOP"}]})"})
      CHECK(decoder->read(event).error.empty());
    CHECK(!decoder->needs_ids());
    llm::Message made{false, "Let me look."};
    made.original = decoder->original();
    made.calls = decoder->take_calls();
    made.calls.at(0).signer = made.maker = "providers[0]";

    const llm::Tools offered = tools();
    llm::Talk talk;
    talk.tools = std::make_shared<const llm::Tools>(offered);
    talk.messages = {{true, "Rain?"}, made, {true, "", {}, {{"g1", "weather", "dry", false}}}};
    llm::Provider provider;
    provider.kind = Kind::gemini;
    provider.key = "providers[0]";
    const auto parts = [&] {
      return json::parse(llm::ask(provider, talk).body)["contents"][1]["parts"];
    };
    CHECK(parts() == json::parse(R"([{"text":"Let me look."},{"text":"","thoughtSignature":"a"},
      {"executableCode":{"code":"1"},"thoughtSignature":"b"},
      {"functionCall":{"name":"weather","args":{"city":"Ulm"}},"thoughtSignature":"c"}])"));
    // Where another has begun the message, its own signature still is its own.
    talk.messages[1].maker = "";
    CHECK(parts()[1]["thoughtSignature"] == "c");
    provider.key = "providers[1]";
    CHECK(parts() == json::parse(R"([{"text":"Let me look."},
      {"functionCall":{"name":"weather","args":{"city":"Ulm"}}}])"));
    talk.messages[1].maker = "providers[0]";
    CHECK(parts().dump().find("ignature") == std::string::npos);
    for (const Kind other : {Kind::openai, Kind::anthropic})
      CHECK(asked(other, talk).dump().find("ignature") == std::string::npos);
  }

  TEST_CASE("where nothing was thought, text and calls will do") {
    const auto decoder = llm::make_decoder(Kind::anthropic);
    decoder->read(R"({"type":"content_block_start","index":0,"content_block":
                      {"type":"tool_use","id":"t1","name":"weather","input":{}}})");
    CHECK(decoder->original().empty());
    CHECK(decoder->has_called());
  }

  TEST_CASE("nonsense where a call should stand harms nobody") {
    for (const Kind kind : kinds) {
      const auto decoder = llm::make_decoder(kind);
      for (const char* event :
           {R"({"choices":[{"delta":{"tool_calls":[7,null,{"index":-1},{"index":"x"}]}}]})",
            R"({"choices":[{"delta":{"tool_calls":"x"}}]})",
            R"({"candidates":[{"content":{"parts":[{"functionCall":7},3]}}]})",
            R"({"type":"content_block_start","content_block":{"type":"tool_use","id":4}})",
            R"({"type":"content_block_delta","index":999999999,"delta":{"partial_json":"x"}})"})
        CHECK(decoder->read(event).error.empty());
      decoder->take_calls();
    }
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    for (const Kind kind : kinds)
      CHECK(!llm::make_decoder(kind)->read("{\"a\":" + deep + "}").error.empty());
  }
}
