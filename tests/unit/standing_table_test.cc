// SPDX-License-Identifier: MIT
#include "cli/standing_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/toy_steward.h"

namespace patchbay {
namespace {

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string shown(const Standing& standing, const Look& look = {}) {
  return text_of(standing_table(standing, look));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("standing_table") {
  TEST_CASE(
      "each agent has its row, and under the last of a plugin stands what is left of others") {
    CHECK(shown(test::eventful_night()) ==
          R"(up 3d, 3 turns open, /api/agent is bakery
AGENT    STATE      VERSION    DIGEST        AGE  LEASES    TURNS  FAILED
bakery   probation  1.4.2      999999999999  12s       2       31       0
night    probation  1.4.2      999999999999  12s       2       31       0
         standby    1.4.1      333333333333   2h       0    40211       3
         draining   1.4.0      cccccccccccc   2d       2  1204411      17
         waits for message turn turn_C4 of conv_B2 for 41 s
         waits for 1 task
florist  current    2.0.0-rc1  aaaaaaaaaaaa   1h       0      812       0
         mapped     1.9.0      bbbbbbbbbbbb   2d       0     9000       0
         stays in memory: it has unique symbols: build it with -fno-gnu-unique
         creating its agents for 12 s
         refused 2.0.1 (dddddddddddd), 1m ago: its self-test failed: no calendar
           set calendar_url in [agents.florist.config]
)");
  }

  TEST_CASE("on a terminal no line is wider than it, and nothing of a reason is lost") {
    for (const std::size_t columns : {60U, 80U, 100U}) {
      CAPTURE(columns);
      const auto lines = standing_table(test::eventful_night(), {false, columns});
      for (const std::string& line : lines) {
        CAPTURE(line);
        CHECK(static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
                return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
              })) <= columns);
      }
      std::string words = text_of(lines);
      std::replace(words.begin(), words.end(), '\n', ' ');
      words.erase(std::unique(words.begin(), words.end(),
                              [](char a, char b) { return a == ' ' && b == ' '; }),
                  words.end());
      CHECK(has(words, "set calendar_url in [agents.florist.config]"));
      CHECK(has(words, "it has unique symbols: build it with -fno-gnu-unique"));
    }
  }

  TEST_CASE("colours change nothing but the colour") {
    std::string coloured = shown(test::eventful_night(), {true, 0});
    CHECK(has(coloured, "\x1b[33mprobation"));
    CHECK(has(coloured, "\x1b[31mrefused"));
    for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;)
      coloured.erase(at, coloured.find('m', at) + 1 - at);
    CHECK(has(coloured, "draining   1.4.0      cccccccccccc   2d       2  1204411      17\n"));
  }

  TEST_CASE("a host that drains says so, and how that ends") {
    Standing standing = test::eventful_night();
    standing.draining = true;
    CHECK(has(shown(standing), "\nDRAINING: /readyz says 503; `patchbay drain --off` ends that\n"));
  }

  TEST_CASE("a plugin whose only file was refused is there, by that file") {
    Standing standing;
    PluginStanding& plugin = standing.plugins.emplace_back();
    plugin.file = "plugins/broken.so";
    plugin.refused = Refusal{{"truncated", "the file ends too early", ""}, "", "", Seconds(3)};
    CHECK(has(shown(standing), "(broken.so)  not served"));
    CHECK(has(shown(standing), "refused 3s ago: the file ends too early\n"));
  }

  TEST_CASE("what is unloaded is not shown, and without agents that is said") {
    Standing standing;
    PluginStanding& plugin = standing.plugins.emplace_back();
    plugin.generations.emplace_back().state = "unmapped";
    CHECK(shown(standing) == "up 0s, 0 turns open\nno agents: nothing is served\n");
  }

  TEST_CASE("an agent that was unloaded has a line that says so, beside the others and alone") {
    Standing standing = test::eventful_night();
    standing.plugins[0].unloaded = {"closed"};
    CHECK(has(shown(standing), "\nclosed   unloaded\n"));
    Standing alone;
    alone.plugins.emplace_back().unloaded = {"closed"};
    CHECK(has(shown(alone), "\nclosed  unloaded\n"));
    CHECK(!has(shown(alone), "not served"));
  }

  TEST_CASE("of many reasons the first are shown, and the rest is counted") {
    Standing standing = test::eventful_night();
    standing.plugins[0].generations[2].waiting_for.assign(12, "1 task");
    CHECK(has(shown(standing), "waits for 1 task\n         and 7 more\n"));
  }

  TEST_CASE("a plugin's words cannot command the terminal") {
    Standing standing = test::eventful_night();
    standing.plugins[1].refused->why.message = "\x1b[2J";
    standing.plugins[1].doing = "\a";
    standing.plugins[0].generations[0].version = "1\n2";
    const std::string text = shown(standing);
    CHECK(!has(text, "\x1b"));
    CHECK(!has(text, "\a"));
    CHECK(!has(text, "1\n2"));
  }

  TEST_CASE("times are short") {
    CHECK(short_time(Milliseconds(-5)) == "0s");
    CHECK(short_time(Milliseconds(59'999)) == "59s");
    CHECK(short_time(Seconds(60)) == "1m");
    CHECK(short_time(Seconds(3'600)) == "1h");
    CHECK(short_time(Seconds(47 * 3'600)) == "47h");
    CHECK(short_time(Seconds(48 * 3'600)) == "2d");
  }

  TEST_CASE("what a plugin is at goes before what its old versions wait for") {
    const Standing night = test::eventful_night();
    CHECK(under_way(night.plugins[1]) == "creating its agents for 12 s");
    CHECK(under_way(night.plugins[0]) ==
          "1.4.0 waits for message turn turn_C4 of conv_B2 for 41 s, 1 task");
    CHECK(under_way({}).empty());
  }
}

}  // namespace
}  // namespace patchbay
