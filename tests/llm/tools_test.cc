// SPDX-License-Identifier: MIT
// Tools as callers meet them: with a real host, a model that calls them by script, a service and
// commands.
#include <signal.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "shop.h"

namespace patchbay::test {
namespace {

void dry(const Asked&, Voice& voice) {
  voice.answer("200 OK", "dry");
}

std::string weather(const ScriptedServer& service, const std::string& further = "") {
  return tool("weather", asks(service, "/w/{city}") + "method = \"GET\"\n" +
                             takes("city = { type = \"string\" }") + further);
}

bool is_running(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

}  // namespace

TEST_SUITE("tools") {
  TEST_CASE("each dialect's model calls a tool, and answers with what came of it") {
    for (const char* kind : {"openai", "gemini", "anthropic"}) {
      CAPTURE(kind);
      Shop shop(
          dry, [](const auto& s) { return weather(s, "secret = \"key\""); }, "", kind);
      const Answer answer = shop.hears(
          R"([[tool=weather:{"city":"São Paulo"} then text="In short: {result}." wire=9]])");
      CHECK(answer.spoken() == "In short: dry.");
      CHECK(answer.ends() == 1);
      REQUIRE(shop.service.asked().size() == 1);
      const Asked asked = shop.service.asked()[0];
      CHECK(asked.head.rfind("GET /w/S%C3%A3o%20Paulo HTTP/1.1", 0) == 0);
      CHECK(asked.head.find("Bearer sk-test-0123456789") != std::string::npos);
      CHECK(asked.body.empty());
      CHECK(shop.hears("[[text=\"Yes.\"]] And?").spoken() == "Yes.");
    }
  }

  TEST_CASE("calls of one round run at once, and several rounds follow one another") {
    std::atomic<int> here = 0;
    Shop shop(
        [&](const Asked& asked, Voice& voice) {
          ++here;
          // Where one waited for the other, neither would come to an end.
          if (asked.path() != "/w/Rom") CHECK(eventually([&] { return here >= 3; }));
          voice.answer("200 OK", asked.path());
        },
        [](const auto& s) { return weather(s, "timeout_ms = 30000"); });
    CHECK(shop.hears(R"([[tool=weather:{"city":"A"} tool=weather:{"city":"B"}
                         tool=weather:{"city":"C"} then tool=weather:{"city":"Rom"}
                         then text="{result}"]])")
              .spoken() == "/w/Rom");
    const Json messages = shop.last_body()["messages"];
    CHECK(messages.dump().find(R"("content":"/w/A","role":"tool")") < messages.dump().find("/w/C"));
    CHECK(shop.model.asked_of("m").size() == 3);
  }

  TEST_CASE("a model that thinks aloud gets its thoughts back with what came of its calls") {
    const auto data = [](const Json& json) { return "data: " + json.dump() + "\n\n"; };
    const auto block = [&](int index, const Json& content) {
      return data({{"type", "content_block_start"}, {"index", index}, {"content_block", content}});
    };
    const Json thought = {{"type", "thinking"}, {"thinking", "Hm."}, {"signature", "c2ln"}};
    const Json call = {
        {"type", "tool_use"}, {"id", "t1"}, {"name", "now"}, {"input", Json::object()}};
    const auto ended = [&](const char* why) {
      return data({{"type", "message_delta"}, {"delta", {{"stop_reason", why}}}});
    };
    ScriptedServer server([&](const Asked& asked, Voice& voice) {
      if (asked.body.empty()) return voice.answer("200 OK", "{}"), void();
      const Json messages = Json::parse(asked.body)["messages"];
      const std::string text = data({{"type", "content_block_delta"},
                                     {"index", 0},
                                     {"delta", {{"type", "text_delta"}, {"text", "Noon."}}}});
      if (messages.size() == 1) {
        voice.answer("200 OK", block(0, thought) + block(1, call) + ended("tool_use"));
      } else if (messages[1]["content"] == Json::array({thought, call})) {
        voice.answer("200 OK", text + ended("end_turn"));
      } else {
        voice.answer("400 Bad Request", "expected thinking, but found tool_use");
      }
    });
    Hosting host("[agents.shop]\nplugin = \"llm\"\n[agents.shop.http]\nallow = [\"" +
                 server.authority() +
                 "\"]\n[agents.shop.config]\n"
                 "[[agents.shop.config.providers]]\nkind = \"anthropic\"\nmodel = \"m\"\nurl = \"" +
                 server.url("/v1") +
                 "\"\nextra = { thinking = { type = \"enabled\", budget_tokens = 1024 } }\n" +
                 tool("now", "kind = \"command\"\ncommand = [\"/bin/echo\", \"12\"]\n"));
    CHECK(host.hears("shop", "What time is it?").spoken() == "Noon.");
  }

