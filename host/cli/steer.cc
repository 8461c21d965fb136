// SPDX-License-Identifier: MIT
#include "cli/steer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "cli/admin_client.h"
#include "cli/standing_table.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "codec/wish.h"
#include "ground/text.h"

namespace patchbay {
namespace {

struct Flags {
  std::string admin;
  std::string what;  // an agent, a file, or a level
  bool off = false;
};

// What a verb prints where it worked.
using Said = Result<std::string>;

void warn(const Problem& warning) {
  if (!warning) return;
  fmt::print(stderr, "patchbay: {}\n", printable(warning->message));
  if (!warning->hint.empty()) fmt::print(stderr, "  {}\n", printable(warning->hint));
}

// "bakery, night serve 1.4.2 (9f2c01ab34de)".
std::string who_serves(const PluginStanding& plugin) {
  const GenerationStanding* const now = serving(plugin);
  if (now == nullptr || plugin.agents.empty())
    return printable(plugin.file) + ", which serves no agent";
  return fmt::format("{} {} {}", printable(fmt::format("{}", fmt::join(plugin.agents, ", "))),
                     plugin.agents.size() == 1 ? "serves" : "serve",
                     version_and_digest(now->version, now->digest));
}

AdminQuestion wish(const std::string& path, const std::string& body = {}) {
  return {"POST", path, body, Seconds(10)};
}

// The name becomes part of a path; what cannot be one is not sent.
Problem check_agent(const std::string& name) {
  if (is_plain_name(name)) return std::nullopt;
  return Error{"unknown_agent", fmt::format("no agent can be named '{}'", printable(name)),
               "patchbay agents shows them all"};
}

std::string under_way_anywhere(const Standing& standing) {
  for (const PluginStanding& plugin : standing.plugins) {
    if (!plugin.doing.empty()) return printable(plugin.file) + ": " + under_way(plugin);
  }
  return {};
}

// A path means a file here, and the host may have been started somewhere else.
std::string as_the_host_sees_it(const std::string& what) {
  std::error_code wrong;
  const bool is_file = what.find('/') != std::string::npos ||
                       (what.ends_with(".so") && std::filesystem::exists(what, wrong));
  if (!is_file) return what;
  const auto path = std::filesystem::absolute(what, wrong).lexically_normal();
  return wrong ? what : path.string();
}

Said load(const Flags& flags, const std::string& socket) {
  const std::string what = as_the_host_sees_it(flags.what);
  const Result<Granted> granted =
      ask_patiently(socket, wish("/load", fmt::format(R"({{"what":{}}})", json_string(what))),
                    [&](const Standing& standing) {
                      const PluginStanding* const plugin = find_plugin(standing, what);
                      return plugin != nullptr ? under_way(*plugin) : under_way_anywhere(standing);
                    });
  if (!granted) return granted.error();
  warn(granted->warning);
  return "loaded: " + (granted->plugin ? who_serves(*granted->plugin) : printable(what));
}

Said unload(const Flags& flags, const std::string& socket) {
  if (Problem wrong = check_agent(flags.what)) return *std::move(wrong);
  const Result<Standing> before = ask_standing(socket);
  if (!before) return before.error();
  // Its name is gone before its last turn has ended: the file is how it is found then.
  const PluginStanding* const plugin = find_plugin(*before, flags.what);
  const std::string file = plugin == nullptr ? "" : plugin->file;
  const Result<Granted> granted =
      ask_patiently(socket, wish("/agents/" + flags.what + "/unload"), [&](const Standing& now) {
        const PluginStanding* const there = find_plugin(now, file);
        return there == nullptr ? std::string() : under_way(*there);
      });
  if (!granted) return granted.error();
  warn(granted->warning);
  return "unloaded: " + flags.what;
}

Said roll_back(const Flags& flags, const std::string& socket) {
  if (Problem wrong = check_agent(flags.what)) return *std::move(wrong);
  const Result<Granted> granted = ask_patiently(
      socket, wish("/agents/" + flags.what + "/rollback"), [&](const Standing& standing) {
        const PluginStanding* const plugin = find_plugin(standing, flags.what);
        return plugin == nullptr ? std::string() : under_way(*plugin);
      });
  if (!granted) return granted.error();
  warn(granted->warning);
  return "rolled back: " + (granted->plugin ? who_serves(*granted->plugin) : flags.what);
}

Said reload(const Flags& /*flags*/, const std::string& socket) {
  const Result<Granted> granted = ask_patiently(socket, wish("/reload"), under_way_anywhere);
  if (!granted) return granted.error();
  warn(granted->warning);
  return std::string("the configuration is reloaded");
}

Said drain(const Flags& flags, const std::string& socket) {
  const Result<std::string> body =
      ask_admin(socket, wish("/drain", fmt::format(R"({{"draining":{}}})", !flags.off)));
  if (!body) return body.error();
  return std::string(flags.off
                         ? "ready: /readyz says 200 again, where there are agents"
                         : "draining: /readyz says 503; whoever calls all the same is answered");
}

Said log_level(const Flags& flags, const std::string& socket) {
  AdminQuestion question{"GET", "/log-level", {}, Seconds(10)};
  if (!flags.what.empty()) {
    question.method = "PUT";
    question.body = fmt::format(R"({{"level":{}}})", json_string(flags.what));
  }
  const Result<std::string> body = ask_admin(socket, question);
  if (!body) return body.error();
  const Result<std::string> level = wished_text(*body, "level", "\"info\"");
  if (!level) return level.error();
  const bool talkative = *level == "debug" || *level == "trace";
  return fmt::format("the log's level is {}{}", printable(*level),
                     talkative ? ": callers' words are logged too" : "");
}

int run(Said (*verb)(const Flags&, const std::string&), const Flags& flags) {
  const Result<std::string> socket = choose_admin_socket(flags.admin);
  if (!socket) return fail(socket.error());
  const Said said = verb(flags, *socket);
  if (!said) return fail(said.error());
  fmt::print("{}\n", *said);
  return exit_good;
}

Syntax add(CLI::App& app, const char* name, const char* about, const std::shared_ptr<Flags>& flags,
           Said (*verb)(const Flags&, const std::string&), int& exit) {
  Syntax added(app, name, about);
  added.text("--admin", flags->admin, admin_flag_help).shown_as("PATH");
  added.runs([flags, verb, &exit] { exit = run(verb, *flags); });
  return added;
}

}  // namespace

void add_steer(CLI::App& app, int& exit) {
  const auto flags = std::make_shared<Flags>();
  add(app, "load", "Have a running host take a plugin file now", flags, load, exit)
      .footer(
          "Also a file that was refused before is tried again.\n"
          "Examples:\n  patchbay load bakery\n  patchbay load build/bakery.so")
      .text("what", flags->what, "An agent, or a plugin file")
      .required()
      .shown_as("NAME|FILE.so");
  add(app, "unload", "End an agent of a running host, once its turns have ended", flags, unload,
      exit)
      .footer("Ctrl-C stops waiting, not the unloading.\nExample:\n  patchbay unload bakery")
      .text("agent", flags->what, "Which agent")
      .required()
      .shown_as("NAME");
  add(app, "rollback", "Have the version before serve again", flags, roll_back, exit)
      .footer("Example:\n  patchbay rollback bakery")
      .text("agent", flags->what, "Which agent")
      .required()
      .shown_as("NAME");
  add(app, "reload", "Have a running host read its configuration again: all of it, or nothing",
      flags, reload, exit);
  add(app, "drain", "Have balancers send calls elsewhere: /readyz says 503", flags, drain, exit)
      .flag("--off", flags->off, "Take calls again");
  add(app, "log-level", "Show or change how much a running host logs", flags, log_level, exit)
      .footer(
          "Until the host ends; for good it is `level` in [log].\n"
          "Example:\n  patchbay log-level debug")
      .text("level", flags->what, "trace, debug, info, warn, error or off")
      .shown_as("LEVEL")
      .one_of(log_level_names);
}

}  // namespace patchbay
