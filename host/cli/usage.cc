// SPDX-License-Identifier: MIT
#include "cli/usage.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>

#include "cli/verb.h"
#include "ground/text.h"

namespace patchbay {
namespace {

// How far the command line was understood: the verb whose help explains the rest.
const CLI::App& reached(const CLI::App& app) {
  const std::vector<CLI::App*> next = app.get_subcommands();
  return next.empty() ? app : reached(*next.front());
}

// eg: "patchbay config check"
std::string name_of(const CLI::App& verb) {
  const CLI::App* above = verb.get_parent();
  return above == nullptr ? "patchbay" : name_of(*above) + " " + verb.get_name();
}

std::string refuse_word(const CLI::App& verb, std::string word) {
  if (!word.starts_with('-')) return fmt::format("'{}' is one argument too many", printable(word));
  word.resize(std::min(word.find('='), word.size()));  // what stands behind may be a secret
  std::vector<std::string> options;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  }
  const std::vector<std::string_view> known(options.begin(), options.end());
  const std::string_view meant = nearest(word, known);
  return fmt::format("there is no option '{}' here{}", printable(word),
                     meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant));
}

}  // namespace

std::vector<std::string_view> verbs_of(const CLI::App& app) {
  std::vector<std::string_view> verbs;
  const auto is_shown = [](const CLI::App* verb) { return !verb->get_group().empty(); };
  for (const CLI::App* verb : app.get_subcommands(is_shown)) verbs.push_back(verb->get_name());
  return verbs;
}

int refuse(const CLI::App& app, const CLI::ParseError& wrong) {
  const CLI::App& verb = reached(app);
  const std::vector<std::string> left = verb.remaining();
  const std::vector<std::string_view> verbs = verbs_of(verb);
  if (!verbs.empty() && left.empty()) {
    fmt::print(stderr, "{}", app.help());
    return exit_usage;
  }
  if (!verbs.empty() && !left.front().starts_with('-')) return unknown_verb(left.front(), verbs);
  fmt::print(stderr, "patchbay: {}\n  see {} --help\n",
             left.empty() ? wrong.what() : refuse_word(verb, left.front()), name_of(verb));
  return exit_usage;
}

}  // namespace patchbay
