// SPDX-License-Identifier: MIT
// llm as callers meet it: with a real host, and a model that does as it is told.
#include <chrono>
#include <string>
#include <vector>

#include "scene.h"

namespace patchbay::test {
namespace {

// One agent with two providers, a and b, that are as patient as the test says.
struct Pair {
  explicit Pair(const std::string& patience = "")
      : host(agent("shop", model, "prompt = \"Be brief.\"") +
             provider("shop", "openai", "a", model, patience) +
             provider("shop", "anthropic", "b", model)) {}
  Model model;
  Hosting host;
};

constexpr const char* well = "[[a: text=\"Well.\"]]";

}  // namespace

TEST_SUITE("talks") {
  TEST_CASE("words are heard while the model still speaks") {
    Pair pair;
    Line line = pair.host.begins("shop", "[[text=\"Two **teas**, please.\" stall@2]]");
    CHECK(line.next_event()->at("content") == "Two");
    CHECK(line.next_event()->at("content") == " teas,");
    CHECK(pair.model.streams("open") == 1);
  }

  TEST_CASE("each dialect is spoken, with its own key, prompt and history, by one library") {
    const Model model;
    const std::string secrets = "secrets = { key = \"env:MODEL_KEY\" }";
    std::string toml;
    const std::vector<std::string> kinds = {"openai", "gemini", "anthropic"};
    for (const std::string& kind : kinds)
      toml += agent(kind, model, "prompt = \"I am " + kind + ".\"", secrets) +
              provider(kind, kind, "m-" + kind, model, "secret = \"key\"");
    Hosting host(toml);
    for (const std::string& kind : kinds) {
      CAPTURE(kind);
      CHECK(host.hears(kind, "[[text=\"Yes.\"]] Tea?", kind).spoken() == "Yes.");
      CHECK(host.hears(kind, "[[text=\"One **two** three.\" wire=7]]", kind).spoken() ==
            "One two three.");
      const auto asked = model.asked_of("m-" + kind);
      REQUIRE(asked.size() == 2);
      const std::string assistant = kind == "gemini" ? "model" : "assistant";
      CHECK(shown(asked[1]).rfind("system: I am " + kind + ". | user: [[text=\"Yes.\"]] Tea? | " +
                                      assistant + ": Yes. | user: [[",
                                  0) == 0);
      CHECK(asked[1]["headers"].dump().find("sk-test-0123456789") != std::string::npos);
    }
    CHECK(host.process().log().find("sk-test") == std::string::npos);
  }

  TEST_CASE("where the first provider fails before it speaks, the caller hears the second") {
    Pair pair("first_word_ms = 300");
    for (const char* script :
         {"status=500", "status=429 retry_after=0", "status=401", "cut@0", "garbage@0", "error@0",
          "stall@0", "empty=5 keepalive=50 first=20000", "text=\"\"", "text=\"\" finish=none",
          "finish=filter text=\"\"", "tool=f:{}"}) {
      CAPTURE(script);
      const std::string text = "[[a: " + std::string(script) + "]] [[b: text=\"I am here.\"]]";
      const Answer answer = pair.host.hears("shop", text, fresh_turn());
      CHECK(answer.spoken() == "I am here.");
      CHECK(answer.ends() == 1);
      CHECK(pair.host.hears("shop", well, fresh_turn()).spoken() == "Well.");  // it is asked again
    }
  }

  TEST_CASE("where it fails in the midst of it, the second goes on, and it is one reply") {
    Pair pair("between_words_ms = 300");
    for (const char* script : {"cut@2", "garbage@2", "error@2", "stall@2", "finish=none words=0"}) {
      CAPTURE(script);
      const bool whole = std::string(script).rfind("finish", 0) == 0;
      const std::string first = whole ? "We have" : "We have tea and";
      const std::string text =
          "[[a: text=\"" + first + "\" " + script + "]] [[b: text=\"have tea and cake.\"]]";
      const auto begun = std::chrono::steady_clock::now();
      const Answer answer = pair.host.hears("shop", text, fresh_turn());
      CHECK(answer.spoken() == "We have tea and cake.");
      // The patience for a first word, 20 s, is not that between two.
      CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(15));
      CHECK(answer.ends() == 1);
      const std::string asked = shown(pair.model.asked_of("b").back());
      CHECK(asked.find("| assistant: We have | user: (Your answer was cut off") !=
            std::string::npos);
      CHECK(pair.host.hears("shop", well, fresh_turn()).spoken() == "Well.");
    }
  }

  TEST_CASE("a second that has nothing to add, or does not say that it has ended, is no failure") {
    Pair pair;
    CHECK(pair.host.hears("shop", "[[a: text=\"All is said.\" cut@3]] [[b: text=\"\"]]").spoken() ==
          "All is said.");
    CHECK(pair.host.hears("shop", "[[a: cut@0]] [[b: text=\"Yes.\" finish=none]]").spoken() ==
          "Yes.");
  }

  TEST_CASE("a provider that fails again and again is left alone for a while") {
    Pair pair;
    for (int i = 0; i < 6; ++i)
      CHECK(pair.host.hears("shop", "[[a: status=503]] [[b: text=\"Yes.\"]]").spoken() == "Yes.");
    CHECK(pair.model.asked_of("a").size() == 3);
    CHECK(pair.host.process().logs_line({"providers[0] (a)", "left alone"}));
  }

