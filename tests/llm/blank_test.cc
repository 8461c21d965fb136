// SPDX-License-Identifier: MIT
#include "blank.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

using llm::Blank;
using nlohmann::json;

std::string filled(const std::string& text, const json& arguments, Blank::Look look) {
  return Blank(text, {"city", "days", "when"}).fill(arguments, look);
}

std::string url(const std::string& text, const json& arguments) {
  return llm::fill_url(Blank(text, {"city", "days", "when"}), arguments);
}

}  // namespace

TEST_SUITE("blank") {
  TEST_CASE("arguments stand where their names stood, as the place wants them") {
    const json arguments = {{"city", "São \"P\""}, {"days", 3}, {"when", {1, 2}}};
    CHECK(filled("{city}/{days}", arguments, llm::plain_look) == "São \"P\"/3");
    CHECK(filled("--in={city}", arguments, llm::percent_look) == "--in=S%C3%A3o%20%22P%22");
    CHECK(filled(R"({"a":{"c":{city}},"d":{days},"w":{when}})", arguments, llm::json_look) ==
          R"({"a":{"c":"São \"P\""},"d":3,"w":[1,2]})");
  }

  TEST_CASE("what a call does not have is nothing, and null in JSON") {
    CHECK(filled("[{city}]", json::object(), llm::plain_look) == "[]");
    CHECK(filled("[{city}]", json::object(), llm::json_look) == "[null]");
  }

  TEST_CASE("a brace without a name is a brace, two are one, and a name that is none is refused") {
    CHECK(filled("{ {} {1} {{city} { {", json::object(), llm::plain_look) == "{ {} {1} {city} { {");
    CHECK_THROWS_WITH_AS(Blank("a {town}", {"city"}),
                         "has {town}, which is none of the parameters; a brace is {{",
                         std::invalid_argument);
  }

  TEST_CASE("an argument cannot lead a path astray") {
    const std::string place = "http://h/w/{city}/x?d={days}";
    CHECK(url(place, {{"city", "a/../b?c#d"}, {"days", "&e=1"}}) ==
          "http://h/w/a%2F..%2Fb%3Fc%23d/x?d=%26e%3D1");
    CHECK(url(place, {{"city", "..."}}) == "http://h/w/.../x?d=");
    for (const char* city : {"", ".", ".."})
      CHECK_THROWS_AS(url(place, {{"city", city}}), std::invalid_argument);
    CHECK_THROWS_AS(url(place, json::object()), std::invalid_argument);
    CHECK_THROWS_AS(url("http://h/{city}{days}", {{"city", "."}, {"days", "."}}),
                    std::invalid_argument);
    CHECK(url("http://h/a//b/?q={city}", json::object()) == "http://h/a//b/?q=");
  }
}
