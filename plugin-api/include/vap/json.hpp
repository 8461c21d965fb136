// SPDX-License-Identifier: MIT
//
// json.hpp - reads single fields out of JSON and quotes text for it, so that a simple agent needs
// no JSON library. It trusts the text to be JSON, as all that the host hands out is: broken text
// gives nothing or a wrong value, never a read past its end. It does not build documents.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace vap {
namespace json {

// Walks one JSON text from its front; every step returns false where the text is not what it wants.
class cursor {
 public:
  explicit cursor(std::string_view text) : rest_(text) { skip_space(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    advance(1);
    return true;
  }

  // One whole value, as it is written: 42, "hi", {"a":[]}.
  bool take_value(std::string_view& value) {
    if (rest_.empty()) return false;
    const bool nested = rest_.front() == '{' || rest_.front() == '[';
    const std::size_t end = rest_.front() == '"' ? end_of_string(0)
                            : nested             ? end_of_nested()
                                                 : rest_.find_first_of(",]}: \t\r\n");
    if (end == 0 || (end == std::string_view::npos && (nested || rest_.front() == '"')))
      return false;
    value = rest_.substr(0, end);
    advance(value.size());
    return true;
  }

 private:
  void advance(std::size_t n) {
    rest_.remove_prefix(n);
    skip_space();
  }

  void skip_space() {
    const std::size_t n = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }

  // Past the closing quote of the string that opens at `at`.
  std::size_t end_of_string(std::size_t at) const {
    for (++at; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == '"') {
        return at + 1;
      }
    }
    return std::string_view::npos;
  }

  // Past the bracket that closes the first one. Counts instead of recursing: depth costs nothing.
  std::size_t end_of_nested() const {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < rest_.size();) {
      const char c = rest_[at];
      if (c == '"') {
        at = end_of_string(at);
        if (at == std::string_view::npos) break;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return at + 1;
      ++at;
    }
    return std::string_view::npos;
  }

  std::string_view rest_;
};

inline void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  }
}

// The code unit of a \uXXXX at the front of `s`.
inline std::optional<std::uint32_t> code_unit(std::string_view s) {
  if (s.size() < 6 || s[0] != '\\' || s[1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : s.substr(2, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    unit = unit << 4 | static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
  }
  return unit;
}

// Only digits, after a minus where T has one, and within T. std::from_chars for whole numbers would
// bring a STB_GNU_UNIQUE table of libstdc++'s into the plugin.
template <class T>
std::optional<T> whole_number(std::string_view s) {
  const bool negative = std::is_signed_v<T> && !s.empty() && s.front() == '-';
  if (negative) s.remove_prefix(1);
  if (s.empty()) return std::nullopt;
  T number = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    const T digit = static_cast<T>(c - '0'), max = std::numeric_limits<T>::max(),
            min = std::numeric_limits<T>::min();
    if (negative ? number < (min + digit) / 10 : number > (max - digit) / 10) return std::nullopt;
    number = static_cast<T>(negative ? number * 10 - digit : number * 10 + digit);
  }
  return number;
}

// The text between the quotes, escapes undone. Half a surrogate pair becomes U+FFFD.
inline std::string unescape(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    if (s[0] != '\\' || s.size() == 1) {
      out += s[0];
      s.remove_prefix(1);
    } else if (s[1] != 'u') {
      const std::string_view from = "bfnrt", to = "\b\f\n\r\t";
      const std::size_t i = from.find(s[1]);
      out += i == std::string_view::npos ? s[1] : to[i];
      s.remove_prefix(2);
    } else {
      std::uint32_t c = code_unit(s).value_or(0xFFFD);
      s.remove_prefix(s.size() < 6 ? s.size() : 6);
      if (c >= 0xD800 && c < 0xDC00) {
        const std::uint32_t low = code_unit(s).value_or(0);
        const bool pair = low >= 0xDC00 && low < 0xE000;
        c = pair ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
        if (pair) s.remove_prefix(6);
      } else if (c >= 0xDC00 && c < 0xE000) {
        c = 0xFFFD;
      }
      append_utf8(out, c);
    }
  }
  return out;
}

// The member called `name` of an object (the last one, as JavaScript reads it), or element number
// `name` of an array.
inline std::optional<std::string_view> child(std::string_view parent, std::string_view name) {
  cursor at(parent);
  std::optional<std::string_view> found;
  std::string_view key, value;
  if (at.take('{')) {
    do {
      if (!at.take_value(key) || key.size() < 2 || !at.take(':') || !at.take_value(value)) break;
      if (unescape(key.substr(1, key.size() - 2)) == name) found = value;
    } while (at.take(','));
  } else if (at.take('[')) {
    const auto wanted = whole_number<std::size_t>(name);
    for (std::size_t i = 0; wanted && at.take_value(value); ++i) {
      if (i == *wanted) return value;
      if (!at.take(',')) break;
    }
  }
  return found;
}

}  // namespace json

// The value at `path` as it is written, or nothing. A path is names and array positions with dots
// between them: "data.items.0.name". A name with a dot in it cannot be reached.
// Points into `json`.
inline std::optional<std::string_view> json_raw(std::string_view json, std::string_view path) {
  std::string_view value;
  json::cursor whole(json);
  if (!whole.take_value(value)) return std::nullopt;
  for (bool more = !path.empty(); more;) {
    const std::size_t dot = path.find('.');
    const auto next = json::child(value, path.substr(0, dot));
    if (!next) return std::nullopt;
    value = *next;
    more = dot != std::string_view::npos;
    if (more) path.remove_prefix(dot + 1);
  }
  return value;
}

// The field at `path`: json_field(config(), "greeting"), json_field<int>(t.json(), "data.count").
// Nothing where it is absent, null or not a T (an int is whole and fits). As a string, a JSON
// string comes without quotes and escapes, everything else as it is written.
template <class T = std::string>
std::optional<T> json_field(std::string_view json, std::string_view path) {
  const auto raw = json_raw(json, path);
  if (!raw || *raw == "null") return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (raw->front() == '"') return json::unescape(raw->substr(1, raw->size() - 2));
    return std::string(*raw);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (*raw == "true") return true;
    return *raw == "false" ? std::optional<T>(false) : std::nullopt;
  } else if constexpr (std::is_integral_v<T>) {
    return json::whole_number<T>(*raw);
  } else {
    static_assert(std::is_floating_point_v<T>, "json_field reads std::string, bool and numbers");
    T number{};
    const char* const last = raw->data() + raw->size();
    const auto [end, wrong] = std::from_chars(raw->data(), last, number);
    if (wrong != std::errc() || end != last) return std::nullopt;
    return number;
  }
}

// Text as a JSON string, quotes included: t.data("{\"name\":" + vap::quote(name) + "}").
// Bytes that are no UTF-8 stay as they are, and the host will not take them.
inline std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const char* const hex = "0123456789abcdef";
      out += "\\u00", out += hex[c >> 4], out += hex[c & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace vap
