// SPDX-License-Identifier: MIT
#include "cli/dev_house.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/config_file.h"
#include "cli/ctrl_c.h"
#include "cli/early_end.h"
#include "cli/standing_table.h"
#include "cli/verb.h"
#include "codec/address.h"
#include "street/listener.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;
using Tone = DevScreen::Tone;

// Who ends the loop does not want to wait for agents that talk on.
constexpr Milliseconds drain_time{1'000};
// A build is copied at once, then tried: the next may be begun meanwhile.
constexpr Milliseconds patience{2'000};

Result<Config> read_config(const DevHouse::Wanted& wanted) {
  Config config;
  if (!wanted.config.empty()) {
    Result<Config> decoded = load_config(wanted.config);
    if (!decoded) return decoded;
    config = *std::move(decoded);
  }
  if (!wanted.listen.empty()) config.listen = wanted.listen;
  if (!wanted.admin.empty()) config.admin_socket = wanted.admin;
  if (!wanted.log_level.empty()) config.log_level = wanted.log_level;
  config.watch = false;  // a linker's first bytes are no build: we say when there is one
  config.drain_timeout = std::min(config.drain_timeout, drain_time);
  return config;
}

// Taken and given back: an author should not wait for a build to learn this.
Problem check_address(const Config& config) {
  if (Problem wrong = refuse_open_dev(config, "patchbay dev")) return wrong;
  const Result<Address> address = parse_address(config.listen);
  if (!address) return address.error();
  if (Result<Listener> listener = open_listener(*address); !listener)
    return std::move(listener).error();
  return std::nullopt;
}

// Of the agents in a file those that this plugin is, wherever it expects the plugin to be.
Problem choose_agents(Config& config, const fs::path& plugin, const std::string& name,
                      const DevHouse::Wanted& wanted) {
  const std::string stem = plugin.stem().string();
  if (config.agents.empty()) {
    AgentConfig agent;
    agent.name = wanted.agent.empty() ? name : wanted.agent;
    agent.plugin = stem;
    config.agents.push_back(std::move(agent));
  }
  std::erase_if(config.agents, [&](const AgentConfig& agent) {
    const std::string other = fs::path(agent.plugin).stem().string();
    return agent.plugin != stem && other != stem && other != name;
  });
  if (config.agents.empty())
    return Error{"no_such_agent",
                 fmt::format("no agent in {} has the plugin {}", wanted.config, name),
                 fmt::format("add [agents.{0}] with plugin = \"{0}\"", name)};
  for (AgentConfig& agent : config.agents) agent.plugin = plugin.string();
  if (!wanted.agent.empty()) config.default_agent = wanted.agent;
  // It may be one of those that are not here.
  if (wanted.agent.empty() && !has_agent(config.agents, config.default_agent))
    config.default_agent.clear();
  return std::nullopt;
}

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

Result<std::unique_ptr<DevHouse>> DevHouse::prepare(const Wanted& wanted, bool colour) {
  const Result<Config> config = read_config(wanted);
  if (!config) return config.error();
  if (Problem wrong = check_address(*config)) return *std::move(wrong);
  Result<HouseSecrets> secrets = find_house_secrets(*config, true);
  if (!secrets) return std::move(secrets).error();
  const SignalsBlocked blocked;
  return std::unique_ptr<DevHouse>(new DevHouse(wanted, colour, *config, *std::move(secrets)));
}

DevHouse::DevHouse(const Wanted& wanted, bool colour, const Config& config, HouseSecrets secrets)
    : wanted_(wanted),
      secrets_(std::move(secrets)),
      log_(log_level_of(config.log_level), log_format_of(config.log_format), config.log_redact),
      screen_(colour, log_) {}

void DevHouse::take(const fs::path& plugin, const std::string& name, const std::string& built,
                    const Interrupt& stop) {
  if (!house_) return open(plugin, name, built);
  const auto told = std::make_shared<Interrupt>();
  house_->steward().load(plugin.string(), [this, told, built, digest_before = serving_now().digest](
                                              const Problem& wrong) {
    if (!wrong || wrong->code != steward_code::stopping) tell(built, digest_before, wrong);
    told->raise();
  });
  if (wait_for(told->descriptor(), POLLIN, Clock::now() + patience, stop) != Woken::timed_out)
    return;
  screen_.line(Tone::quiet, built + ", trying it takes its time; patchbay agents shows it");
}

void DevHouse::open(const fs::path& plugin, const std::string& name, const std::string& built) {
  if (const Problem wrong = open_house(plugin, name)) {
    screen_.refusal(built + ", refused: ", *wrong);
    screen_.line(Tone::plain, "nothing serves yet; save a file to try again");
    return;
  }
  plugin_ = plugin;
  name_ = name;
  follow_config();
  tell(built, "", std::nullopt);
  greet();
}

Problem DevHouse::open_house(const fs::path& plugin, const std::string& name) {
  Result<Settings> settings = settings_for(plugin, name);
  if (!settings) return std::move(settings).error();
  House::Wanted wanted{*std::move(settings), secrets_.api_key};
  if (!wanted_.config.empty())
    wanted.config_file = {wanted_.config,
                          [this, plugin, name] { return settings_for(plugin, name); }};
  const SignalsBlocked blocked;
  const EarlyEnd early_end(end_signals(), log_);
  Result<std::unique_ptr<House>> house = House::open(std::move(wanted), log_);
  if (!house) return std::move(house).error();
  house_ = *std::move(house);
  return std::nullopt;
}

Result<Settings> DevHouse::settings_for(const fs::path& plugin, const std::string& name) const {
  Result<Config> config = read_config(wanted_);
  if (!config) return std::move(config).error();
  if (Problem wrong = choose_agents(*config, plugin, name, wanted_)) return *std::move(wrong);
  Settings settings{*std::move(config), secrets_.webhook};
  if (Problem wrong = find_own_secrets(settings)) return *std::move(wrong);
  return settings;
}

// A loop that cannot watch its configuration serves all the same.
void DevHouse::follow_config() {
  if (wanted_.config.empty()) return;
  const SignalsBlocked blocked;
  Result<std::unique_ptr<Watch>> started = Watch::start(
      {},
      [this](const fs::path&) {
        house_->steward().reload_config([this](const Problem& wrong) {
          if (wrong && wrong->code == steward_code::stopping) return;
          if (wrong) return screen_.refusal(wanted_.config + " refused: ", *wrong);
          screen_.line(Tone::good, wanted_.config + " is in force");
        });
      },
      log_);
  if (!started)
    return log_.warn("changes of the configuration are not noticed",
                     {{"why", started.error().text()}, {"next", "patchbay reload takes them"}});
  config_watch_ = *std::move(started);
  config_watch_->follow_file(wanted_.config);
}

void DevHouse::greet() {
  const std::string address = house_->scheme() + house_->address();
  std::string text = fmt::format("patchbay {} answers on {}", PATCHBAY_VERSION, address);
  for (const std::string& agent : house_->agents())
    text += fmt::format("\nPOST /agents/{}{}", agent,
                        agent == house_->default_agent() ? "   and /api/agent" : "");
  screen_.line(Tone::plain, text);
  std::string agent = house_->default_agent();
  if (agent.empty() && !house_->agents().empty()) agent = house_->agents().front();
  screen_.line(Tone::plain, fmt::format("talk to it: patchbay call {}/agents/{}\n"
                                        "then save a change: the same call hears it. Ctrl-C ends.",
                                        address, agent));
}

// Also on the thread of the host that has loaded it.
void DevHouse::tell(const std::string& built, const std::string& digest_before,
                    const Problem& wrong) {
  const GenerationStanding now = serving_now();
  const std::string what = fmt::format("{} {}", name_, version_and_digest(now.version, now.digest));
  if (wrong) {
    screen_.refusal(built + ", refused: ", *wrong);
    if (!now.digest.empty()) screen_.line(Tone::plain, what + " serves on");
  } else if (now.digest == digest_before) {
    screen_.line(Tone::quiet, fmt::format("{}, nothing new: {} serves on", built, what));
  } else {
    screen_.line(Tone::good, fmt::format("{}, serving {}", built, what));
  }
}

GenerationStanding DevHouse::serving_now() const {
  const Standing standing = house_->steward().standing();
  const PluginStanding* const plugin = find_plugin(standing, plugin_.string());
  const GenerationStanding* const now = plugin == nullptr ? nullptr : serving(*plugin);
  return now == nullptr ? GenerationStanding{} : *now;
}

bool DevHouse::close() {
  config_watch_.reset();
  const bool clean = !house_ || house_->close();
  return log_.flush() && clean;
}

}  // namespace patchbay
