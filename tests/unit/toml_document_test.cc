// SPDX-License-Identifier: MIT
#include "codec/toml_document.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

std::string json_of(std::string_view toml) {
  const auto document = parse_toml(toml, "f.toml");
  if (!document) return document.error().text();
  std::string json;
  TomlPlace no_json;
  if (append_json(json, *document, no_json)) return json;
  return "no JSON at " + std::to_string(no_json.line) + ":" + std::to_string(no_json.column);
}

TEST_SUITE("toml_document") {
  TEST_CASE("entries keep the order of the text and know their places") {
    const auto document = parse_toml("[zoo]\nb = 1\na = 'x'\n[bar]\n", "f.toml");
    REQUIRE(document);
    REQUIRE(document->entries.size() == 2);
    CHECK(document->entries[0].key == "zoo");
    CHECK(document->entries[1].key == "bar");
    const auto& zoo = document->entries[0].value;
    CHECK(zoo.entries[0].key == "b");
    CHECK(zoo.entries[1].place.line == 3);
    CHECK(zoo.entries[1].value.place.column == 5);
    CHECK(zoo.find("a")->value.text == "x");
    CHECK_FALSE(zoo.find("c"));
  }

  TEST_CASE("every kind of value has its JSON") {
    CHECK(json_of("a = 1\nb = 'x\"y'\nc = true\nd = [1, {e = 2}]\n") ==
          R"({"a":1,"b":"x\"y","c":true,"d":[1,{"e":2}]})");
    CHECK(json_of("a = 1.0\nb = 0.25\nc = -1e300") == R"({"a":1.0,"b":0.25,"c":-1e+300})");
    CHECK(json_of("a = 2024-01-02\nb = 10:00:00\nc = 2024-01-02T03:04:05Z") ==
          R"({"a":"2024-01-02","b":"10:00:00","c":"2024-01-02T03:04:05Z"})");
    CHECK(json_of("") == "{}");
  }

  TEST_CASE("numbers that JSON does not have are reported with their place") {
    CHECK(json_of("a = 1\nb = [nan]") == "no JSON at 2:6");
  }

  TEST_CASE("a syntax error names file, line and column") {
    CHECK(json_of("a = 1\nb = = 2").starts_with("f.toml:2:5: "));
    CHECK(json_of("a = hello").find("text wants quotes") != std::string::npos);
    CHECK(json_of("a = 1\na = 2").find("'a'") != std::string::npos);
    CHECK(json_of("a = \"\xff\"").starts_with("f.toml:1:"));
  }

  TEST_CASE("a syntax error repeats no value: it may be a secret") {
    for (const auto* value : {"whsec_abc", "'whsec_abc", "\"whsec_abc\\e\"", "[whsec_abc]",
                              "0xabc0123456789012345678901234567890", "\"x\" whsec_abc",
                              "99999999999999999999999999999abc", "{whsec_abc}"}) {
      INFO(value);
      const auto text = json_of(std::string("s = ") + value);
      CHECK(text.starts_with("f.toml:1:"));
      CHECK(text.find("abc") == std::string::npos);
    }
  }

  TEST_CASE("text that would nest without end is refused") {
    std::string key = "a";
    for (int i = 0; i < 100'000; ++i) key += ".a";
    CHECK(json_of(key + " = 1").find("200 dots") != std::string::npos);
    CHECK(json_of("[" + key.substr(0, 101) + "]").find("32 deep") != std::string::npos);
    CHECK(json_of("a = " + std::string(100, '[') + std::string(100, ']')).find("32 deep") !=
          std::string::npos);
    CHECK(json_of("a = " + std::string(5000, '[')).starts_with("f.toml:"));
    CHECK(json_of("# " + std::string(307'200, 'x')).find("256 KiB") != std::string::npos);
  }

  TEST_CASE("a line of dots in prose is no key") {
    CHECK(json_of("a = '" + std::string(1000, '.') + "'").starts_with("{"));
  }
}

}  // namespace
}  // namespace patchbay