  TEST_CASE("of more than sixteen calls in one round the model and the log are told") {
    for (const char* kind : {"openai", "gemini", "anthropic"}) {
      CAPTURE(kind);
      Shop shop(
          dry, [](const auto& s) { return weather(s); }, "", kind);
      std::string script = "[[";
      for (int n = 0; n < 18; ++n)
        script += "tool=weather:{\"city\":\"" + std::to_string(n) + "\"} ";
      CHECK(shop.hears(script + "then text=\"All dry.\"]]").spoken() == "All dry.");
      CHECK(shop.service.asked().size() == 16);
      CHECK(shop.last_body().dump().find(
                "You called 18 tools at once. Only the first 16 were run") != std::string::npos);
      CHECK(shop.host->process().logs_line({"providers[0] (m): it called 18 tools at once"}));
    }
  }

  TEST_CASE("a request has the arguments as its body, or a body of its own") {
    Shop shop(dry, [](const auto& s) {
      const std::string both = takes("dish = { type = \"string\" }, n = { type = \"integer\" }");
      return tool("plain", asks(s, "/plain") + both) +
             tool("formed", asks(s, "/formed") + both + "method = \"PUT\"\n" +
                                "body = '{\"order\": {\"what\": {dish}, \"n\": {n}}}'\n"
                                "headers = { \"X-Till\" = \"{secret:key}\" }") +
             tool("form", asks(s, "/form") + both + "body = \"d={dish}\"\n" +
                              "headers = { Content-Type = "
                              "\"application/x-www-form-urlencoded\" }");
    });
    shop.hears(R"([[tool=plain:{"dish":"so\"up","n":2} then tool=formed:{"dish":"so\"up"}
                    then tool=form:{"dish":"so&up"} then text="Yes."]])");
    const auto asked = shop.service.asked();
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].head.rfind("POST /plain", 0) == 0);
    CHECK(asked[0].head.find("application/json") != std::string::npos);
    CHECK(Json::parse(asked[0].body) == Json({{"dish", "so\"up"}, {"n", 2}}));
    CHECK(asked[1].head.rfind("PUT /formed", 0) == 0);
    CHECK(asked[1].head.find("X-Till: sk-test-0123456789") != std::string::npos);
    CHECK(asked[1].body == R"({"order": {"what": "so\"up", "n": null}})");
    CHECK(asked[2].body == "d=so%26up");
  }

  TEST_CASE("a command gets arguments as words and as JSON, and no shell reads them") {
    Shop shop(dry, [](const auto&) {
      const std::string item = takes("item = { type = \"string\" }");
      return tool("echo",
                  "kind = \"command\"\ncommand = [\"/bin/echo\", \"-n\", \"<{item}>\"]\n" + item) +
             tool("cat", "kind = \"command\"\ncommand = [\"/bin/cat\"]\n" + item) +
             tool("fail",
                  "kind = \"command\"\n"
                  "command = [\"/bin/sh\", \"-c\", \"echo no soup >&2; exit 4\"]\n");
    });
    CHECK(shop.hears(R"([[tool=echo:{"item":"$(id); x"} then text="{result}"]])").spoken() ==
          "<$(id); x>");
    CHECK(shop.hears(R"([[tool=cat:{"item":"tea"} then text="{result}"]])").spoken() ==
          R"({"item":"tea"})");
    const std::string failed = shop.hears(R"([[tool=fail:{} then text="{result}"]])").spoken();
    CHECK(failed.find("exit code 4: no soup") != std::string::npos);
    CHECK(shop.host->process().logs_line({"tools[2] (fail)", "no soup"}));
  }

  TEST_CASE("what fails or takes too long is told to the model, and the caller hears an answer") {
    Shop shop(
        [](const Asked& asked, Voice& voice) {
          if (asked.path() == "/broken") return voice.answer("500 Oh", "on fire"), void();
          if (asked.path() == "/gone") return voice.hang_up();
          CHECK(voice.client_goes());
          voice.hang_up();
        },
        [](const auto& s) {
          return tool("broken", asks(s, "/broken")) + tool("gone", asks(s, "/gone")) +
                 tool("slow", asks(s, "/slow") + "timeout_ms = 200") +
                 tool("sleep",
                      "kind = \"command\"\ncommand = [\"/bin/sleep\", \"1000\"]\n"
                      "timeout_ms = 200");
        });
    const auto told = [&](const std::string& name) {
      return shop.hears("[[tool=" + name + ":{} then text=\"Told: {result}\"]]").spoken();
    };
    CHECK(told("broken").rfind("Told: HTTP 500: on fire", 0) == 0);
    CHECK(told("gone").size() > 10);
    CHECK(told("slow").rfind("Told: It took longer than 200 ms", 0) == 0);
    CHECK(told("sleep").rfind("Told: It took longer than 200 ms", 0) == 0);
    CHECK(shop.last_body().dump().find("longer than 200 ms") != std::string::npos);
  }

  TEST_CASE("whom a tool may not ask, and a secret that is missing, are told at the first call") {
    Shop shop(dry, [](const auto& s) {
      return tool("far", "kind = \"http\"\nurl = \"https://far.example/x\"\nmutating = true") +
             tool("locked", asks(s, "/locked") + "secret = \"nobody\"");
    });
    const auto told = [&](const std::string& name) {
      return shop.hears("[[tool=" + name + ":{} then text=\"Told: {result}\"]]").spoken();
    };
    const std::string far = told("far");
    CHECK(far.find("far.example") != std::string::npos);
    CHECK(far.find("Nobody knows") == std::string::npos);  // nothing was sent
    CHECK(told("locked").find("nobody") != std::string::npos);
    CHECK(shop.host->process().logs_line({"tools[0] (far)", "far.example"}));
    CHECK(shop.host->process().logs_line({"tools[1] (locked)", "nobody"}));
    CHECK(shop.service.asked().empty());
  }

  TEST_CASE(
      "bad arguments and tools that are none get a round to mend them, before anything runs") {
    Shop shop(dry, [](const auto& s) { return weather(s); });
    CHECK(shop.hears(R"([[tool=weather:{"town":"Ulm"} then tool=weather:{"city":}
                         then tool=weather:{"city":"Ulm"} then text="{result}"]])")
              .spoken() == "dry");
    CHECK(shop.service.asked().size() == 1);
    const std::string shown = shop.last_body().dump();
    CHECK(shown.find("do not fit the schema") != std::string::npos);
    CHECK(shown.find("town") != std::string::npos);
    CHECK(shown.find("no JSON object") != std::string::npos);
    CHECK(shop.hears("[[tool=forecast:{} then text=\"{result}\"]]").spoken().find("weather") !=
          std::string::npos);
    // Who does not learn it has to answer without.
    const std::size_t before = shop.model.asked_of("m").size();
    CHECK(
        shop.hears("[[tool=weather:{} tool=forecast:{} always text=\"I cannot tell.\"]]", "conv_2")
            .spoken() == "I cannot tell.");
    CHECK(shop.model.asked_of("m").size() - before == 4);
    CHECK(!shop.last_body().contains("tools"));
  }

  TEST_CASE("when the rounds are used up the model is asked once more, without tools") {
    for (const char* kind : {"openai", "gemini", "anthropic"}) {
      CAPTURE(kind);
      Shop shop(
          dry, [](const auto& s) { return weather(s); }, "max_rounds = 2", kind);
      CHECK(shop.hears(R"([[tool=weather:{"city":"Ulm"} always text="Enough."]])").spoken() ==
            "Enough.");
      CHECK(shop.service.asked().size() == 2);
      CHECK(shop.model.asked_of("m").size() == 3);
    }
  }

  TEST_CASE("a filler is heard while the tool runs, where nothing was said yet") {
    std::atomic<bool> answers = false;
    Shop shop(
        [&](const Asked&, Voice& voice) {
          eventually([&] { return answers.load(); });
          voice.answer("200 OK", "dry");
        },
        [](const auto& s) { return weather(s, "say = \"One moment.\"\ntimeout_ms = 30000"); });
    Line line =
        shop.host->begins("shop", R"([[tool=weather:{"city":"Ulm"} then text="It is {result}."]])");
    CHECK(line.next_event()->at("content") == "One moment.");
    answers = true;
    std::string rest;
    while (const auto event = line.next_event())
      if (event->at("type") == "response.tts") rest += event->at("content").get<std::string>();
    CHECK(rest == " It is dry.");
    CHECK(shop.hears(
                  R"([[tool=weather:{"city":"Ulm"} before="I look." then text="It is {result}."]])",
                  "conv_2")
              .spoken() == "I look. It is dry.");
  }

  TEST_CASE("a result that is to be shown goes to the screen") {
    Shop shop([](const Asked&, Voice& voice) { voice.answer("200 OK", R"({"sky":["clear"]})"); },
              [](const auto& s) { return weather(s, "show = true"); });
    const Answer answer = shop.hears(R"([[tool=weather:{"city":"Ulm"} then text="It is clear."]])");
    std::vector<Json> shown;
    for (const Json& event : answer.events())
      if (event["type"] == "response.data") shown.push_back(event["content"]);
    REQUIRE(shown.size() == 1);
    CHECK(shown[0] == Json({{"tool", "weather"}, {"result", {{"sky", {"clear"}}}}}));
    CHECK(answer.spoken() == "It is clear.");
  }

  TEST_CASE("a caller who interrupts ends the requests and commands of his turn") {
    const TempDir files;
    std::atomic<bool> asked = false, gone = false;
    Shop shop(
        [&](const Asked&, Voice& voice) {
          asked = true;
          gone = voice.client_goes();
          voice.hang_up();
        },
        [&](const auto& s) {
          return tool("slow", asks(s, "/slow") + "timeout_ms = 60000") +
                 tool("sleep",
                      "kind = \"command\"\ntimeout_ms = 60000\ncommand = [\"/bin/sh\", \"-c\", "
                      "\"echo $$ > $0; exec sleep 1000\", \"" +
                          files.of("pid") + "\"]\n");
        });
    Line line = shop.host->begins("shop", "[[before=\"Well.\" tool=slow:{} tool=sleep:{}]]");
    pid_t sleeper = 0;
    CHECK(eventually([&] { return asked && (std::ifstream(files.of("pid")) >> sleeper); }));
    CHECK(is_running(sleeper));
    CHECK(shop.hears("[[text=\"Sorry.\"]] stop").spoken() == "Sorry.");
    CHECK(eventually([&] { return gone && !is_running(sleeper); }));
    CHECK(shop.model.asked_of("m").size() == 2);
  }

  TEST_CASE("where a provider fails between the rounds the next one goes on with the results") {
    Model model;
    ScriptedServer service(dry);
    std::string toml = agent("shop", model) + provider("shop", "openai", "a", model) +
                       provider("shop", "anthropic", "b", model) + weather(service);
    toml.replace(toml.find("allow = ["), 9, "allow = [\"" + service.authority() + "\", ");
    Hosting host(toml);
    CHECK(host.hears("shop", R"([[a: tool=weather:{"city":"Ulm"} then status=500]]
                                [[b: tool=weather:{"city":"Rom"} then text="It is {result}."]])")
              .spoken() == "It is dry.");
    CHECK(service.asked().size() == 1);
    CHECK(service.asked()[0].path() == "/w/Ulm");
    const std::string cut = R"([[a: tool=weather:{"city":"Ulm"} cut@1]]
                               [[b: tool=weather:{"city":"Rom"} then text="It is {result}."]])";
    CHECK(host.hears("shop", cut, "conv_2").spoken() == "It is dry.");
    CHECK(service.asked().back().path() == "/w/Rom");
    CHECK(service.asked().size() == 2);  // of a call that was cut nothing was done
  }

  TEST_CASE("the shop of the document does what is said of it") {
    const Model model;
    ScriptedServer service([](const Asked& asked, Voice& voice) {
      voice.answer("200 OK", asked.path() == "/orders" ? R"({"number":7})" : "12");
    });
    std::ifstream file(PATCHBAY_SOURCE_DIR "/docs/examples/llm-tools.toml");
    std::string toml{std::istreambuf_iterator<char>(file), {}};
    const auto put = [&](const std::string& old, const std::string& by) {
      for (std::size_t at = 0; (at = toml.find(old, at)) != std::string::npos; at += by.size())
        toml.replace(at, old.size(), by);
    };
    put("https://api.openai.com", "http://" + model.address());
    put("https://shop.example.com", "http://" + service.authority());
    put("api.openai.com", model.address());
    put("shop.example.com", service.authority());
    for (const char* key : {"OPENAI_API_KEY", "SHOP_API_KEY"}) put(key, "MODEL_KEY");
    Hosting host(toml);
    CHECK(
        host.hears("shop", R"([[tool=stock:{"item":"croissant"} then text="There are {result}."]])")
            .spoken() == "Let me have a look. There are 12.");
    CHECK(host.hears("shop", R"([[tool=place_order:{"item":"croissant","count":2} tool=now:{}
                                  then text="{result}"]])")
              .spoken()
              .find(":") != std::string::npos);
    REQUIRE(service.asked().size() == 2);
    CHECK(service.asked()[0].path() == "/stock/croissant");
    CHECK(Json::parse(service.asked()[1].body) == Json({{"item", "croissant"}, {"count", 2}}));
  }

  TEST_CASE("what cannot work is refused at the start, by the name of its key") {
    const auto refuses = [&](const std::string& further, const std::vector<std::string>& words) {
      Shop shop(dry, [&](const auto& s) { return weather(s) + further; });
      CHECK(shop.host->process().wait() != 0);
      CHECK_MESSAGE(shop.host->process().logs_line(words), shop.host->process().log());
    };
    refuses(tool("grpc", "kind = \"grpc\""), {"tools", "kind"});
    refuses(tool("weather", "kind = \"command\"\ncommand = [\"/bin/true\"]"), {"tools[1].name"});
    refuses(tool("c", "kind = \"command\"\ncommand = [\"/bin/echo\", \"{x}\"]"),
            {"tools[1].command has {x}"});
    refuses(tool("c",
                 "kind = \"command\"\ncommand = [\"/bin/true\"]\n"
                 "parameters = { properties = { a = { type = \"strong\" } } }"),
            {"tools[1].parameters"});
    refuses(tool("c", "kind = \"command\"\ncommand = [\"/bin/true\"]\ntimeout = 5"), {"timeout"});
  }
}

}  // namespace patchbay::test
