// SPDX-License-Identifier: MIT
#include "codec/http_grammar.h"

#include <algorithm>
#include <optional>

namespace patchbay {
namespace {

constexpr std::size_t most_port_digits = 5;
constexpr std::size_t highest_port = 65535;

// Names as DNS has them. RFC 3986 would allow "a,b" and "a;b" too, over which servers have
// disagreed which host is meant.
constexpr ByteSet name_bytes = alphanumerics.with(ByteSet("-._~"));
constexpr ByteSet address_bytes = hex_digits.with(ByteSet(":."));

// The number, or nothing where it is greater than `most`.
std::optional<std::size_t> number_up_to(std::size_t most, std::string_view decimal) {
  std::size_t number = 0;
  for (const char c : decimal) {
    const auto value = static_cast<std::size_t>(c - '0');
    if (value > most || number > (most - value) / 10) return std::nullopt;
    number = number * 10 + value;
  }
  return number;
}

bool is_port(std::string_view text) {
  return digits.spells(text) && text.size() <= most_port_digits &&
         number_up_to(highest_port, text).has_value();
}

}  // namespace

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(blanks.run(text));
  while (!text.empty() && blanks.has(text.back())) text.remove_suffix(1);
  return text;
}

bool is_known_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> known{"POST", "GET",    "HEAD", "OPTIONS",
                                                  "PUT",  "DELETE", "PATCH"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

bool has_good_percents(std::string_view target) {
  for (std::size_t at = target.find('%'); at != target.npos; at = target.find('%', at + 3)) {
    const std::string_view byte = target.substr(at + 1, 2);
    if (byte.size() != 2 || !hex_digits.spells(byte) || byte == "00") return false;
  }
  return true;
}

bool is_word(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (is_word(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

HttpFault check_host(std::string_view value) {
  const bool bracketed = value.starts_with('[');
  const std::size_t end = bracketed ? value.find(']') : value.find(':');
  const std::string_view name =
      bracketed ? value.substr(1, std::min(end, value.size()) - 1) : value.substr(0, end);
  std::string_view rest = end == value.npos ? "" : value.substr(end + (bracketed ? 1 : 0));
  const bool closed = !bracketed || end != value.npos;
  const bool good_name = (bracketed ? address_bytes : name_bytes).spells(name);
  const bool good_rest = rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  return closed && good_name && good_rest ? HttpFault::none : HttpFault::bad_host;
}

HttpFault check_transfer_encoding(std::string_view value) {
  if (is_word(value, "chunked")) return HttpFault::none;
  // RFC 9112 6.3: where chunked is not the last coding, nobody knows where the body ends. Where it
  // is, the client is right and we just don't know the coding inside (6.1).
  const std::size_t comma = value.rfind(',');
  if (comma == value.npos || !is_word(trimmed(value.substr(comma + 1)), "chunked") ||
      has_word(value.substr(0, comma), "chunked")) {
    return HttpFault::bad_transfer_encoding;
  }
  return HttpFault::unknown_transfer_coding;
}

HttpFault check_content_length(std::string_view value, std::size_t limit, std::size_t& length) {
  // RFC 9110 8.6 lets a recipient take "5, 5" for 5 and has nothing against "005". Both have been
  // read differently by two servers in a row, and no client sends them.
  if (!digits.spells(value) || (value.size() > 1 && value.front() == '0')) {
    return HttpFault::bad_content_length;
  }
  const std::optional<std::size_t> number = number_up_to(limit, value);
  length = number.value_or(0);
  return number ? HttpFault::none : HttpFault::body_too_large;
}

}  // namespace patchbay
