// SPDX-License-Identifier: MIT
#include "codec/table_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array size_units = {Unit{"GiB", 1ULL << 30U}, Unit{"MiB", 1ULL << 20U},
                                   Unit{"KiB", 1ULL << 10U}, Unit{"B", 1}, Unit{"", 1}};
constexpr std::array time_units = {Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                   Unit{"ms", 1}, Unit{"", 1}};

// "64KiB" by the unit's factor; nothing where it is no number, names no such unit, or overflows.
std::optional<std::uint64_t> amount_of(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& unit : units) {
    if (text != unit.name) continue;
    // The largest amount any of our ranges could hold, with room to spare.
    constexpr std::uint64_t most = 1ULL << 62U;
    return number <= most / unit.factor ? std::optional(number * unit.factor) : std::nullopt;
  }
  return {};
}

// The amount of a value that is a number or text with a unit.
std::optional<std::uint64_t> amount_of(const TomlValue& value, std::span<const Unit> units) {
  if (value.kind == TomlKind::text) return amount_of(value.text, units);
  if (value.kind != TomlKind::integer || value.integer < 0) return {};
  return static_cast<std::uint64_t>(value.integer);
}

// In the largest unit that leaves no rest.
std::string written(std::uint64_t amount, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (amount >= unit.factor && amount % unit.factor == 0) {
      return std::to_string(amount / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(amount);
}

std::string from_to(const std::string& least, const std::string& most) {
  return "from " + least + " to " + most;
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

// A key can be any text, a line break too.
std::string in_quotes(std::string_view key) {
  return is_plain_name(key) ? "'" + std::string(key) + "'" : json_string(key);
}

std::string did_you_mean(std::string_view meant) {
  return meant.empty() ? "" : "did you mean '" + std::string(meant) + "'?";
}

}  // namespace

void Findings::add(TomlPlace place, std::string message, std::string hint) {
  all_.push_back({place, std::move(message), std::move(hint)});
}

Problem Findings::problem() const {
  if (all_.empty()) return {};
  auto sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  if (sorted.size() == 1) {
    return Error{"config_invalid", place_in(file_, sorted[0].place) + sorted[0].message,
                 sorted[0].hint};
  }
  std::string text;
  for (const auto& one : sorted) {
    text += (text.empty() ? "" : "\n") + place_in(file_, one.place) + one.message;
    if (!one.hint.empty()) text += " (" + one.hint + ")";
  }
  return Error{"config_invalid", std::move(text), ""};
}

TableReader::TableReader(const TomlValue* table, std::string path, Findings& findings)
    : table_(table), path_(std::move(path)), findings_(findings) {}

void TableReader::text(std::string_view key, std::string& out, const TextForm& form) {
  const auto* value = find(key, TomlKind::text, form.wanted);
  if (!value) return;
  if (!form.fits(value->text))
    return refuse(key, value->place, "wants " + std::string(form.wanted));
  out = value->text;
}

void TableReader::one_of(std::string_view key, std::string& out,
                         std::span<const std::string_view> choices) {
  const auto* value = find(key, TomlKind::text, "one of " + joined(choices));
  if (!value) return;
  if (std::find(choices.begin(), choices.end(), value->text) == choices.end()) {
    const auto meant = nearest(value->text, choices);
    return refuse(key, value->place, "wants one of " + joined(choices), did_you_mean(meant));
  }
  out = value->text;
}

void TableReader::flag(std::string_view key, bool& out) {
  if (const auto* value = find(key, TomlKind::boolean, "true or false")) out = value->boolean;
}

void TableReader::count(std::string_view key, std::size_t& out, Range<std::size_t> range) {
  const auto wanted =
      "a whole number " + from_to(std::to_string(range.least), std::to_string(range.most));
  const auto* value = find(key, TomlKind::integer, wanted);
  if (!value) return;
  const auto number = amount_of(*value, {});
  if (!number || *number < range.least || *number > range.most) {
    return refuse(key, value->place, "wants " + wanted);
  }
  out = *number;
}

void TableReader::size(std::string_view key, std::size_t& out, Range<std::size_t> range) {
  const auto* value = find(key);
  if (!value) return;
  const auto amount = amount_of(*value, size_units);
  if (!amount || *amount < range.least || *amount > range.most) {
    return refuse(key, value->place,
                  "wants a size " +
                      from_to(written(range.least, size_units), written(range.most, size_units)),
                  "write a number of bytes, or \"64KiB\", \"8MiB\"");
  }
  out = *amount;
}

void TableReader::duration(std::string_view key, Milliseconds& out, Range<Milliseconds> range) {
  const auto* value = find(key);
  if (!value) return;
  const auto number = [](Milliseconds time) { return static_cast<std::uint64_t>(time.count()); };
  const auto amount = amount_of(*value, time_units);
  if (!amount || *amount < number(range.least) || *amount > number(range.most)) {
    return refuse(key, value->place,
                  "wants a time " + from_to(written(number(range.least), time_units),
                                            written(number(range.most), time_units)),
                  "write \"1500ms\", \"30s\", \"2m\" or a number of milliseconds");
  }
  out = Milliseconds(static_cast<Milliseconds::rep>(*amount));
}

const TomlValue* TableReader::find(std::string_view key) {
  known_.push_back(key);
  const auto* entry = table_ ? table_->find(key) : nullptr;
  return entry ? &entry->value : nullptr;
}

const TomlValue* TableReader::find(std::string_view key, TomlKind kind, std::string_view wanted) {
  const auto* value = find(key);
  if (!value || value->kind == kind) return value;
  refuse(key, value->place,
         "wants " + std::string(wanted) + "; this is " + std::string(kind_name(value->kind)));
  return nullptr;
}

std::vector<const TomlValue*> TableReader::texts(std::string_view key) {
  const auto* value = find(key);
  if (!value) return {};
  if (value->kind == TomlKind::text) return {value};
  std::vector<const TomlValue*> all;
  bool only_texts = value->kind == TomlKind::array && !value->items.empty();
  for (const auto& item : value->items) {
    only_texts = only_texts && item.kind == TomlKind::text;
    all.push_back(&item);
  }
  if (only_texts) return all;
  refuse(key, value->place, "wants text, or a list of texts with at least one in it");
  return {};
}

TableReader TableReader::table(std::string_view key) {
  return {find(key, TomlKind::table, "a table"), path_.empty() ? std::string(key) : name(key),
          findings_};
}

void TableReader::json(std::string& out) {
  if (!table_) return;
  std::string text;
  TomlPlace no_json;
  if (append_json(text, *table_, no_json)) {
    out = std::move(text);
  } else {
    findings_.add(no_json, path_ + " is handed on as JSON, which has no nan and no inf");
  }
}

void TableReader::refuse(std::string_view key, TomlPlace place, std::string_view what,
                         std::string hint) {
  findings_.add(place, name(key) + " " + std::string(what), std::move(hint));
}

void TableReader::finish() {
  for (const auto& entry : entries()) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const auto meant = nearest(entry.key, known_);
    const bool is_table = entry.value.kind == TomlKind::table;
    const std::string_view noun = is_table ? "table" : "key";
    const std::string where = path_.empty() ? "" : " in [" + path_ + "]";
    findings_.add(entry.place, "unknown " + std::string(noun) + " " + in_quotes(entry.key) + where,
                  meant.empty() ? "known here: " + joined(known_) : did_you_mean(meant));
  }
}

std::span<const TomlEntry> TableReader::entries() const {
  return table_ ? std::span<const TomlEntry>(table_->entries) : std::span<const TomlEntry>{};
}

std::string TableReader::name(std::string_view key) const {
  return (path_.empty() ? "" : path_ + ".") + std::string(key);
}

std::optional<Milliseconds> duration_of(std::string_view text) {
  const auto amount = amount_of(text, time_units);
  if (!amount) return {};
  return Milliseconds(static_cast<Milliseconds::rep>(*amount));
}

}  // namespace patchbay
