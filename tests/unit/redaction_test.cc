// SPDX-License-Identifier: MIT
#include "ground/redaction.h"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>

#include "ground/text.h"

namespace patchbay {
namespace {

using namespace std::string_literals;

const std::string hex = "9f86d081884c7d659a2feaa0c55ad015";

TEST_SUITE("redaction") {
  TEST_CASE("numbers of phones and cards go, however they are written") {
    CHECK(redacted("call 01715550123 please") == "call [number] please");
    CHECK(redacted("0171 / 555-01 23.") == "[number].");
    CHECK(redacted("+49 (30) 123456") == "[number]");
    CHECK(redacted("4111 1111 1111 1111") == "[number]");
    CHECK(redacted("4111-1111-1111-1111, thanks") == "[number], thanks");
    CHECK(redacted("4111\xC2\xA0"
                   "1111") == "[number]");
    CHECK(redacted("tel:0301234x") == "tel:[number]x");
    CHECK(redacted("\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4") == "[number]");
    CHECK(redacted("my pin is 1 2 3 4") == "my pin is [number]");
  }

  TEST_CASE("short numbers stay: they are what a talk is about") {
    CHECK(redacted("12 croissants at 9") == "12 croissants at 9");
    CHECK(redacted("three, 100, and 7") == "three, 100, and 7");
    CHECK(redacted("1, 2, 3, 4") == "1, 2, 3, 4");
    CHECK(redacted("10:30") == "10:30");
  }

  TEST_CASE("addresses go, with all that belongs to them and nothing else") {
    CHECK(redacted("ada@example.com") == "[e-mail]");
    CHECK(redacted("Write to <ada.lovelace+x@mail.example.co.uk>.") == "Write to <[e-mail]>.");
    CHECK(redacted("j\xC3\xBCrgen@b\xC3\xBC"
                   "cher.example, ja") == "[e-mail], ja");
    CHECK(redacted("It is ada@example.com.") == "It is [e-mail].");
    CHECK(redacted("12345@example.com") == "[e-mail]");
    CHECK(redacted("at @ home") == "at @ home");
    CHECK(redacted("ada@") == "ada@");
    CHECK(redacted("@ada") == "@ada");
  }

  TEST_CASE("keys go") {
    CHECK(redacted("sk-abcDEF_123-456") == "[key]");
    CHECK(redacted("key=whsec_abcdefgh12") == "key=[key]");
    CHECK(redacted("Authorization: Bearer abc.DEF~12+/==") == "Authorization: Bearer [key]");
    CHECK(redacted("bearer abcdefghij") == "bearer [key]");
    CHECK(redacted("digest " + hex + "!") == "digest [key]!");
    CHECK(redacted("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.x") == "[key].x");
  }

  TEST_CASE("keys go by what their makers let them begin with") {
    const std::string letters = "abcdefghijklmnopqrstuvwxyzabcdefghi";
    for (const std::string& key :
         {"AKIAIOSFODNNEXAMPLEX"s, "ASIAIOSFODNNEXAMPLEX"s, "ghp_abcdefgh"s, "gho_abcdefgh"s,
          "ghu_abcdefgh"s, "ghs_abcdefgh"s, "ghr_abcdefgh"s, "github_pat_abcdefgh"s,
          "AIza" + letters, "xoxb-abcdefgh"s, "xoxp-abcdefgh"s, "xoxa-abcdefgh"s,
          "xoxs-abcdefgh"s}) {
      CAPTURE(key);
      CHECK(redacted(key) == "[key]");
      CHECK(redacted("it is \"" + key + "\", please") == "it is \"[key]\", please");
      CHECK(redacted("x" + key) == "x" + key);
    }
  }

  TEST_CASE("words that only look a little like keys stay") {
    CHECK(redacted("a task-oriented ask-me-anything") == "a task-oriented ask-me-anything");
    CHECK(redacted("sk-1") == "sk-1");
    for (const std::string word : {"AKIA", "AKIAIOSFODNNEXAMPLE", "AIzawa", "AIza-and-some-others",
                                   "ghp_", "github_pat_", "xoxo-and-kisses"})
      CHECK(redacted(word) == word);
    CHECK(redacted("Donaudampfschifffahrtsgesellschaftskapitaen") ==
          "Donaudampfschifffahrtsgesellschaftskapitaen");
    CHECK(redacted("Bearer of news") == "Bearer of news");
  }

  TEST_CASE("everything else stays, byte for byte") {
    for (const std::string text :
         {"", "Zwei Croissants und ein Kaffee, bitte.", "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
          "\xFF\xC3 broken \xE2\x80", "a\nb\tc"}) {
      CHECK(redacted(text) == text);
    }
  }

  TEST_CASE("well-formed text stays well-formed, whatever stands in it") {
    std::mt19937 random(7);
    const std::string pieces[] = {"1",   "23", " ", "-",  "@",       "a",  ".",        "+",
                                  "sk-", "ü",  "٤", "０", "Bearer ", "日", "\xC2\xA0", "=/"};
    for (int round = 0; round < 3000; ++round) {
      std::string text;
      for (int i = 0; i < 30; ++i) text += pieces[random() % std::size(pieces)];
      const std::string safe = redacted(text);
      CAPTURE(text);
      CHECK(is_utf8(safe));
      CHECK(redacted(safe) == safe);
    }
  }

  TEST_CASE("hostile texts take no longer than others") {
    constexpr std::size_t size = 1 << 17;
    for (const std::string piece :
         {"1",       "1 ",  "12 3", "a",    "a@",       "@",     ".",
          "a.",      "sk-", "sk-a", "AKIA", "AIza ",    "AIza-", "github_pat_",
          "Bearer ", "+",   "-",    "1a",   "\xC3\xBC", "((((",  "1(((("}) {
      std::string text;
      while (text.size() < size) text += piece;
      const auto begun = std::chrono::steady_clock::now();
      redacted(text);
      CAPTURE(piece);
      // Quadratic, it would take minutes.
      CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
    }
  }
}

}  // namespace
}  // namespace patchbay
