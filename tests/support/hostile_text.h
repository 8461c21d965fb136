// SPDX-License-Identifier: MIT
// Byte strings that a careless encoder breaks on, the same in every run. For property tests.
#pragma once
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace patchbay {

// Strings together pieces of all kinds: plain runs, well-formed sequences of each length,
// ill-formed ones of each kind, line breaks, controls, JSON's own marks, and any byte. Pure noise
// would seldom meet a long plain run, or a sequence that is cut at its end.
inline std::string hostile_text(std::mt19937& random) {
  using namespace std::string_view_literals;
  static constexpr std::array pieces{
      "plain words, twenty and more "sv,
      "\""sv,
      "\\"sv,
      "\\u"sv,
      "\n"sv,
      "\r\n"sv,
      "\0"sv,
      "\x1F\x7F"sv,
      "data: "sv,
      "\xC2\x85"sv,          // U+0085
      "\xE2\x80\xA8"sv,      // U+2028
      "\xE2\x80\xA9"sv,      // U+2029
      "\xC3\xA9"sv,          // é
      "\xE2\x98\x95"sv,      // ☕
      "\xF0\x9F\x98\x80"sv,  // 😀
      "\xEF\xBB\xBF"sv,      // byte order mark
      "\xF4\x8F\xBF\xBF"sv,  // U+10FFFF
      "\xF4\x90\x80\x80"sv,  // above it
      "\xED\xA0\x80"sv,      // a surrogate
      "\xC0\xAF"sv,          // overlong
      "\xE0\x80\x80"sv,      // overlong
      "\xE2\x80"sv,          // cut
      "\xF0\x9F\x98"sv,      // cut
      "\x80"sv,
      "\xFF"sv,
  };
  std::string text;
  const std::size_t count = random() % 12;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t choice = random() % (pieces.size() + 8);
    if (choice < pieces.size()) {
      text += pieces[choice];
    } else {
      text += static_cast<char>(random() % 256);
    }
  }
  return text;
}

}  // namespace patchbay
