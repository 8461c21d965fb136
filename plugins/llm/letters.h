// SPDX-License-Identifier: MIT
// UTF-8, as far as the ear needs it.
#pragma once
#include <cstddef>
#include <string_view>

namespace llm {

// How many bytes the character has that begins with this one. Of a byte that begins none: 1.
inline std::size_t bytes_of(char front) {
  const auto byte = static_cast<unsigned char>(front);
  return byte >= 0xF0 && byte < 0xF8 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

inline char32_t code_of(std::string_view c) {
  const auto byte = [c](std::size_t at) { return static_cast<unsigned char>(c[at]); };
  if (c.size() == 1) return byte(0);
  char32_t code = byte(0) & (0xFFU >> (c.size() + 1));
  for (std::size_t at = 1; at < c.size(); ++at) code = code << 6U | (byte(at) & 0x3FU);
  return code;
}

inline bool between(char32_t c, char32_t least, char32_t most) {
  return c >= least && c <= most;
}

inline bool is_digit(char32_t c) {
  return between(c, '0', '9');
}
// A letter or digit of any language; beyond ASCII this also counts some signs.
inline bool is_wordy(char32_t c) {
  return is_digit(c) || between(c | 0x20U, 'a', 'z') || c >= 0xC0;
}

// Ends a sentence, or at least a line that is read aloud.
inline bool is_stop(char32_t c) {
  for (const char32_t stop : {U'.', U'!', U'?', U':', U';', U',', U'…', U'。', U'！', U'？', U'：',
                              U'、', U'，', U'؟', U'।'})
    if (c == stop) return true;
  return false;
}

inline bool is_emoji(char32_t c) {
  return between(c, 0x1F000, 0x1FAFF) || between(c, 0x2600, 0x27BF) || between(c, 0x23E9, 0x23FA) ||
         between(c, 0x2B05, 0x2B55) || between(c, 0xE0020, 0xE007F) || c == 0x231A || c == 0x231B ||
         c == 0x2328 || c == 0x3030 || c == 0x303D || c == 0x3297 || c == 0x3299 ||
         between(c, 0x25FB, 0x25FE) || c == 0x25B6 || c == 0x25C0;
}
// What only changes how the character before it looks.
inline bool is_variation(char32_t c) {
  return c == 0xFE0E || c == 0xFE0F || c == 0x20E3;
}
constexpr char32_t joiner = 0x200D;  // of emoji, and of letters in some scripts

}  // namespace llm