  TEST_CASE("where all fail the caller hears the fallback line, and the log says why") {
    Pair pair;
    const Answer silent = pair.host.hears("shop", "[[status=500]]");
    CHECK(silent.spoken() == "It failed.");
    CHECK(silent.ends() == 1);
    const Answer begun = pair.host.hears("shop", "[[a: cut@1 text=\"We have\"]] [[b: status=500]]");
    CHECK(begun.spoken().rfind("We", 0) == 0);
    CHECK(begun.spoken().find("It failed.") != std::string::npos);
    CHECK(pair.host.process().logs_line({"providers[1] (b): HTTP 500"}));
    CHECK(pair.host.process().logs_line({"outcome=failed", "no provider has answered"}));
  }

  TEST_CASE("a caller who interrupts ends the model's work, and it is told what of it was heard") {
    Pair pair;
    Line line = pair.host.begins("shop", "[[words=2000 gap=20]]");
    REQUIRE(line.next_event());
    REQUIRE(line.next_event());
    Webhook stop;
    stop.path = "/agents/shop";
    Json body = Json::parse(message("[[text=\"Sorry.\"]] stop"));
    body["interruption_context"] = {{"previous_turn_interrupted", true}, {"words_heard", 1}};
    stop.body = body.dump();
    CHECK(send(pair.host.process().port(), stop).spoken() == "Sorry.");
    CHECK(eventually([&] { return pair.model.streams("open") == 0; }));
    CHECK(pair.model.streams("hung_up") == 1);
    CHECK(shown(pair.model.asked_of("a").back()) ==
          "system: Be brief. | user: [[words=2000 gap=20]] | assistant: word1… | "
          "user: [[text=\"Sorry.\"]] stop");
    CHECK(pair.model.asked_of("b").empty());
  }

  TEST_CASE("the caller is welcomed, and the model knows it") {
    const Model model;
    Hosting host(agent("shop", model, "welcome = \"This is the shop.\"") +
                 provider("shop", "openai", "a", model));
    Webhook start;
    start.path = "/agents/shop";
    start.body = event("session.start", R"("turn_id":"turn_1")");
    CHECK(send(host.process().port(), start).spoken() == "This is the shop.");
    CHECK(host.hears("shop", "[[text=\"Yes.\"]]").spoken() == "Yes.");
    CHECK(shown(model.asked_of("a").back()).find("| assistant: This is the shop. | user: [[") !=
          std::string::npos);
  }

  TEST_CASE("no more of the talk is shown than the budget allows") {
    const Model model;
    Hosting host(agent("shop", model, "history_tokens = 100") +
                 provider("shop", "openai", "a", model));
    for (int i = 0; i < 6; ++i) {
      const std::string said = std::to_string(i) + std::string(90, 'x');
      CHECK(host.hears("shop", "[[text=\"" + said + "\"]]").spoken() == said);
    }
    const std::string asked = shown(model.asked_of("a").back());
    CHECK(asked.find("[[text=\"5x") != std::string::npos);
    CHECK(asked.find("0x") == std::string::npos);
    CHECK(asked.size() < 900);
  }

  TEST_CASE("what cannot work is refused at the start, by the name of its key") {
    const Model model;
    const std::string good = provider("shop", "openai", "a", model);
    const auto refuses = [&](const std::string& toml, const std::vector<std::string>& words) {
      Hosting host(toml);
      CHECK(host.process().wait() != 0);
      CHECK_MESSAGE(host.process().logs_line(words), host.process().log());
    };
    const std::string shop = agent("shop", model);
    refuses(shop + provider("shop", "mistral", "a", model), {"providers", "kind"});
    refuses(shop + good.substr(0, good.find("model")), {"providers", "model"});
    refuses(shop + good + "secret = \"nobody\"\n", {"providers[0]", "nobody"});
    refuses(shop + good + "temprature = 1\n", {"temprature"});
    const std::string far = "[[agents.shop.config.providers]]\nkind = \"openai\"\nmodel = \"m\"\n";
    refuses(shop + far + "url = \"https://api.openai.com/v1\"\n", {"providers[0].secret"});
    refuses(shop + far + "url = \"https://api.openai.com/v1\"\nsecret = \"\"\n",
            {"providers[0]: ", "api.openai.com"});
    refuses(shop + far + "url = \"api.openai.com\"\n", {"providers[0].url"});
  }

  TEST_CASE("a hundred callers at once each hear their own answer") {
    Pair pair;
    std::vector<Line> lines;
    for (int i = 0; i < 100; ++i) {
      const std::string text = "[[text=\"You are number " + std::to_string(i) + ".\" gap=10]]";
      lines.push_back(pair.host.begins("shop", text, "conv_" + std::to_string(i)));
    }
    for (int i = 0; i < 100; ++i) {
      std::string heard;
      while (const auto event = lines[static_cast<std::size_t>(i)].next_event())
        if (event->at("type") == "response.tts") heard += event->at("content").get<std::string>();
      CHECK(heard == "You are number " + std::to_string(i) + ".");
    }
  }
}

}  // namespace patchbay::test
