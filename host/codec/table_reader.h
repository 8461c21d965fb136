// SPDX-License-Identifier: MIT
// Takes the keys of one TOML table by name, type and range, remembers which were asked for, and
// calls the others unknown. Nothing stops at the first fault: all of a file come out in one report.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/toml_document.h"
#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

// What is wrong in one file.
class Findings {
 public:
  explicit Findings(std::string_view file) : file_(file) {}

  // hint: what to do about it; may be empty.
  void add(TomlPlace place, std::string message, std::string hint = {});
  // All findings in the order of the file, one per line; nothing where there are none. The Error's
  // code is config_invalid. One finding alone has its hint in the Error's.
  [[nodiscard]] Problem problem() const;

 private:
  struct Finding {
    TomlPlace place;
    std::string message, hint;
  };
  std::string file_;
  std::vector<Finding> all_;
};

// What a text must look like, eg: {is_listen_address, "HOST:PORT, eg: \"127.0.0.1:8080\""}.
struct TextForm {
  bool (*fits)(std::string_view text);
  std::string_view wanted;
};

template <class Number>
struct Range {
  Number least, most;
};

// Each function leaves `out` as it is where the key is absent or wrong: so defaults stay. The
// table, the names and the findings outlive the reader.
class TableReader {
 public:
  // table may be null: every key is absent then. path, eg: "server"; empty for the whole document.
  TableReader(const TomlValue* table, std::string path, Findings& findings);

  void text(std::string_view key, std::string& out, const TextForm& form);
  void one_of(std::string_view key, std::string& out, std::span<const std::string_view> choices);
  void flag(std::string_view key, bool& out);
  void count(std::string_view key, std::size_t& out, Range<std::size_t> range);
  // A whole number of bytes, or text: "64KiB", "8MiB", "1GiB".
  void size(std::string_view key, std::size_t& out, Range<std::size_t> range);
  // A whole number of milliseconds, or text: "1500ms", "30s", "2m", "1h".
  void duration(std::string_view key, Milliseconds& out, Range<Milliseconds> range);

  // For all other types: the value, or null. It counts as asked for.
  const TomlValue* find(std::string_view key);
  // The texts of a list, or the one text that stands for a list of one; null entries never occur.
  std::vector<const TomlValue*> texts(std::string_view key);
  // The table of that name, of which the caller reads the keys; an empty reader where it is absent.
  TableReader table(std::string_view key);
  // This table, as a JSON object.
  void json(std::string& out);

  // Says of a value in this table what is wrong with it.
  void refuse(std::string_view key, TomlPlace place, std::string_view what, std::string hint = {});
  // Reports every key that nobody asked for. Call it last.
  void finish();

  [[nodiscard]] std::span<const TomlEntry> entries() const;

 private:
  const TomlValue* find(std::string_view key, TomlKind kind, std::string_view wanted);
  [[nodiscard]] std::string name(std::string_view key) const;

  const TomlValue* table_;
  std::string path_;
  Findings& findings_;
  std::vector<std::string_view> known_;
};

// "30s", "1500ms", "2m", "1h", or a bare number of milliseconds; nothing for other text.
std::optional<Milliseconds> duration_of(std::string_view text);

}  // namespace patchbay
