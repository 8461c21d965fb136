// SPDX-License-Identifier: MIT
#include "cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/syntax.h"
#include "cli/usage.h"
#include "cli/verb.h"

namespace patchbay {
namespace {

struct Flag {
  std::string name;  // eg: "--log-level"
  std::string help;
  bool wants_value = false;
  std::string words;  // that its value may be, with blanks between; empty: any, or a file
};

struct Verb {
  std::string path;  // eg: " config check"; empty: patchbay itself
  std::string name;
  std::string help;
  std::vector<std::string_view> below;
  std::vector<Flag> flags;
  std::string words;  // as what is no flag
};

// CLI11 keeps the words of IsMember for its help only, as in "TEXT:{text,json}".
std::string words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  if (begin == std::string::npos) return {};
  std::string words = type.substr(begin + 1, type.find('}', begin) - begin - 1);
  for (char& c : words) {
    if (c == ',') c = ' ';
  }
  return words;
}

Verb verb_of(const CLI::App& app, const std::string& path) {
  Verb verb{path, app.get_name(), app.get_description(), verbs_of(app), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) verb.words += words_of(*option);
    if (option->get_lnames().empty()) continue;
    verb.flags.push_back({"--" + option->get_lnames().front(), option->get_description(),
                          option->get_items_expected_max() > 0, words_of(*option)});
  }
  return verb;
}

void collect(const CLI::App& app, const std::string& path, std::vector<Verb>& all) {
  all.push_back(verb_of(app, path));
  for (const std::string_view name : verbs_of(app)) {
    const auto is_meant = [&](const CLI::App* verb) { return verb->get_name() == name; };
    for (const CLI::App* verb : app.get_subcommands(is_meant))
      collect(*verb, path + " " + verb->get_name(), all);
  }
}

std::string all_words(const Verb& verb) {
  std::string words = verb.words;
  const auto add = [&](std::string_view word) {
    if (!words.empty()) words += ' ';
    words += word;
  };
  for (const std::string_view name : verb.below) add(name);
  for (const Flag& flag : verb.flags) add(flag.name);
  return words;
}

// zsh runs it as well, with nounset: every variable has a value. Where nothing of ours fits, the
// shell completes the names of files.
std::string bash_script(const std::vector<Verb>& verbs) {
  std::string paths, words, values;
  for (const Verb& verb : verbs) {
    if (!verb.path.empty()) paths += (paths.empty() ? "'" : "|'") + verb.path + "'";
    words += fmt::format("    '{}') words='{}' ;;\n", verb.path, all_words(verb));
    for (const Flag& flag : verb.flags) {
      if (flag.wants_value)
        values += fmt::format("    '{} {}') words='{}' ;;\n", verb.path, flag.name, flag.words);
    }
  }
  return fmt::format(
      "_patchbay() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" verb='' words='' i=1\n"
      "  while [ \"$i\" -lt \"$COMP_CWORD\" ]; do\n"
      "    case \"$verb ${{COMP_WORDS[i]}}\" in {}) verb=\"$verb ${{COMP_WORDS[i]}}\" ;; esac\n"
      "    i=$((i + 1))\n"
      "  done\n"
      "  case \"$verb\" in\n{}  esac\n"
      "  case \"$verb ${{COMP_WORDS[COMP_CWORD - 1]}}\" in\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "}}\n"
      "complete -o default -F _patchbay patchbay\n",
      paths, words, values);
}

std::string zsh_script(const std::vector<Verb>& verbs) {
  return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(verbs);
}

std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// When fish offers what belongs to a verb.
std::string fish_condition(const Verb& verb) {
  if (verb.path.empty()) return "__fish_use_subcommand";
  std::string condition;
  std::istringstream names(verb.path);
  for (std::string name; names >> name;) {
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + name);
  }
  return condition;
}

std::string fish_script(const std::vector<Verb>& verbs) {
  std::string script;
  for (const Verb& verb : verbs) {
    const std::string begin =
        fmt::format("complete -c patchbay -n {}", fish_quoted(fish_condition(verb)));
    for (const Verb& below : verbs) {
      if (!below.name.empty() && below.path == verb.path + " " + below.name)
        script += fmt::format("{} -f -a {} -d {}\n", begin, below.name, fish_quoted(below.help));
    }
    if (!verb.words.empty()) script += fmt::format("{} -f -a '{}'\n", begin, verb.words);
    for (const Flag& flag : verb.flags) {
      script += fmt::format("{} -l {} -d {}{}\n", begin, flag.name.substr(2),
                            fish_quoted(flag.help), flag.wants_value ? " -r" : "");
      if (flag.words.empty()) continue;
      script.pop_back();
      script += fmt::format(" -f -a '{}'\n", flag.words);
    }
  }
  return script;
}

int print_script(const CLI::App& app, const std::string& shell) {
  std::vector<Verb> verbs;
  collect(app, "", verbs);
  const auto script = shell == "bash" ? bash_script : shell == "zsh" ? zsh_script : fish_script;
  fmt::print("{}", script(verbs));
  return exit_good;
}

}  // namespace

void add_completion(CLI::App& app, int& exit) {
  const auto shell = std::make_shared<std::string>();
  Syntax verb(app, "completion", "Make a shell complete what is typed");
  verb.text("shell", *shell, "For which one").required().one_of({"bash", "zsh", "fish"});
  verb.footer(
      "Examples:\n"
      "  patchbay completion bash | sudo tee /etc/bash_completion.d/patchbay\n"
      "  source <(patchbay completion zsh)          in ~/.zshrc\n"
      "  patchbay completion fish > ~/.config/fish/completions/patchbay.fish");
  verb.runs([shell, &app, &exit] { exit = print_script(app, *shell); });
}

}  // namespace patchbay
