// SPDX-License-Identifier: MIT
#include "ground/text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace patchbay {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::uint64_t ones = 0x0101010101010101U;
constexpr std::uint64_t high_bits = 0x80 * ones;

std::uint64_t word_at(std::string_view text, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::size_t end_of_ascii(std::string_view text, std::size_t at) {
  while (text.size() - at >= sizeof(std::uint64_t) && (word_at(text, at) & high_bits) == 0) {
    at += sizeof(std::uint64_t);
  }
  while (at < text.size() && byte_at(text, at) < 0x80) ++at;
  return at;
}

bool is_plain_in_json(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

// Does one of the eight bytes need a second look? Each term borrows into a byte's high bit where
// that byte is below 0x20, a quote, or a backslash.
bool has_special(std::uint64_t word) {
  const std::uint64_t quote = word ^ ('"' * ones);
  const std::uint64_t backslash = word ^ ('\\' * ones);
  const std::uint64_t found = word | ((word - 0x20 * ones) & ~word) | ((quote - ones) & ~quote) |
                              ((backslash - ones) & ~backslash);
  return (found & high_bits) != 0;
}

// The end of the run of bytes from `at` that stand for themselves in a JSON string.
std::size_t end_of_plain(std::string_view text, std::size_t at) {
  while (text.size() - at >= sizeof(std::uint64_t) && !has_special(word_at(text, at))) {
    at += sizeof(std::uint64_t);
  }
  while (at < text.size() && is_plain_in_json(byte_at(text, at))) ++at;
  return at;
}

struct Sequence {
  std::size_t length;  // where ill-formed: of the maximal subpart, at least 1
  bool well_formed;
};

// The bytes that may follow a lead byte: Unicode 15, table 3-7.
struct Continuation {
  std::size_t count;
  unsigned char low = 0x80;  // bounds of the first of them; the others are 80..BF
  unsigned char high = 0xBF;
};

Continuation continuation_of(unsigned char lead) {
  if (lead < 0x80) return {0};
  if (lead < 0xC2) return {0, 1, 0};  // a stray continuation, or a lead of an overlong form
  if (lead < 0xE0) return {1};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};  // no surrogates
  if (lead < 0xF0) return {2};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead < 0xF4) return {3};
  if (lead == 0xF4) return {3, 0x80, 0x8F};  // nothing above U+10FFFF
  return {0, 1, 0};
}

Sequence sequence_at(std::string_view text, std::size_t at) {
  auto [count, low, high] = continuation_of(byte_at(text, at));
  if (low > high) return {1, false};
  for (std::size_t i = 1; i <= count; ++i) {
    if (at + i == text.size()) return {i, false};
    const unsigned char byte = byte_at(text, at + i);
    if (byte < low || byte > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {count + 1, true};
}

// Some readers of lines (Python's splitlines, old JavaScript) end a line at these too.
std::string_view escape_of_line_break(std::string_view sequence) {
  if (sequence == "\xC2\x85") return "\\u0085";
  if (sequence == "\xE2\x80\xA8") return "\\u2028";
  if (sequence == "\xE2\x80\xA9") return "\\u2029";
  return {};
}

void append_ascii_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t at = end_of_ascii(text, 0);
  while (at < text.size()) {
    const Sequence sequence = sequence_at(text, at);
    if (!sequence.well_formed) return at;
    at = end_of_ascii(text, at + sequence.length);
  }
  return at;
}

bool is_utf8(std::string_view text) {
  return valid_utf8_prefix(text) == text.size();
}

void append_utf8_repaired(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t good = valid_utf8_prefix(text);
    out.append(text.substr(0, good));
    if (good == text.size()) return;
    out.append(replacement);
    text.remove_prefix(good + sequence_at(text, good).length);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  std::size_t written = 0;  // text[0, written) is in out already
  const auto write_up_to = [&](std::size_t end) {
    out.append(text.substr(written, end - written));
    written = end;
  };
  out += '"';
  for (std::size_t at = end_of_plain(text, 0); at < text.size(); at = end_of_plain(text, at)) {
    if (const unsigned char byte = byte_at(text, at); byte < 0x80) {
      write_up_to(at);
      append_ascii_escape(out, byte);
      written = ++at;
      continue;
    }
    const Sequence sequence = sequence_at(text, at);
    const std::string_view instead =
        sequence.well_formed ? escape_of_line_break(text.substr(at, sequence.length)) : replacement;
    if (!instead.empty()) {
      write_up_to(at);
      out.append(instead);
      written = at + sequence.length;
    }
    at += sequence.length;
  }
  write_up_to(text.size());
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

namespace {

constexpr std::size_t longest_word = 64;  // nobody mistypes a longer key; bounds the work

// How many letters to insert, delete, replace, or swap with their neighbour (optimal string
// alignment).
std::size_t distance(std::string_view from, std::string_view to) {
  using Row = std::array<std::size_t, longest_word + 1>;
  Row before{};
  Row above{};
  Row row{};
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    before = above;
    above = row;
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[to.size()];
}

}  // namespace

std::string_view nearest(std::string_view typo, std::span<const std::string_view> known) {
  if (typo.size() > longest_word) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, typo.size() / 3) + 1;
  for (const std::string_view word : known) {
    if (word.empty() || word.size() > longest_word) continue;
    const std::size_t d = distance(typo, word);
    const bool shares_a_letter = d < std::max(typo.size(), word.size());
    if (d < best_distance && shares_a_letter) {
      best = word;
      best_distance = d;
    }
  }
  return best;
}

bool has_control(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return std::any_of(text.begin(), text.end(), is_control);
}

std::string printable(std::string_view text) {
  std::string repaired;
  append_utf8_repaired(repaired, text);
  std::string shown;
  for (std::size_t i = 0; i < repaired.size(); ++i) {
    const auto byte = static_cast<unsigned char>(repaired[i]);
    // U+0080 to U+009F, C2 80 to C2 9F: some terminals obey them too.
    const bool is_c1 = byte == 0xC2 && static_cast<unsigned char>(repaired[i + 1]) < 0xA0;
    if (is_c1) ++i;
    if (is_c1 || byte < 0x20 || byte == 0x7F) {
      shown += "\uFFFD";
    } else {
      shown += repaired[i];
    }
  }
  return shown;
}

bool is_plain_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), plain);
}

}  // namespace patchbay
