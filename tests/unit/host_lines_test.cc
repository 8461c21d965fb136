// SPDX-License-Identifier: MIT
#include "state/host_lines.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

AgentConfig bakery() {
  AgentConfig agent;
  agent.name = "bakery";
  agent.fallback = "Sorry?";
  agent.fillers = {"One moment.", "Nearly there."};
  agent.lines["de"] = {"Wie bitte?", {"Moment."}};
  agent.lines["de-at"] = {"Wie meinen?", {}};
  agent.lines["fr"] = {"", {"Un instant."}};
  return agent;
}

TEST_SUITE("host_lines") {
  TEST_CASE(
      "a language finds its own lines, else those of what it is a kind of, else the agent's") {
    const AgentConfig agent = bakery();
    CHECK(fallback_for(agent, "") == "Sorry?");
    CHECK(fallback_for(agent, "nl") == "Sorry?");
    CHECK(fallback_for(agent, "de") == "Wie bitte?");
    CHECK(fallback_for(agent, "DE_at") == "Wie meinen?");
    CHECK(fallback_for(agent, "de-CH-1996") == "Wie bitte?");
    CHECK(fallback_for(agent, "deu") == "Sorry?");
    CHECK(fallback_for(agent, "fr") == "Sorry?");
    CHECK(fillers_for(agent, "fr-CA").front() == "Un instant.");
    CHECK(fillers_for(agent, "de-AT").front() == "One moment.");
  }

  TEST_CASE("fillers come in turn, in each conversation from the first") {
    HostLines lines;
    const AgentConfig agent = bakery();
    CHECK(lines.next_filler(agent, "c", "") == "One moment.");
    CHECK(lines.next_filler(agent, "c", "") == "Nearly there.");
    CHECK(lines.next_filler(agent, "d", "") == "One moment.");
    CHECK(lines.next_filler(agent, "c", "") == "One moment.");
    CHECK(lines.next_filler(agent, "c", "de") == "Moment.");
    CHECK(lines.next_filler(AgentConfig{}, "c", "").empty());
  }

  TEST_CASE("a conversation keeps its language until another is named") {
    HostLines lines;
    CHECK(lines.language("a", "c", "").empty());
    CHECK(lines.language("a", "c", "de") == "de");
    CHECK(lines.language("a", "c", "") == "de");
    CHECK(lines.language("b", "c", "").empty());
    CHECK(lines.language("a", "c", "fr") == "fr");
    CHECK(lines.language("a", "c", "") == "fr");
    CHECK(lines.language("a", "", "de") == "de");
    CHECK(lines.language("a", "", "").empty());
  }

  TEST_CASE("the conversations unused for longest are forgotten") {
    HostLines lines(2);
    lines.language("a", "one", "de");
    lines.language("a", "two", "de");
    lines.language("a", "one", "");
    lines.language("a", "three", "de");
    CHECK(lines.conversations() == 2);
    CHECK(lines.language("a", "one", "") == "de");
    CHECK(lines.language("a", "two", "").empty());
  }
}

}  // namespace
}  // namespace patchbay
