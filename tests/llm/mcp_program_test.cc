// SPDX-License-Identifier: MIT
// Tools of a server that is a program, with a real host and a model by script.
#include <signal.h>

#include "shop.h"

namespace patchbay::test {
namespace {

std::string program(const std::string& version, const std::string& further = "") {
  return "[[agents.shop.config.mcp]]\ncommand = [\"/usr/bin/env\", \"python3\", "
         "\"" PATCHBAY_SOURCE_DIR "/tests/llm/mcp_program.py\", \"" +
         version + "\"]\n" + further;
}

struct Workshop : Shop {
  explicit Workshop(const std::string& version, const std::string& further = "")
      : Shop([](const Asked&, Voice& voice) { voice.answer("200 OK", ""); },
             [&](const auto&) { return program(version, further); }) {}

  bool is_met() { return host->process().logs_line({"mcp[0]", "5 tools"}); }
  bool knows(const std::string& name) {
    return eventually([&] {
      hears("[[text=\"Yes.\"]]", "conv_0");
      return last_body().value("tools", Json::array()).dump().find("\"" + name + "\"") !=
             std::string::npos;
    });
  }
  // What the model was told of the call of that tool.
  std::string told(const std::string& tool, const std::string& what,
                   const std::string& conversation = "conv_1") {
    return hears("[[tool=" + tool + ":{\"what\":\"" + what + "\"} then text=\"{result}\"]]",
                 conversation)
        .spoken();
  }
};

bool is_running(const std::string& pid) {
  return ::kill(std::stoi(pid), 0) == 0;
}

}  // namespace

TEST_SUITE("mcp_program") {
  TEST_CASE("the tools of a program are called, of either revision, and no shell reads its words") {
    for (const char* version : {"2025-06-18", "2026-07-28", "touchy"}) {
      CAPTURE(version);
      Workshop shop(version);
      CHECK(shop.is_met());
      CHECK(shop.told("look", "$(id); x") == "$(id); x");
      CHECK(shop.told("change", "it") == "change of it");
    }
  }

  TEST_CASE("a program has an environment of its own, and what it says goes to the log") {
    Workshop shop("2026-07-28");
    CHECK(shop.is_met());
    CHECK(shop.told("look", "in") == "/");
    CHECK(shop.told("look", "names").find("MODEL_KEY") == std::string::npos);
    CHECK(shop.host->process().logs_line({"mcp[0]", "says: this line is no message"}));
  }

  TEST_CASE("a program that dies is told of, and started again") {
    Workshop shop("2025-11-25");
    CHECK(shop.is_met());
    const std::string first = shop.told("look", "pid");
    CHECK(shop.told("die", "").find("exit code 3") != std::string::npos);
    CHECK(shop.host->process().logs_line({"mcp[0]", "I am dying"}));
    CHECK(shop.host->process().logs_line({"mcp[0]", "exit code 3", "asked again later"}));
    std::string second;
    CHECK(eventually([&] {
      second = shop.told("look", "pid");
      return second.find_first_not_of("0123456789") == std::string::npos;
    }));
    CHECK(second != first);
    CHECK(!is_running(first));
  }

  TEST_CASE("of a change nobody knows whether it was done, where the program died on it") {
    Workshop shop("2026-07-28", "mutating = [\"die\"]\n");
    CHECK(shop.is_met());
    CHECK(shop.told("die", "").find("Nobody knows whether") != std::string::npos);
  }

  TEST_CASE("a call that takes too long keeps no other from running, and the program is told") {
    Workshop shop("2026-07-28", "timeout_ms = 2000\n");
    CHECK(shop.is_met());
    Line line = shop.host->begins(
        "shop", R"([[tool=wait:{"what":"x"} then text="Told: {result}"]])", "conv_2");
    CHECK(shop.told("look", "it") == "it");
    std::string said;
    while (const auto event = line.next_event())
      if (event->value("type", "") == "response.tts") said += event->value("content", "");
    CHECK(said.rfind("Told: It took longer than 2000 ms", 0) == 0);
    CHECK(shop.host->process().logs_line({"mcp[0]", "says: cancelled"}));
  }

  TEST_CASE("a caller who goes ends the call, and the program is told") {
    Workshop shop("2025-11-25", "timeout_ms = 600000\n");
    CHECK(shop.is_met());
    {
      Line line =
          shop.host->begins("shop", R"([[tool=wait:{"what":"x"} then text="x"]])", "conv_2");
      CHECK(shop.host->process().logs_line({"mcp[0]", "says: waiting"}));
    }
    CHECK(shop.host->process().logs_line({"mcp[0]", "says: cancelled"}));
  }

  TEST_CASE("a list that has changed is asked for at once") {
    Workshop shop("2025-11-25");
    CHECK(shop.is_met());
    CHECK(shop.told("grow", "it") == "grow of it");
    CHECK(shop.knows("more"));
  }

  TEST_CASE("a program ends with its host") {
    Workshop shop("2026-07-28");
    CHECK(shop.is_met());
    const std::string pid = shop.told("look", "pid");
    CHECK(is_running(pid));
    shop.host->process().signal(SIGTERM);
    CHECK(shop.host->process().wait() == 0);
    CHECK(!is_running(pid));
  }
}

}  // namespace patchbay::test
