// SPDX-License-Identifier: MIT
// How text lies on a terminal: which bytes are one character, and how many cells it takes. Needs no
// locale; a guess where terminals differ.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace patchbay {

struct Glyph {
  std::size_t bytes = 1;
  int cells = 1;  // 0: drawn over the one before, eg: a combining accent; 2: CJK, emoji
};

// The character that begins at `at`, which must lie in the text. A byte that is no UTF-8 is one
// cell.
Glyph glyph_at(std::string_view text, std::size_t at);

// Where the character before `at` begins, with all that is drawn over it; 0 at the beginning.
std::size_t glyph_before(std::string_view text, std::size_t at);
// Where the one at `at` ends, with all that is drawn over it.
std::size_t glyph_after(std::string_view text, std::size_t at);

}  // namespace patchbay
