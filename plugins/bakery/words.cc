// SPDX-License-Identifier: MIT
#include "words.h"

#include <algorithm>
#include <cctype>

namespace bakery {
namespace {

const char* const ones[] = {"zero",    "one",     "two",       "three",    "four",
                            "five",    "six",     "seven",     "eight",    "nine",
                            "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                            "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
const char* const tens[] = {"twenty", "thirty",  "forty",  "fifty",
                            "sixty",  "seventy", "eighty", "ninety"};
struct Amount {
  std::string_view phrase;
  int value;
};
constexpr Amount amounts[] = {{"half a dozen", 6}, {"a half dozen", 6}, {"a dozen", 12},
                              {"one dozen", 12},   {"two dozen", 24},   {"dozen", 12},
                              {"a couple of", 2},  {"a couple", 2},     {"a pair of", 2}};

enum class Kind { none, letter, digit };

Kind kind_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (std::isdigit(byte)) return Kind::digit;
  return std::isalpha(byte) || byte >= 0x80 ? Kind::letter : Kind::none;
}

// Apostrophes go, also the curved one, so that "that's" and "thats" are one word.
std::string without_apostrophes(std::string_view text) {
  std::string all(text);
  all.erase(std::remove(all.begin(), all.end(), '\''), all.end());
  const std::string_view curved = "\xE2\x80\x99";
  for (std::size_t at; (at = all.find(curved)) != std::string::npos;) all.erase(at, curved.size());
  return all;
}

template <class List>
int index_of(const List& list, std::string_view word) {
  const auto found = std::find(std::begin(list), std::end(list), word);
  return found == std::end(list) ? -1 : static_cast<int>(found - std::begin(list));
}

// Up to four digits: nobody says more, and more would overflow.
Number digits(const std::string& word) {
  if (word.size() > 4 || kind_of(word[0]) != Kind::digit) return {};
  int value = 0;
  for (const char c : word) value = value * 10 + (c - '0');
  return {value, 1};
}

}  // namespace

Words words_of(std::string_view text) {
  Words words;
  Kind before = Kind::none;
  for (const char c : without_apostrophes(text)) {
    const Kind kind = kind_of(c);
    if (kind != Kind::none) {
      if (kind != before) words.emplace_back();
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    before = kind;
  }
  return words;
}

bool phrase_at(const Words& words, std::size_t at, std::string_view phrase) {
  for (; !phrase.empty(); ++at) {
    const std::string_view word = phrase.substr(0, phrase.find(' '));
    if (at >= words.size() || words[at] != word) return false;
    phrase.remove_prefix(std::min(phrase.size(), word.size() + 1));
  }
  return true;
}

std::size_t find_phrase(const Words& words, std::string_view phrase) {
  for (std::size_t at = 0; at < words.size(); ++at)
    if (phrase_at(words, at, phrase)) return at;
  return npos;
}

bool has_any(const Words& words, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view p) { return find_phrase(words, p) != npos; });
}

bool is_any(const Words& words, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view p) {
    const auto spaces = std::count(p.begin(), p.end(), ' ');
    return words.size() == static_cast<std::size_t>(spaces) + 1 && phrase_at(words, 0, p);
  });
}

Number number_at(const Words& words, std::size_t at) {
  if (at >= words.size()) return {};
  for (const Amount& amount : amounts) {
    if (phrase_at(words, at, amount.phrase)) {
      const auto spaces = std::count(amount.phrase.begin(), amount.phrase.end(), ' ');
      return {amount.value, static_cast<std::size_t>(spaces) + 1};
    }
  }
  const std::string& word = words[at];
  if (word == "a" || word == "an") return {1, 1};
  if (const int one = index_of(ones, word); one >= 0) return {one, 1};
  if (const int ten = index_of(tens, word); ten >= 0) {
    const int one = at + 1 < words.size() ? index_of(ones, words[at + 1]) : -1;
    const bool both = one > 0 && one < 10;  // "twenty one"
    return {ten * 10 + 20 + (both ? one : 0), both ? 2U : 1U};
  }
  return digits(word);
}

}  // namespace bakery
