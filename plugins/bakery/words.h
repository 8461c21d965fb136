// SPDX-License-Identifier: MIT
//
// words.h - what a caller said, as words that can be compared: lower case, without punctuation, and
// numbers read. Knows no bread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bakery {

// "That's all, 3pm!" is {"thats", "all", "3", "pm"}.
using Words = std::vector<std::string>;
Words words_of(std::string_view text);

// Do these words stand at `at`? phrase: as words_of gives them, a space between.
bool phrase_at(const Words& words, std::size_t at, std::string_view phrase);
// Where the phrase begins, or npos.
std::size_t find_phrase(const Words& words, std::string_view phrase);
constexpr std::size_t npos = static_cast<std::size_t>(-1);

// Does one of the phrases stand anywhere? Is one of them all there is?
bool has_any(const Words& words, std::initializer_list<std::string_view> phrases);
bool is_any(const Words& words, std::initializer_list<std::string_view> phrases);

struct Number {
  int value = 0;
  std::size_t size = 0;  // words; 0: no number stands there
};
// "a", "two", "twenty one", "half a dozen", "a couple of", "12" at this place.
Number number_at(const Words& words, std::size_t at);

}  // namespace bakery
