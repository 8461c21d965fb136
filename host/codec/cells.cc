// SPDX-License-Identifier: MIT
#include "codec/cells.h"

#include <algorithm>
#include <array>

#include "ground/text.h"

namespace patchbay {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// From Unicode's categories Mn, Me and Cf: what people type, not all of them.
constexpr std::array<Range, 14> no_cells{{{0x0300, 0x036F},
                                          {0x0483, 0x0489},
                                          {0x0591, 0x05BD},
                                          {0x0610, 0x061A},
                                          {0x064B, 0x065F},
                                          {0x093C, 0x093C},
                                          {0x0941, 0x0948},
                                          {0x0E34, 0x0E3A},
                                          {0x0E47, 0x0E4E},
                                          {0x1AB0, 0x1AFF},
                                          {0x200B, 0x200F},
                                          {0x20D0, 0x20FF},
                                          {0xFE00, 0xFE0F},
                                          {0xFE20, 0xFE2F}}};

// From Unicode's East Asian Width: W and F.
constexpr std::array<Range, 12> two_cells{{{0x1100, 0x115F},
                                           {0x231A, 0x231B},
                                           {0x2E80, 0x303E},
                                           {0x3041, 0xA4CF},
                                           {0xAC00, 0xD7A3},
                                           {0xF900, 0xFAFF},
                                           {0xFE30, 0xFE6F},
                                           {0xFF00, 0xFF60},
                                           {0xFFE0, 0xFFE6},
                                           {0x1F300, 0x1F64F},
                                           {0x1F680, 0x1FAFF},
                                           {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

// How long the sequence is that such a byte begins.
std::size_t announced_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0xC0) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

// Of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead;
  char32_t point = lead & (0x7Fu >> sequence.size());
  for (const char c : sequence.substr(1)) {
    point = (point << 6) | (static_cast<unsigned char>(c) & 0x3Fu);
  }
  return point;
}

}  // namespace

Glyph glyph_at(std::string_view text, std::size_t at) {
  const std::string_view sequence = text.substr(at, announced_bytes(text[at]));
  if (!is_utf8(sequence)) return {};
  const char32_t point = code_point(sequence);
  if (is_in(no_cells, point)) return {sequence.size(), 0};
  return {sequence.size(), is_in(two_cells, point) ? 2 : 1};
}

std::size_t glyph_before(std::string_view text, std::size_t at) {
  std::size_t begin = 0;
  while (begin < at) {
    const std::size_t end = glyph_after(text, begin);
    if (end >= at) break;
    begin = end;
  }
  return begin;
}

std::size_t glyph_after(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  at += glyph_at(text, at).bytes;
  while (at < text.size()) {
    const Glyph next = glyph_at(text, at);
    if (next.cells != 0) break;
    at += next.bytes;
  }
  return at;
}

}  // namespace patchbay
