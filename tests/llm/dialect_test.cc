// SPDX-License-Identifier: MIT
#include "dialect.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vap/sse.hpp>

namespace {

using llm::Kind;
using nlohmann::json;

llm::Provider provider(Kind kind) {
  llm::Provider p;
  p.key = "providers[0]";
  p.kind = kind;
  p.url = "https://models.example/v1";
  p.model = "small";
  p.secret = "key";
  p.temperature = 0.5;
  p.max_tokens = 50;
  return p;
}

const llm::Talk talk{
    "Be brief.", {{true, "hi"}, {false, "Hello…"}, {true, "tea \"please\""}}, nullptr};

json body(const llm::Question& question) {
  return json::parse(question.body);
}

struct Read {
  std::string text, error;
  bool finished = false;
};

Read read_stream(Kind kind, const std::string& stream, std::size_t cut) {
  Read all;
  vap::sse_parser parser;
  const auto decoder = llm::make_decoder(kind);
  const auto take = [&](const vap::sse_event& event) {
    const llm::Piece piece = decoder->read(event.data);
    all.text += piece.text;
    if (all.error.empty()) all.error = piece.error;
    all.finished = all.finished || piece.finished;
  };
  parser.feed(stream.substr(0, cut), take);
  parser.feed(stream.substr(cut), take);
  return all;
}

// The same, wherever the bytes are cut.
Read read(Kind kind, const std::string& stream) {
  const Read whole = read_stream(kind, stream, stream.size());
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    const Read halves = read_stream(kind, stream, cut);
    CHECK(halves.text == whole.text);
    CHECK(halves.error == whole.error);
    CHECK(halves.finished == whole.finished);
  }
  return whole;
}

}  // namespace

