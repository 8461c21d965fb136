// SPDX-License-Identifier: MIT
#include "codec/cells.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

int cells(std::string_view text) {
  int sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = glyph_at(text, at);
    REQUIRE(glyph.bytes > 0);
    sum += glyph.cells;
    at += glyph.bytes;
  }
  return sum;
}

TEST_SUITE("cells") {
  TEST_CASE("letters take one cell, CJK and emoji two, accents none") {
    CHECK(cells("abc") == 3);
    CHECK(cells("caf\u00e9") == 4);
    CHECK(cells("cafe\u0301") == 4);
    CHECK(cells("\u65e5\u672c") == 4);
    CHECK(cells("\U0001F600") == 2);
    CHECK(cells("\u20ac") == 1);
  }

  TEST_CASE("broken UTF-8 is one cell a byte") {
    CHECK(cells("\xFF\xFE") == 2);
    CHECK(cells("\xE2\x82") == 2);
    CHECK(cells("\xC3") == 1);
  }

  TEST_CASE("a character is left as a whole, its accents with it") {
    const std::string_view text = "ae\u0301\U0001F600";  // a, e and accent, emoji
    CHECK(glyph_after(text, 0) == 1);
    CHECK(glyph_after(text, 1) == 4);
    CHECK(glyph_after(text, 4) == 8);
    CHECK(glyph_after(text, 8) == 8);
    CHECK(glyph_before(text, 8) == 4);
    CHECK(glyph_before(text, 4) == 1);
    CHECK(glyph_before(text, 1) == 0);
    CHECK(glyph_before(text, 0) == 0);
  }
}

}  // namespace
}  // namespace patchbay
