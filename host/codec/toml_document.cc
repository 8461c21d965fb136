// SPDX-License-Identifier: MIT
#include "codec/toml_document.h"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_text = std::size_t{256} * 1024;  // bytes
constexpr std::size_t deepest = 32;                            // tables and arrays in each other
constexpr int most_dots = 200;                                 // in one line

TomlPlace place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

std::uint32_t line_of(std::string_view text, std::size_t at) {
  const auto newlines =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return static_cast<std::uint32_t>(newlines) + 1;
}

// "a.a.a" makes a table in a table in a table, and toml++ destroys them by recursion: 30 thousand
// in one key overflow the stack. Dots next to each other stand in no key, only in prose.
std::optional<TomlPlace> endless_key(std::string_view text) {
  int dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') dots = 0;
    if (text[i] != '.' || (i > 0 && text[i - 1] == '.')) continue;
    if (++dots > most_dots) return TomlPlace{line_of(text, i), 1};
  }
  return {};
}

template <class Stamp>
std::string written(const Stamp& date) {
  std::ostringstream out;
  out << date;
  return out.str();
}

// Builds our tree; false where it is too deep. Depth-first, so the bound also bounds the recursion.
bool convert(const toml::node& node, TomlValue& out, std::size_t depth);

bool convert_table(const toml::table& table, TomlValue& out, std::size_t depth) {
  out.kind = TomlKind::table;
  for (const auto& [key, child] : table) {
    out.entries.push_back({std::string(key.str()), place_of(key.source()), {}});
    if (!convert(child, out.entries.back().value, depth)) return false;
  }
  // toml++ keeps tables by name.
  std::stable_sort(out.entries.begin(), out.entries.end(), [](auto& a, auto& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return true;
}

bool convert_array(const toml::array& array, TomlValue& out, std::size_t depth) {
  out.kind = TomlKind::array;
  for (const auto& child : array) {
    if (!convert(child, out.items.emplace_back(), depth)) return false;
  }
  return true;
}

bool convert(const toml::node& node, TomlValue& out, std::size_t depth) {
  out.place = place_of(node.source());
  if (depth > deepest) return false;
  if (const auto* table = node.as_table()) return convert_table(*table, out, depth + 1);
  if (const auto* array = node.as_array()) return convert_array(*array, out, depth + 1);
  if (const auto* text = node.as_string()) {
    out.kind = TomlKind::text;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = TomlKind::integer;
    out.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.kind = TomlKind::real;
    out.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = TomlKind::boolean;
    out.boolean = boolean->get();
  } else {
    out.kind = TomlKind::date;
    if (const auto* date = node.as_date()) out.text = written(date->get());
    if (const auto* time = node.as_time()) out.text = written(time->get());
    if (const auto* stamp = node.as_date_time()) out.text = written(stamp->get());
  }
  return true;
}

Error syntax(std::string_view file, TomlPlace place, std::string what, std::string hint) {
  return {"config_syntax", place_in(file, place) + std::move(what), std::move(hint)};
}

// toml++ quotes a number that does not fit; that number may have been meant as a secret.
Error explained(std::string_view file, const toml::parse_error& why) {
  const auto place = place_of(why.source());
  const std::string_view said = why.description();
  if (said.find("not representable") != std::string_view::npos) {
    return syntax(file, place, "a number is too large", "text wants quotes: \"...\"");
  }
  const bool bare = said.find("could not determine value type") != std::string_view::npos;
  constexpr std::string_view prefix = "Error while parsing ";
  auto what = said.starts_with(prefix) ? "in a " + std::string(said.substr(prefix.size()))
                                       : std::string(said);
  return syntax(file, place, std::move(what), bare ? "text wants quotes: \"...\"" : "");
}

void append_real(std::string& out, double value) {
  std::array<char, 32> digits{};
  const auto [end, why] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";  // it was no whole number
}

bool append_table(std::string& out, const TomlValue& table, TomlPlace& no_json) {
  out += '{';
  for (const auto& entry : table.entries) {
    if (out.back() != '{') out += ',';
    append_json_string(out, entry.key);
    out += ':';
    if (!append_json(out, entry.value, no_json)) return false;
  }
  out += '}';
  return true;
}

bool append_array(std::string& out, const TomlValue& array, TomlPlace& no_json) {
  out += '[';
  for (const auto& item : array.items) {
    if (out.back() != '[') out += ',';
    if (!append_json(out, item, no_json)) return false;
  }
  out += ']';
  return true;
}

}  // namespace

const TomlEntry* TomlValue::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const TomlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Result<TomlValue> parse_toml(std::string_view text, std::string_view file) {
  if (text.size() > longest_text)
    return syntax(file, {1, 1}, "the file is longer than 256 KiB", "");
  if (const auto place = endless_key(text)) {
    return syntax(file, *place, "a line has more than 200 dots", "break long text with \"\"\"");
  }
  try {
    const toml::table parsed = toml::parse(text, std::string_view{});
    TomlValue document;
    if (convert(parsed, document, 0)) return document;
    return syntax(file, {1, 1}, "tables or arrays are nested more than 32 deep", "");
  } catch (const toml::parse_error& why) {
    return explained(file, why);
  } catch (const std::exception& why) {
    return syntax(file, {1, 1}, why.what(), "");
  }
}

std::string_view kind_name(TomlKind kind) {
  switch (kind) {
    case TomlKind::text:
      return "text";
    case TomlKind::integer:
      return "a whole number";
    case TomlKind::real:
      return "a number with a fraction";
    case TomlKind::boolean:
      return "true or false";
    case TomlKind::date:
      return "a date or time";
    case TomlKind::array:
      return "a list";
    case TomlKind::table:
      return "a table";
  }
  return "unknown";
}

std::string place_in(std::string_view file, TomlPlace place) {
  std::string text(file);
  return text + ':' + std::to_string(place.line) + ':' + std::to_string(place.column) + ": ";
}

bool append_json(std::string& out, const TomlValue& value, TomlPlace& no_json) {
  switch (value.kind) {
    case TomlKind::table:
      return append_table(out, value, no_json);
    case TomlKind::array:
      return append_array(out, value, no_json);
    case TomlKind::text:
    case TomlKind::date:
      append_json_string(out, value.text);
      return true;
    case TomlKind::integer:
      out += std::to_string(value.integer);
      return true;
    case TomlKind::boolean:
      out += value.boolean ? "true" : "false";
      return true;
    case TomlKind::real:
      break;
  }
  if (!std::isfinite(value.real)) {
    no_json = value.place;
    return false;
  }
  append_real(out, value.real);
  return true;
}

}  // namespace patchbay
