// SPDX-License-Identifier: MIT
// A second provider asked beside a silent first, as callers meet it: with a real host, and models
// that are as slow as they are told.
#include <atomic>
#include <string>
#include <vector>

#include "shop.h"

namespace patchbay::test {
namespace {

// Providers a and b; b is asked as well where a has said nothing for a while.
struct Hedged {
  explicit Hedged(const std::string& patience = "", const std::string& further = "",
                  const std::string& hedge = "hedge_ms = 50")
      : host("[server]\nmetrics = true\n" + agent("shop", model, hedge) +
             provider("shop", "openai", "a", model, patience) +
             provider("shop", "anthropic", "b", model, patience) + further) {}

  std::string hears(const std::string& text) {
    return host.hears("shop", text, fresh_turn()).spoken();
  }
  std::string log() { return host.process().log(); }
  std::string metrics() { return get(host.process().port(), "/metrics").body; }
  bool counts(const std::string& metric, int number) {
    return eventually([&] {
      return metrics().find("agent_llm_" + metric + "{agent=\"shop\"} " + std::to_string(number) +
                            "\n") != std::string::npos;
    });
  }
  bool has_open(int number) {
    return eventually([&] { return model.streams("open") == number; });
  }

  Model model;
  Hosting host;
};

std::string rest_of(Line& line) {
  std::string heard;
  while (const auto event = line.next_event())
    if (event->at("type") == "response.tts") heard += event->at("content").get<std::string>();
  return heard;
}

}  // namespace

TEST_SUITE("hedges") {
  TEST_CASE("where the first is slow the second is heard, and the first is cut at once") {
    Hedged shop;
    Line line = shop.host.begins(
        "shop", "[[a: first=20000 text=\"Slow.\"]] [[b: text=\"Fast one.\" stall@1]]");
    CHECK(line.next_event()->at("content") == "Fast");
    CHECK(shop.has_open(1));  // the second still speaks
    CHECK(shop.model.streams("hung_up") == 1);
    CHECK(shop.counts("hedges", 1));
    CHECK(shop.counts("hedges_won", 1));
    CHECK(shop.host.process().logs_line(
        {"providers[1] (b), asked as well, was first", "providers[0] (a) is cut"}));
  }

  TEST_CASE("nobody is asked beside one that speaks in time") {
    Model model;
    Hosting host(agent("shop", model, "hedge_ms = 10000") + provider("shop", "openai", "a", model) +
                 provider("shop", "openai", "b", model));
    CHECK(host.hears("shop", "[[text=\"Here I am.\" gap=50]]").spoken() == "Here I am.");
    CHECK(model.asked_of("b").empty());
  }

  TEST_CASE("where both are slow, whoever is first is heard alone") {
    Hedged shop;
    CHECK(shop.hears("[[a: first=2000 text=\"I am A.\"]] [[b: first=20000 text=\"B.\"]]") ==
          "I am A.");
    CHECK(shop.has_open(0));
    CHECK(shop.model.streams("hung_up") == 1);
    CHECK(shop.counts("hedges", 1));
    CHECK(shop.metrics().find("hedges_won") == std::string::npos);
    CHECK(shop.host.process().logs_line(
        {"providers[0] (a) was first", "providers[1] (b), asked as well, is cut"}));
  }

  TEST_CASE("what is no word, or a tool that is none, wins nothing") {
    Hedged shop;
    for (const char* noise :
         {"keepalive=20 empty=5 first=20000", "text=\"  \n \" stall@1", "tool=none:{} gap=20000"}) {
      CAPTURE(noise);
      CHECK(shop.hears("[[a: " + std::string(noise) + "]] [[b: first=200 text=\"I am B.\"]]") ==
            "I am B.");
    }
  }

  TEST_CASE("where one of the two fails, the other is heard, and nobody else is asked") {
    Hedged shop;
    CHECK(shop.hears("[[a: first=2000 error@0]] [[b: first=3000 text=\"I am B.\"]]") == "I am B.");
    CHECK(shop.host.process().logs_line({"providers[0] (a): the model reports an error"}));
    CHECK(shop.hears("[[a: first=2000 text=\"I am A.\"]] [[b: status=500]]") == "I am A.");
    CHECK(shop.host.process().logs_line({"providers[1] (b): HTTP 500"}));
    CHECK(shop.model.asked_of("a").size() == 2);
    CHECK(shop.model.asked_of("b").size() == 2);
    CHECK(shop.metrics().find("failovers") == std::string::npos);
  }

  TEST_CASE("where neither says a word in time the caller hears the fallback line") {
    Hedged shop("first_word_ms = 300");
    CHECK(shop.hears("[[stall@0]]") == "It failed.");
    CHECK(shop.host.process().logs_line({"providers[0] (a): no word came in time"}));
    CHECK(shop.host.process().logs_line({"providers[1] (b): no word came in time"}));
    CHECK(shop.counts("failed_turns", 1));
    CHECK(shop.has_open(0));
  }

  TEST_CASE("one that was cut is no failure: it goes on being asked first") {
    Hedged shop;
    for (int i = 0; i < 5; ++i)
      CHECK(shop.hears("[[a: first=20000]] [[b: text=\"Yes.\"]]") == "Yes.");
    CHECK(shop.hears("[[a: text=\"I am A.\"]]") == "I am A.");
    CHECK(shop.log().find("left alone") == std::string::npos);
  }

  TEST_CASE("one that was cut stands in, where the winner breaks off") {
    Hedged shop;
    CHECK(shop.hears("[[a: first=3000 text=\"have tea and cake.\"]] "
                     "[[b: text=\"We have tea\" cut@2]]") == "We have tea and cake.");
    CHECK(shop.model.asked_of("a").size() == 2);
  }

  TEST_CASE("a tool that is called wins, and the winner is asked first with what came of it") {
    Hedged shop("",
                tool("weather", "kind = \"command\"\ncommand = [\"/bin/echo\", \"-n\", \"dry\"]\n"),
                "hedge_ms = 1000");
    CHECK(shop.hears("[[a: first=20000 text=\"Slow.\"]] "
                     "[[b: tool=weather:{} then text=\"It is {result}.\"]]") == "It is dry.");
    CHECK(shop.model.asked_of("a").size() == 1);
    CHECK(shop.model.asked_of("b").size() == 2);
    CHECK(shop.has_open(0));
    CHECK(shop.counts("hedges", 1));
    CHECK(shop.counts("tools_done", 1));
  }

  TEST_CASE("a caller who goes away ends both") {
    Hedged shop;
    Line line = shop.host.begins("shop", "[[stall@0]]");
    CHECK(shop.has_open(2));
    line.close();
    CHECK(shop.has_open(0));
    CHECK(shop.model.streams("hung_up") == 2);
    CHECK(shop.hears("[[text=\"Yes.\"]]") == "Yes.");
    CHECK(shop.log().find("providers[") == std::string::npos);  // nobody was to blame
  }

  TEST_CASE("the only provider is asked once more") {
    std::atomic<int> asked = 0, gone = 0;
    ScriptedServer server([&](const Asked& request, Voice& voice) {
      if (request.path() == "/v1/models") return voice.answer("200 OK", "{}"), void();
      if (++asked % 2 == 1) {
        gone += voice.client_goes() ? 1 : 0;
        return voice.hang_up();
      }
      voice.begin();
      voice.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"Yes.\"}}]}\n\ndata: [DONE]\n\n");
      voice.end();
    });
    Hosting host("[agents.shop]\nplugin = \"llm\"\n[agents.shop.http]\nallow = [\"" +
                 server.authority() +
                 "\"]\n[agents.shop.config]\nhedge_ms = 50\n"
                 "[[agents.shop.config.providers]]\nkind = \"openai\"\nmodel = \"m\"\nurl = \"" +
                 server.url("/v1") + "\"\nfirst_word_ms = 20000\n");
    for (int i = 1; i <= 2; ++i) {
      CHECK(host.hears("shop", "Tea?", fresh_turn()).spoken() == "Yes.");
      CHECK(eventually([&] { return gone == i; }));
    }
    CHECK(asked == 4);
  }

  TEST_CASE("a hundred callers whose models are first at the same moment hear one of the two") {
    Hedged shop;
    std::vector<Line> lines;
    for (int i = 0; i < 100; ++i) {
      const std::string number = std::to_string(i);
      lines.push_back(shop.host.begins("shop",
                                       "[[a: first=100 text=\"A says " + number + ".\"]] " +
                                           "[[b: first=50 text=\"B says " + number + ".\"]]",
                                       "conv_" + number));
    }
    for (int i = 0; i < 100; ++i) {
      const std::string heard = rest_of(lines[static_cast<std::size_t>(i)]);
      const std::string said = " says " + std::to_string(i) + ".";
      CHECK_MESSAGE((heard == "A" + said || heard == "B" + said), heard);
    }
    CHECK(shop.has_open(0));
  }
}

}  // namespace patchbay::test
