// SPDX-License-Identifier: MIT
#include "codec/table_reader.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace patchbay {
namespace {

// One document, one reader over its root, and what was found wrong.
struct Reading {
  explicit Reading(std::string_view toml)
      : document(*parse_toml(toml, "f.toml")), findings("f.toml"), top(&document, "", findings) {}

  std::string report() const {
    const auto why = findings.problem();
    return why ? why->text() : "";
  }

  TomlValue document;
  Findings findings;
  TableReader top;
};

bool is_short(std::string_view text) {
  return text.size() < 4;
}
constexpr TextForm short_text = {is_short, "a short text"};

TEST_SUITE("table_reader") {
  TEST_CASE("a key that is absent leaves its default") {
    Reading reading("");
    std::string text = "default";
    bool flag = true;
    std::size_t number = 7;
    Milliseconds time(9);
    reading.top.text("a", text, short_text);
    reading.top.flag("b", flag);
    reading.top.count("c", number, {0, 9});
    reading.top.duration("d", time, {Milliseconds(0), Milliseconds(9)});
    reading.top.table("e").finish();
    reading.top.finish();
    CHECK(text == "default");
    CHECK(flag);
    CHECK(number == 7);
    CHECK(time == Milliseconds(9));
    CHECK(reading.report().empty());
  }

  TEST_CASE("sizes are numbers of bytes or text with a unit") {
    Reading reading("a = 100\nb = '64KiB'\nc = '8 MiB'\nd = '1GiB'\ne = '7B'");
    std::array<std::size_t, 5> sizes{};
    std::size_t at = 0;
    for (const auto* key : {"a", "b", "c", "d", "e"}) {
      reading.top.size(key, sizes.at(at++), {0, std::size_t{1} << 30U});
    }
    CHECK(sizes == std::array<std::size_t, 5>{100, 65536, 8388608, 1073741824, 7});
    CHECK(reading.report().empty());
  }

  TEST_CASE("sizes of other forms, or out of range, are refused with the range") {
    for (const auto* value : {"-1", "'8MB'", "'KiB'", "''", "'1.5MiB'", "1.5", "true", "99999",
                              "'99999999999999999999GiB'", "'17179869184GiB'", "'1KiB '"}) {
      INFO(value);
      Reading reading(std::string("a = ") + value);
      std::size_t size = 5;
      reading.top.size("a", size, {1, 65536});
      CHECK(size == 5);
      CHECK(reading.report().find("a wants a size from 1B to 64KiB") != std::string::npos);
    }
  }

  TEST_CASE("durations are milliseconds or text with a unit") {
    CHECK(duration_of("1500ms") == Milliseconds(1500));
    CHECK(duration_of("30s") == Milliseconds(30'000));
    CHECK(duration_of("2m") == Milliseconds(120'000));
    CHECK(duration_of("1h") == Milliseconds(3'600'000));
    CHECK(duration_of("250") == Milliseconds(250));
    for (const auto* text : {"", "s", "-1s", "1.5s", "1 day", "30s ", "99999999999999999999h",
                             "9223372036854775807h"}) {
      INFO(text);
      CHECK_FALSE(duration_of(text));
    }
  }

  TEST_CASE("a wrong type is named with what is wanted and what is there") {
    Reading reading("a = 1\nb = 'yes'\nc = []\nd = 2024-01-01");
    std::string text;
    bool flag = false;
    reading.top.text("a", text, short_text);
    reading.top.flag("b", flag);
    reading.top.table("c").finish();
    reading.top.text("d", text, short_text);
    CHECK(reading.report() ==
          "f.toml:1:5: a wants a short text; this is a whole number\n"
          "f.toml:2:5: b wants true or false; this is text\n"
          "f.toml:3:5: c wants a table; this is a list\n"
          "f.toml:4:5: d wants a short text; this is a date or time");
  }

  TEST_CASE("a text of the wrong form is not repeated") {
    Reading reading("a = 'whsec_abc'");
    std::string text;
    reading.top.text("a", text, short_text);
    CHECK(reading.report() == "f.toml:1:5: a wants a short text");
  }

  TEST_CASE("a choice that is near to one of them gets it proposed") {
    constexpr std::array<std::string_view, 2> choices = {"info", "error"};
    Reading reading("a = 'eror'");
    std::string text = "info";
    reading.top.one_of("a", text, choices);
    CHECK(text == "info");
    CHECK(reading.report() == "f.toml:1:5: a wants one of info, error (did you mean 'error'?)");
  }

  TEST_CASE("one text stands for a list of one, and an empty list for a mistake") {
    Reading reading("a = 'x'\nb = ['x', 'y']\nc = []\nd = ['x', 1]\ne = 1");
    CHECK(reading.top.texts("a").size() == 1);
    CHECK(reading.top.texts("b").size() == 2);
    CHECK(reading.report().empty());
    CHECK(reading.top.texts("c").empty());
    CHECK(reading.top.texts("d").empty());
    CHECK(reading.top.texts("e").empty());
    CHECK(reading.findings.problem()->message.find("f.toml:5:5") != std::string::npos);
  }

  TEST_CASE("a key nobody asked for is unknown; the nearest known one is proposed") {
    Reading reading("lisen = 1\n[servr]\nx = 1");
    reading.top.find("listen");
    reading.top.table("server").finish();
    reading.top.finish();
    CHECK(reading.report() ==
          "f.toml:1:1: unknown key 'lisen' (did you mean 'listen'?)\n"
          "f.toml:2:2: unknown table 'servr' (did you mean 'server'?)");
  }

  TEST_CASE("where none is near, all known keys are told") {
    Reading reading("[a]\n\"line\\nbreak\" = 1");
    auto inner = reading.top.table("a");
    inner.find("one");
    inner.find("two");
    inner.finish();
    CHECK(reading.report() ==
          "f.toml:2:1: unknown key \"line\\nbreak\" in [a] (known here: one, two)");
  }

  TEST_CASE("findings come out in the order of the file, however they were found") {
    Findings findings("f.toml");
    CHECK_FALSE(findings.problem());
    findings.add({9, 1}, "last");
    findings.add({2, 5}, "second", "do this");
    findings.add({2, 1}, "first");
    CHECK(findings.problem()->message ==
          "f.toml:2:1: first\nf.toml:2:5: second (do this)\nf.toml:9:1: last");
  }

  TEST_CASE("one finding alone keeps its hint apart") {
    Findings findings("f.toml");
    findings.add({7, 1}, "unknown key 'lisen'", "did you mean 'listen'?");
    const auto why = findings.problem();
    REQUIRE(why);
    CHECK(why->code == "config_invalid");
    CHECK(why->message == "f.toml:7:1: unknown key 'lisen'");
    CHECK(why->hint == "did you mean 'listen'?");
  }
}

}  // namespace
}  // namespace patchbay
