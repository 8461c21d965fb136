// SPDX-License-Identifier: MIT
// Which bytes may stand where in the head of a request, and what the headers that decide on framing
// may say. Reads no stream and keeps nothing.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "codec/http_refusal.h"

namespace patchbay {

class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view members) {
    for (const char c : members) set(c, true);
  }
  constexpr ByteSet(char first, char last) {
    for (int c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) {
      set(static_cast<char>(c), true);
    }
  }
  [[nodiscard]] constexpr ByteSet with(const ByteSet& other) const {
    ByteSet both = *this;
    for (std::size_t i = 0; i < has_.size(); ++i) both.has_[i] = has_[i] || other.has_[i];
    return both;
  }
  [[nodiscard]] constexpr ByteSet without(char c) const {
    ByteSet rest = *this;
    rest.set(c, false);
    return rest;
  }
  [[nodiscard]] constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

  // How many bytes at the beginning are members?
  [[nodiscard]] constexpr std::size_t run(std::string_view bytes) const {
    std::size_t n = 0;
    while (n < bytes.size() && has(bytes[n])) ++n;
    return n;
  }
  // Is there at least one byte, and is each a member?
  [[nodiscard]] constexpr bool spells(std::string_view text) const {
    return !text.empty() && run(text) == text.size();
  }

 private:
  constexpr void set(char c, bool member) { has_[static_cast<unsigned char>(c)] = member; }
  std::array<bool, 256> has_{};
};

inline constexpr ByteSet digits('0', '9');
inline constexpr ByteSet hex_digits = digits.with({'a', 'f'}).with({'A', 'F'});
inline constexpr ByteSet alphanumerics = digits.with({'a', 'z'}).with({'A', 'Z'});
inline constexpr ByteSet blanks(" \t");

// RFC 9110 5.6.2
inline constexpr ByteSet token_bytes = alphanumerics.with(ByteSet("!#$%&'*+-.^_`|~"));

// RFC 3986, and the characters that browsers send bare in a query: []^`{|}. No '#', which no honest
// client sends, and no '\', which some take for '/'.
inline constexpr ByteSet target_bytes = alphanumerics.with(ByteSet("/?-._~!$&'()*+,;=:@%[]^`{|}"));

// RFC 9110 5.5. obs-text (0x80 and above) may stand: names arrive as UTF-8 in practice, and as no
// value is ever decoded, nothing else can come out of it.
inline constexpr ByteSet value_bytes = ByteSet(' ', '\xff').with(ByteSet("\t")).without('\x7f');

// Not std::tolower: it asks the locale, and costs a call for each byte.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] std::string lowered(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] bool is_known_method(std::string_view method);
// Does each '%' say which byte it stands for, and none of them NUL, which ends a path in C?
[[nodiscard]] bool has_good_percents(std::string_view target);
// Is that the word, or has the comma-separated list the word? In any case; given in lower case.
[[nodiscard]] bool is_word(std::string_view text, std::string_view word);
[[nodiscard]] bool has_word(std::string_view list, std::string_view word);

// What is wrong with the value of that header, none where it is good.
[[nodiscard]] HttpFault check_host(std::string_view value);
[[nodiscard]] HttpFault check_transfer_encoding(std::string_view value);
[[nodiscard]] HttpFault check_content_length(std::string_view value, std::size_t limit,
                                             std::size_t& length);

}  // namespace patchbay