TEST_SUITE("dialect") {
  TEST_CASE("chat completions are asked with the talk, the key and what was set") {
    const auto question = llm::ask(provider(Kind::openai), talk);
    CHECK(question.url == "https://models.example/v1/chat/completions");
    CHECK(question.headers.at(0).first == "Authorization");
    CHECK(question.headers.at(0).second == "Bearer {secret:key}");
    CHECK(body(question) ==
          json::parse(R"({"model":"small","stream":true,"temperature":0.5,"max_tokens":50,
            "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"},
            {"role":"assistant","content":"Hello…"},{"role":"user","content":"tea \"please\""}]})"));
  }

  TEST_CASE("Gemini is asked in its own words") {
    const auto question = llm::ask(provider(Kind::gemini), talk);
    CHECK(question.url == "https://models.example/v1/models/small:streamGenerateContent?alt=sse");
    CHECK(question.headers.at(0).second == "{secret:key}");
    CHECK(body(question) == json::parse(R"({"systemInstruction":{"parts":[{"text":"Be brief."}]},
            "contents":[{"role":"user","parts":[{"text":"hi"}]},
            {"role":"model","parts":[{"text":"Hello…"}]},
            {"role":"user","parts":[{"text":"tea \"please\""}]}],
            "generationConfig":{"temperature":0.5,"maxOutputTokens":50}})"));
  }

  TEST_CASE("Anthropic is asked with its version, and always with a limit") {
    llm::Provider p = provider(Kind::anthropic);
    const auto question = llm::ask(p, talk);
    CHECK(question.url == "https://models.example/v1/messages");
    CHECK(question.headers.size() == 2);
    CHECK(body(question)["system"] == "Be brief.");
    CHECK(body(question)["max_tokens"] == 50);
    p.max_tokens = 0;
    CHECK(body(llm::ask(p, talk))["max_tokens"] == 1024);
  }

  TEST_CASE("further fields go in as they are, also into those of ours") {
    llm::Provider p = provider(Kind::gemini);
    p.extra = json::parse(
        R"({"generationConfig":{"thinkingConfig":{"thinkingBudget":0}},"labels":{"a":"b"}})");
    const json asked = body(llm::ask(p, talk));
    CHECK(asked["generationConfig"]["thinkingConfig"]["thinkingBudget"] == 0);
    CHECK(asked["generationConfig"]["maxOutputTokens"] == 50);
    CHECK(asked["labels"]["a"] == "b");
  }

  TEST_CASE("without a secret no key is sent, and bytes that are no UTF-8 harm nobody") {
    for (const Kind kind : {Kind::openai, Kind::gemini, Kind::anthropic}) {
      llm::Provider p = provider(kind);
      p.secret.clear();
      const auto question = llm::ask(p, {"", {{true, "\xFF\xFE"}}, nullptr});
      for (const auto& header : question.headers)
        CHECK(header.second.find("secret") == std::string::npos);
      CHECK(json::accept(question.body));
    }
  }

  TEST_CASE("the words of chat completions are read, and nothing else is") {
    const Read all = read(
        Kind::openai,
        ": OPENROUTER PROCESSING\n\n"
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"content\":null,\"reasoning_content\":\"hm\"}}]}\r\n\r\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\"Two \\u00e9\"},\"finish_reason\":null}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\" teas\"}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n"
        "data: [DONE]\n\n");
    CHECK(all.text == "Two é teas");
    CHECK(all.finished);
    CHECK(all.error.empty());
  }

  TEST_CASE("the words of Gemini are read, and not its thoughts") {
    const Read all =
        read(Kind::gemini,
             "data: "
             "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true}]}}]}\n\n"
             "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Two\"},{\"text\":\" "
             "teas\"}],\"role\":\"model\"}}]}\n\n"
             "data: {\"usageMetadata\":{}}\n\n"
             "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n");
    CHECK(all.text == "Two teas");
    CHECK(all.finished);
    CHECK(all.error.empty());
  }

  TEST_CASE("the words of Anthropic are read, and not its thoughts") {
    const Read all = read(
        Kind::anthropic,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n"
        "event: ping\ndata: {\"type\":\"ping\"}\n\n"
        "data: "
        "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":"
        "\"hm\"}}\n\n"
        "data: "
        "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Two\"}}"
        "\n\n"
        "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\" "
        "teas\"}}\n\n"
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
        "data: {\"type\":\"message_stop\"}\n\n");
    CHECK(all.text == "Two teas");
    CHECK(all.finished);
    CHECK(all.error.empty());
  }

  TEST_CASE("what breaks an answer is said") {
    const auto error = [](Kind kind, const std::string& data) {
      return llm::make_decoder(kind)->read(data).error;
    };
    for (const Kind kind : {Kind::openai, Kind::gemini, Kind::anthropic}) {
      CHECK(error(kind, "{\"choices\":[{\"del").find("no JSON") != std::string::npos);
      CHECK(error(kind, "42").find("no JSON") != std::string::npos);
      const char* broke = R"({"type":"error","error":{"message":"overloaded"}})";
      CHECK(error(kind, broke).find("overloaded") != std::string::npos);
      CHECK(error(kind, "{}").empty());
      CHECK(error(kind, R"({"choices":7,"candidates":{},"delta":[],"type":3})").empty());
      CHECK(error(kind, R"({"choices":[null],"candidates":["x"]})").empty());
    }
    CHECK(!error(Kind::openai, R"({"choices":[{"finish_reason":"content_filter"}]})").empty());
    CHECK(!error(Kind::gemini, R"({"promptFeedback":{"blockReason":"SAFETY"}})").empty());
    CHECK(!error(Kind::gemini, R"({"candidates":[{"finishReason":"SAFETY"}]})").empty());
    const char* refusal = R"({"type":"message_delta","delta":{"stop_reason":"refusal"}})";
    CHECK(!error(Kind::anthropic, refusal).empty());
  }

  TEST_CASE("an answer that was cut for its length is an answer") {
    const auto piece = [](Kind kind, const char* data) {
      return llm::make_decoder(kind)->read(data);
    };
    for (const auto& ended :
         {piece(Kind::openai,
                R"({"choices":[{"delta":{"content":"x"},"finish_reason":"length"}]})"),
          piece(Kind::gemini, R"({"candidates":[{"finishReason":"MAX_TOKENS"}]})"),
          piece(Kind::anthropic,
                R"({"type":"message_delta","delta":{"stop_reason":"max_tokens"}})")}) {
      CHECK(ended.finished);
      CHECK(ended.error.empty());
    }
  }
}
