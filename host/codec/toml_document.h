// SPDX-License-Identifier: MIT
// TOML text becomes a tree of values that know their places, in the order of the text. Knows no key
// and no meaning.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct TomlPlace {
  std::uint32_t line = 0, column = 0;  // from 1
};

enum class TomlKind { text, integer, real, boolean, date, array, table };

struct TomlEntry;

struct TomlValue {
  TomlKind kind = TomlKind::table;
  TomlPlace place;
  std::string text;  // of a text or a date; a date as RFC 3339 writes it
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<TomlValue> items;    // of an array
  std::vector<TomlEntry> entries;  // of a table

  // The entry of that name, or null.
  [[nodiscard]] const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  TomlPlace place;  // of the key
  TomlValue value;
};

// The Error's code is config_syntax; its message begins with file:line:column and repeats no value.
Result<TomlValue> parse_toml(std::string_view text, std::string_view file);

// "text", "a whole number", ...: how to speak of a kind to a person.
std::string_view kind_name(TomlKind kind);

// "patchbay.toml:7:3: "
std::string place_in(std::string_view file, TomlPlace place);

// The same value as JSON: dates become strings. nan and inf have no JSON form: the place of the
// first of them comes back instead, with false.
bool append_json(std::string& out, const TomlValue& value, TomlPlace& no_json);

}  // namespace patchbay
