// SPDX-License-Identifier: MIT
#include "cli/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "check/examiner.h"
#include "check/report.h"
#include "check/rulebook.h"
#include "check/subject.h"
#include "cli/plugin_directory.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "codec/event.h"
#include "codec/json_text.h"
#include "ground/text.h"
#include "machine/files.h"

namespace patchbay {
namespace {

constexpr std::size_t largest_config = 1024 * 1024;  // bytes

struct Flags {
  std::string file;
  std::string only;
  std::string explain;
  std::string config;
  std::string agent;
  std::string say;
  long timeout = 10;  // seconds
  bool list = false;
  bool here = false;
  bool json = false;
};

int list_rules() {
  for (const Rule* rule : all_rules())
    fmt::print("{:<5} {:<29}  {}\n", rule->group, rule->name, rule->fact);
  return exit_good;
}

int explain(const std::string& name) {
  const Rule* rule = find_rule(name);
  if (rule != nullptr) {
    fmt::print("{}", explanation(*rule));
    return exit_good;
  }
  const std::string_view meant = nearest_rule(name);
  fail({"no_such_rule", fmt::format("there is no rule '{}'", printable(name)),
        meant.empty() ? "patchbay check --list shows them all"
                      : fmt::format("did you mean {}?", meant)});
  return exit_usage;
}

// --- what to check

Problem choose_agent(Subject& subject, const std::string& wanted) {
  if (wanted.empty() || !subject.manifest) return std::nullopt;
  std::vector<std::string> known;
  for (const ManifestAgent& agent : subject.manifest->agents) known.push_back(agent.id);
  subject.agent_id = wanted;
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return std::nullopt;
  return Error{"no_such_agent", fmt::format("it has no agent '{}'", printable(wanted)),
               fmt::format("it has: {}", fmt::join(known, ", "))};
}

Problem choose_config(Subject& subject, const std::string& wanted) {
  if (wanted.empty()) return std::nullopt;
  subject.config_json = wanted;
  if (wanted.starts_with('@')) {
    Result<std::string> text = read_file(wanted.substr(1), largest_config);
    if (!text) return std::move(text).error();
    subject.config_json = *std::move(text);
  }
  if (const Problem wrong = check_json(subject.config_json, max_json_depth)) {
    return Error{"config_not_json", "--config wants JSON: " + wrong->message,
                 R"(as in --config '{"tables":2}', or --config @FILE)"};
  }
  return std::nullopt;
}

Result<Subject> prepare(const Flags& flags) {
  Result<Subject> subject = open_subject(plugin_file(flags.file));
  if (!subject) return subject;
  if (Problem wrong = choose_agent(*subject, flags.agent)) return *std::move(wrong);
  if (Problem wrong = choose_config(*subject, flags.config)) return *std::move(wrong);
  if (!flags.say.empty()) subject->words = flags.say;
  return subject;
}

bool is_group(std::string_view word) {
  return word == "file" || word == "load" || word == "life" || word == "turn";
}

// The Error is about the expression.
Result<std::vector<const Rule*>> choose_rules(const Flags& flags) {
  std::vector<const Rule*> rules = all_rules();
  try {
    const std::regex wanted(flags.only);
    std::erase_if(rules, [&](const Rule* rule) {
      if (is_group(flags.only)) return rule->group != flags.only;
      return !std::regex_search(rule->name.begin(), rule->name.end(), wanted);
    });
  } catch (const std::regex_error&) {
    return Error{"bad_regex", fmt::format("'{}' is no regular expression", printable(flags.only)),
                 ""};
  }
  if (rules.empty()) {
    return Error{"no_rule", fmt::format("no rule matches '{}'", printable(flags.only)),
                 "patchbay check --list shows them all"};
  }
  if (flags.here && rules.size() > 1) {
    return Error{"one_rule",
                 "--in-process tries one rule: what a plugin leaves behind would spoil the next",
                 "choose it with --only RULE"};
  }
  return rules;
}

// --- checking it

void print_title(const Subject& subject) {
  const std::string who =
      subject.manifest ? fmt::format("{} {}", subject.manifest->id, subject.manifest->version)
                       : std::string("no plugin that can be read");
  fmt::print("{}: {}\n\n", printable(subject.candidate.file().string()), printable(who));
}

std::vector<Tried> try_all(const std::vector<const Rule*>& rules, const Subject& subject,
                           const Flags& flags) {
  Examiner examiner(subject, Seconds{flags.timeout}, flags.here);
  ReportLines lines;
  const auto show = [&](const std::string& text) {
    if (flags.json || text.empty()) return;
    fmt::print("{}", text);
    std::fflush(stdout);
  };
  std::vector<Tried> all;
  for (const Rule* rule : rules) {
    all.push_back(examiner.try_rule(*rule));
    show(lines.add(all.back()));
  }
  show(lines.finish());
  return all;
}

int check(const Flags& flags) {
  if (flags.list) return list_rules();
  if (!flags.explain.empty()) return explain(flags.explain);
  if (flags.file.empty()) {
    fail({"no_file", "check needs a plugin file",
          "patchbay check FILE.so, or --list, or --explain RULE"});
    return exit_usage;
  }
  const auto rules = choose_rules(flags);
  if (!rules) {
    fail(rules.error());
    return exit_usage;
  }
  const Result<Subject> subject = prepare(flags);
  if (!subject) {
    fail(subject.error());
    return subject.error().code == "config_not_json" ? exit_usage : exit_failed;
  }

  std::signal(SIGPIPE, SIG_IGN);
  if (!flags.json) print_title(*subject);
  const std::vector<Tried> all = try_all(*rules, *subject, flags);
  const bool complete = flags.only.empty();
  const Tally tally = tally_of(all);
  fmt::print("{}{}\n", flags.json ? "" : "\n",
             flags.json ? json_report(*subject, all, complete) : badge(tally, complete));
  return tally.failed == 0 ? exit_good : exit_failed;
}

}  // namespace

void add_check(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax verb(app, "check", "Find out whether a plugin keeps the promises of the ABI");
  verb.text("file", flags->file, "The plugin: a file, or the name of one of the sample agents")
      .shown_as("FILE.so|AGENT");
  verb.text("--only", flags->only,
            "Only rules whose name matches, or one group: file, load, life or turn")
      .shown_as("REGEX");
  verb.flag("--list", flags->list, "Show all rules");
  verb.text("--explain", flags->explain, "Show one rule, why it is there, and what to do about it")
      .shown_as("RULE");
  verb.text("--config", flags->config, "The agent's configuration (default {})")
      .shown_as("JSON|@FILE");
  verb.text("--agent", flags->agent, "Which agent of the plugin (default: its first)")
      .shown_as("ID");
  verb.text("--say", flags->say, "What callers say to it (default Hello)").shown_as("TEXT");
  verb.number("--timeout", flags->timeout, 1, 3600, "Seconds for each rule (default 10)")
      .shown_as("N");
  verb.flag("--in-process", flags->here, "No child process: for a debugger, with --only RULE");
  verb.flag("--json", flags->json, "For scripts: one JSON object");
  verb.footer(
      "Each rule is tried in a process of its own: whatever the plugin does, the others are tried "
      "too.\n"
      "Exit code: 0 where no rule failed, 1 where one did, 2 where the command line is wrong.\n"
      "Examples:\n"
      "  patchbay check build/hello.so\n"
      "  patchbay check bakery.so --config '{\"name\": \"Crumb\"}' --say 'Two croissants, please'\n"
      "  patchbay check bakery.so --only 'cancel|deadline'\n"
      "  patchbay check --explain destroy-joins-threads\n"
      "  gdb --args patchbay check bakery.so --in-process --only really-unloads");
  verb.runs([flags, &exit] { exit = check(*flags); });
}

}  // namespace patchbay
