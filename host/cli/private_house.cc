// SPDX-License-Identifier: MIT
#include "cli/private_house.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "cli/ctrl_c.h"
#include "cli/dev_secret.h"
#include "cli/plugin_directory.h"
#include "ground/text.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// Who ends a call does not want to wait for agents that talk on.
constexpr Milliseconds drain_time{1'000};

// eg: "127.0.0.1:8080", "localhost:8080/agents/bakery": a host that runs, were it a URL.
bool is_address(std::string_view agent) {
  const std::string_view host = agent.substr(0, agent.find('/'));
  return host.find(':') != std::string_view::npos;
}

bool is_file_name(std::string_view agent) {
  return agent.find('/') != std::string_view::npos || agent.ends_with(".so");
}

std::vector<std::string> agents_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code wrong;
  for (const auto& entry : fs::directory_iterator(directory, wrong)) {
    if (entry.path().extension() == ".so") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Error no_url(const std::string& address) {
  return {"url_invalid", fmt::format("'{}' is neither an agent, a file nor a URL", address),
          fmt::format("for a host that runs already, write http://{}", address)};
}

Error no_such_agent(const std::string& name, const std::string& directory) {
  const std::vector<std::string> there = agents_in(directory);
  Error error{"no_such_agent", fmt::format("there is no agent '{}' in {}", name, directory), ""};
  const std::vector<std::string_view> known(there.begin(), there.end());
  const std::string_view near = nearest(name, known);
  if (there.empty()) {
    error.hint = "say where the plugins are with --plugins DIR, or give the path of a plugin file";
  } else if (!near.empty()) {
    error.hint = fmt::format("did you mean '{}'?", near);
  } else {
    error.hint = fmt::format("there are: {}", fmt::join(there, ", "));
  }
  return error;
}

// The one agent, and where its file is.
Result<Config> configure(const PrivateHouse::Wanted& wanted) {
  Config config;
  config.listen = "127.0.0.1:0";
  config.reactors = 1;
  config.authorize = false;
  config.watch = false;
  config.admin_socket = "off";
  config.drain_timeout = drain_time;
  config.plugin_directory = wanted.plugins.empty() ? default_plugin_directory() : wanted.plugins;
  AgentConfig agent;
  std::error_code wrong;
  if (is_file_name(wanted.agent)) {
    const fs::path file = fs::absolute(wanted.agent, wrong);
    if (!fs::exists(file, wrong) && is_address(wanted.agent)) return no_url(wanted.agent);
    if (!fs::exists(file, wrong)) {
      return Error{"no_such_file", fmt::format("there is no file {}", wanted.agent),
                   "for a host that runs already, write http://HOST:PORT/agents/NAME"};
    }
    agent.plugin = file.string();
    agent.name = file.stem().string();
  } else if (is_address(wanted.agent)) {
    return no_url(wanted.agent);
  } else {
    const fs::path file = fs::path(config.plugin_directory) / (wanted.agent + ".so");
    if (!fs::exists(file, wrong)) return no_such_agent(wanted.agent, config.plugin_directory);
    agent.plugin = wanted.agent;
    agent.name = wanted.agent;
  }
  if (!is_plain_name(agent.name)) agent.name = "agent";
  config.agents.push_back(std::move(agent));
  return config;
}

}  // namespace

Result<std::unique_ptr<PrivateHouse>> PrivateHouse::open(const Wanted& wanted) {
  Result<Config> config = configure(wanted);
  if (!config) return std::move(config).error();
  Result<Secret> secret = make_up_secret();
  if (!secret) return std::move(secret).error();
  const SignalsBlocked blocked;
  std::unique_ptr<PrivateHouse> made(new PrivateHouse(wanted.log_level, *std::move(secret)));
  const std::string name = config->agents.front().name;
  Result<std::unique_ptr<House>> house =
      House::open({Settings{*std::move(config), {made->secret_}}}, *made->log_);
  if (!house) return std::move(house).error();
  made->house_ = *std::move(house);
  Result<Url> url = parse_url("http://" + made->house_->address() + "/agents/" + name);
  if (!url) return std::move(url).error();
  made->url_ = *std::move(url);
  return made;
}

bool PrivateHouse::close() {
  const bool clean = house_->close();
  log_->flush();
  return clean;
}

}  // namespace patchbay
