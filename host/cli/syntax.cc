// SPDX-License-Identifier: MIT
#include "cli/syntax.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace patchbay {

Flag& Flag::shown_as(const char* value) {
  option_->type_name(value);
  return *this;
}

Flag& Flag::required() {
  option_->required();
  return *this;
}

Flag& Flag::needs(const Flag& other) {
  option_->needs(other.option_);
  return *this;
}

Flag& Flag::excludes(const Flag& other) {
  option_->excludes(other.option_);
  return *this;
}

Flag& Flag::one_of(std::span<const std::string_view> words) {
  option_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

Flag& Flag::one_of(std::initializer_list<std::string_view> words) {
  return one_of(std::span(words.begin(), words.size()));
}

Flag& Flag::checked_by(std::string (*why_not)(const std::string&)) {
  option_->check(why_not);
  return *this;
}

Syntax::Syntax(CLI::App& app, const char* name, const char* about)
    : app_(app.add_subcommand(name, about)) {}

Syntax Syntax::verb(const char* name, const char* about) {
  app_->require_subcommand(1);
  return {*app_, name, about};
}

Flag Syntax::text(const char* name, std::string& out, const char* about) {
  return Flag(app_->add_option(name, out, about));
}

Flag Syntax::text(const char* name, std::optional<std::string>& out, const char* about) {
  return Flag(app_->add_option(name, out, about));
}

Flag Syntax::texts(const char* name, std::vector<std::string>& out, const char* about) {
  return Flag(app_->add_option(name, out, about)->allow_extra_args(false));
}

Flag Syntax::number(const char* name, long& out, long least, long most, const char* about) {
  return Flag(app_->add_option(name, out, about)->check(CLI::Range(least, most)));
}

Flag Syntax::flag(const char* name, bool& out, const char* about) {
  return Flag(app_->add_flag(name, out, about));
}

Syntax& Syntax::footer(const char* examples) {
  app_->footer(examples);
  return *this;
}

Syntax& Syntax::hidden() {
  app_->group("");
  return *this;
}

void Syntax::runs(std::function<void()> verb) {
  app_->callback(std::move(verb));
}

}  // namespace patchbay
