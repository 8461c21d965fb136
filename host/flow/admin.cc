// SPDX-License-Identifier: MIT
#include "flow/admin.h"

#include <fmt/format.h>

#include <utility>

#include "codec/http_response.h"
#include "codec/wish.h"
#include "ground/text.h"

namespace patchbay {
namespace {

constexpr std::string_view agents_path = "/agents/";

// `otherwise`: what the wish itself answers where it did not work.
int status_of(const Error& error, int otherwise) {
  if (error.code == steward_code::unknown_agent) return 404;
  if (error.code == steward_code::nothing_to_roll_back_to) return 409;
  if (error.code == steward_code::stopping) return 503;
  return otherwise;
}

Error no_such_agent(const Standing& standing, std::string_view name) {
  std::vector<std::string_view> names;
  for (const PluginStanding& plugin : standing.plugins) {
    names.insert(names.end(), plugin.agents.begin(), plugin.agents.end());
    names.insert(names.end(), plugin.unloaded.begin(), plugin.unloaded.end());
  }
  const std::string_view meant = nearest(name, names);
  return {steward_code::unknown_agent, fmt::format("there is no agent '{}'", printable(name)),
          meant.empty() ? "GET /agents, or patchbay agents, shows them all"
                        : fmt::format("did you mean '{}'?", meant)};
}

// One wish, from when it was heard to when it is answered. Holds nothing of the Admin, for it may
// end after it; the steward that ends it is there, and so is the log.
struct Wish {
  Steward& steward;
  Log& log;
  std::shared_ptr<Stream> stream;
  std::string_view verb;  // a literal
  std::string what;       // an agent's name, or a file; empty: the host as a whole
  int failed;             // the status of an answer where it did not work

  void grant(const Problem& warning) const;
  void end(const Problem& problem) const;
};

void Wish::grant(const Problem& warning) const {
  const Standing standing = steward.standing();
  const PluginStanding* const plugin = what.empty() ? nullptr : find_plugin(standing, what);
  Granted granted;
  if (plugin != nullptr) granted.plugin = *plugin;
  granted.warning = warning;
  stream->answer(json_response(200, encode_granted(granted)));
}

void Wish::end(const Problem& problem) const {
  const bool good = !problem || problem->code == steward_code::stays_mapped;
  log.write(good ? LogLevel::info : LogLevel::warn, "admin",
            {{"wish", verb},
             {"what", what},
             {"outcome", problem ? problem->code : "done"},
             {"why", problem ? problem->message : ""}});
  if (good) return grant(problem);
  stream->answer(error_response(status_of(*problem, failed), *problem));
}

}  // namespace

std::vector<Endpoint> Admin::endpoints() {
  std::vector<Endpoint> all{
      {"GET", "/agents", [this](Exchange&& e) { agents(e); }},
      {"POST", "/agents/*", [this](Exchange&& e) { agent(std::move(e)); }},
      {"POST", "/load", [this](Exchange&& e) { load(std::move(e)); }},
      {"POST", "/reload", [this](Exchange&& e) { reload(std::move(e)); }},
      {"POST", "/drain", [this](Exchange&& e) { drain(e); }},
      {"GET", "/log-level", [this](Exchange&& e) { log_level(e); }},
      {"PUT", "/log-level", [this](Exchange&& e) { set_log_level(e); }},
  };
  for (Endpoint& endpoint : talks_.endpoints()) all.push_back(std::move(endpoint));
  return all;
}

void Admin::agents(const Exchange& exchange) const {
  Standing standing = steward_.standing();
  standing.draining = health_.draining();
  exchange.stream->answer(json_response(200, encode_standing(standing)));
}

void Admin::agent(Exchange&& exchange) {
  std::string_view rest = exchange.request.path;
  rest.remove_prefix(agents_path.size());
  const std::size_t slash = rest.find('/');
  const std::string name(rest.substr(0, slash));
  const std::string_view verb = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (verb != "rollback" && verb != "unload") {
    return exchange.stream->answer(
        error_response(404, {"not_found", "there is nothing at this path",
                             "POST /agents/NAME/rollback or /agents/NAME/unload"}));
  }
  const Standing standing = steward_.standing();
  if (find_plugin(standing, name) == nullptr)
    return exchange.stream->answer(error_response(404, no_such_agent(standing, name)));
  if (verb == "rollback") return roll_back(std::move(exchange), name);
  unload(std::move(exchange), name);
}

void Admin::roll_back(Exchange&& exchange, const std::string& name) {
  const Wish wish{steward_, log_, std::move(exchange.stream), "rollback", name, 409};
  steward_.rollback(name, [wish](const Problem& problem) { wish.end(problem); });
}

// By the time it is gone nobody serves that name: what is told then is told by the file.
void Admin::unload(Exchange&& exchange, const std::string& name) {
  const Standing standing = steward_.standing();
  const PluginStanding* const plugin = find_plugin(standing, name);
  Wish wish{steward_, log_, std::move(exchange.stream), "unload", name, 409};
  if (plugin != nullptr) wish.what = plugin->file;
  steward_.unload(name, [wish = std::move(wish)](const Problem& problem) { wish.end(problem); });
}

void Admin::load(Exchange&& exchange) {
  Result<std::string> what = wished_text(exchange.request.body, "what", "\"NAME or PATH\"");
  if (!what) return exchange.stream->answer(error_response(400, what.error()));
  const Wish wish{steward_, log_, std::move(exchange.stream), "load", *what, 422};
  steward_.load(*what, [wish](const Problem& problem) { wish.end(problem); });
}

void Admin::reload(Exchange&& exchange) {
  const Wish wish{steward_, log_, std::move(exchange.stream), "reload", "", 422};
  steward_.reload_config([wish](const Problem& problem) { wish.end(problem); });
}

void Admin::drain(const Exchange& exchange) {
  const Result<bool> draining = wished_flag(exchange.request.body, "draining");
  if (!draining) return exchange.stream->answer(error_response(400, draining.error()));
  health_.set_draining(*draining);
  log_.info("admin", {{"wish", "drain"}, {"draining", *draining}});
  exchange.stream->answer(json_response(200, fmt::format(R"({{"draining":{}}})", *draining)));
}

void Admin::log_level(const Exchange& exchange) const {
  exchange.stream->answer(
      json_response(200, fmt::format(R"({{"level":"{}"}})", name_of(log_.level()))));
}

void Admin::set_log_level(const Exchange& exchange) {
  const Result<std::string> name = wished_text(exchange.request.body, "level", "\"debug\"");
  if (!name) return exchange.stream->answer(error_response(400, name.error()));
  const auto level = log_level_named(*name);
  if (!level) {
    return exchange.stream->answer(error_response(
        400, {"unknown_log_level", fmt::format("there is no log level '{}'", printable(*name)),
              "one of trace, debug, info, warn, error, off"}));
  }
  const std::string_view before = name_of(log_.level());
  log_.set_level(*level);
  log_.info("admin", {{"wish", "log-level"}, {"level", *name}, {"before", before}});
  log_level(exchange);
}

}  // namespace patchbay
