// SPDX-License-Identifier: MIT
#include "settings.h"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "prompt.h"

namespace {

std::string refusal(const std::string& config) {
  try {
    llm::read_settings(config);
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
  return "none";
}

std::string with_provider(const std::string& fields) {
  return R"({"providers":[{"kind":"openai","url":"http://localhost:1/v1/","model":"m"},{)" +
         fields + "}]}";
}

}  // namespace

TEST_SUITE("settings") {
  TEST_CASE("what is left out is as the manifest says") {
    const llm::Settings settings = llm::read_settings(R"({"providers":[
      {"kind":"anthropic","url":"http://localhost:1/v1//","model":"m"}]})");
    REQUIRE(settings.providers.size() == 1);
    const llm::Provider& provider = settings.providers[0];
    CHECK(provider.kind == llm::Kind::anthropic);
    CHECK(provider.url == "http://localhost:1/v1");
    CHECK(provider.secret.empty());
    CHECK(!provider.temperature);
    CHECK(provider.first_word == llm::Ms(5000));
    CHECK(provider.between_words == llm::Ms(3000));
    CHECK(settings.history_tokens == 4000);
    CHECK(settings.ear);
    CHECK(settings.hedge == llm::Ms(0));
    CHECK(!settings.prompt.empty());
    CHECK(llm::read_settings("{}").providers.empty());
  }

  TEST_CASE("what is wrong is refused by the name of its key") {
    const auto names = [](const std::string& config, const std::string& key) {
      const std::string why = refusal(config);
      CHECK_MESSAGE(why.rfind(key + " ", 0) == 0, why);
    };
    const std::string local = R"("url":"http://localhost:1","model":"m",)";
    names(R"({"providers":[]})", "providers");
    names(R"({"providers":{}})", "providers");
    names(R"({"providers":["x"]})", "providers[0]");
    names(with_provider(""), "providers[1].kind");
    names(with_provider(local + R"("kind":"mistral")"), "providers[1].kind");
    names(with_provider(R"("kind":"openai","model":"m")"), "providers[1].url");
    names(with_provider(R"("kind":"openai","url":"api.openai.com","model":"m")"),
          "providers[1].url");
    names(with_provider(R"("kind":"gemini","url":"http://localhost:1")"), "providers[1].model");
    names(with_provider(R"("kind":"openai","url":"https://api.openai.com/v1","model":"m")"),
          "providers[1].secret");
    names(with_provider(local + R"("kind":"openai","temperature":"hot")"),
          "providers[1].temperature");
    names(with_provider(local + R"("kind":"openai","max_tokens":0)"), "providers[1].max_tokens");
    names(with_provider(local + R"("kind":"openai","first_word_ms":1.5)"),
          "providers[1].first_word_ms");
    names(with_provider(local + R"("kind":"openai","extra":[])"), "providers[1].extra");
    names(R"({"ear":"on"})", "ear");
    names(R"({"welcome":1})", "welcome");
    names(R"({"hedge_ms":-1})", "hedge_ms");
    names(R"({"prompt":"a","prompt_file":"b"})", "prompt_file");
  }

  TEST_CASE("what Anthropic would refuse of a model that thinks is refused at the start") {
    const auto thinking = [](const std::string& further) {
      return with_provider(R"("kind":"anthropic","url":"http://localhost:1","model":"m",)" +
                           further +
                           R"("extra":{"thinking":{"type":"enabled","budget_tokens":2048}})");
    };
    CHECK(refusal(thinking("")) == "none");
    CHECK(refusal(thinking(R"("temperature":1,"max_tokens":2049,)")) == "none");
    CHECK(refusal(thinking(R"("temperature":0.7,)"))
              .rfind("providers[1].temperature cannot go with extra.thinking", 0) == 0);
    CHECK(refusal(thinking(R"("max_tokens":2048,)"))
              .rfind("providers[1].max_tokens wants more than extra.thinking.budget_tokens", 0) ==
          0);
    // What stands in extra is what is sent.
    const std::string front = R"("kind":"anthropic","url":"http://localhost:1","model":"m",)";
    CHECK(refusal(with_provider(front + R"("max_tokens":100,"extra":{"max_tokens":4096,
              "thinking":{"type":"enabled","budget_tokens":2048}})")) == "none");
    for (const char* type : {"disabled", "adaptive"})
      CHECK(refusal(with_provider(front + R"("temperature":0.5,"extra":{"thinking":{"type":")" +
                                  type + R"("}})")) == "none");
    CHECK(llm::thinking_budget(llm::read_settings(thinking("")).providers[1]) == 2048);
  }

  TEST_CASE("a key is missed where the server is far, and may be none where that is said") {
    const std::string far = R"("kind":"openai","url":"https://api.example.com/v1","model":"m",)";
    CHECK(refusal(with_provider(far + R"("secret":"key")")) == "none");
    CHECK(refusal(with_provider(far + R"("secret":"")")) == "none");
  }

  TEST_CASE("a prompt's file is taken as soon as it has changed, and kept while it is gone") {
    const std::string file = "llm-prompt-test.txt";
    const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
    write("Be brief.");
    const auto prompt = llm::Prompt::from_file(file);
    CHECK(prompt->text() == "Be brief.");
    write("Be very brief.");
    CHECK(prompt->text() == "Be very brief.");
    write("");
    CHECK(prompt->text() == "Be very brief.");
    std::remove(file.c_str());
    CHECK(prompt->text() == "Be very brief.");
    CHECK_THROWS_AS(llm::Prompt::from_file(file), std::invalid_argument);
  }
}
