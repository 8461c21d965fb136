// SPDX-License-Identifier: MIT
// What may stand behind a verb of the command line. Speaks with CLI11 for all verbs: to include its
// headers costs a compiler as much as some twenty of our own files.
#pragma once
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace patchbay {

// One word or flag of a verb; a handle, which is copied freely and lives as long as the verb.
class Flag {
 public:
  Flag& shown_as(const char* value);  // in the help, eg: "FILE"
  Flag& required();
  Flag& needs(const Flag& other);
  Flag& excludes(const Flag& other);
  Flag& one_of(std::span<const std::string_view> words);
  Flag& one_of(std::initializer_list<std::string_view> words);
  // `why_not` says what is wrong with a value; nothing: it is good.
  Flag& checked_by(std::string (*why_not)(const std::string&));

 private:
  friend class Syntax;
  explicit Flag(CLI::Option* option) : option_(option) {}
  CLI::Option* option_;
};

// A verb; a handle as well. What it fills must outlive the reading of the command line. A name that
// begins with dashes is a flag's, another a word's. [control]
class Syntax {
 public:
  Syntax(CLI::App& app, const char* name, const char* about);  // `app` owns the verb
  Syntax verb(const char* name, const char* about);            // one below it, which must be said

  Flag text(const char* name, std::string& out, const char* about);
  Flag text(const char* name, std::optional<std::string>& out, const char* about);
  Flag texts(const char* name, std::vector<std::string>& out,
             const char* about);  // said repeatedly
  Flag number(const char* name, long& out, long least, long most, const char* about);
  Flag flag(const char* name, bool& out, const char* about);
  Syntax& footer(const char* examples);
  Syntax& hidden();  // not in the help
  void runs(std::function<void()> verb);

 private:
  CLI::App* app_;
};

}  // namespace patchbay
