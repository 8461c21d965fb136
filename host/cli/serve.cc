// SPDX-License-Identifier: MIT
#include "cli/serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <memory>

#include "cli/config_file.h"
#include "cli/early_end.h"
#include "cli/house.h"
#include "cli/house_secrets.h"
#include "cli/house_store.h"
#include "cli/plugin_directory.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "codec/address.h"
#include "codec/config.h"

namespace patchbay {
namespace {

struct Flags {
  std::string config;
  std::string plugins;
  std::string listen;
  std::string agent;
  std::string admin;
  std::string store;
  TlsFiles tls;
  std::string log_level;
  std::string log_format;
  bool dev = false;
};

// What a flag says goes before what the file says.
Result<Config> configure(const Flags& flags) {
  Config config;
  if (!flags.config.empty()) {
    Result<Config> decoded = load_config(flags.config);
    if (!decoded) return decoded;
    config = *std::move(decoded);
  }
  if (!flags.plugins.empty()) config.plugin_directory = flags.plugins;
  if (!flags.listen.empty()) {
    if (const Result<Address> address = parse_address(flags.listen); !address)
      return address.error();
    config.listen = flags.listen;
  }
  if (!flags.agent.empty()) config.default_agent = flags.agent;
  if (!flags.admin.empty()) config.admin_socket = flags.admin;
  if (!flags.store.empty()) config.store = flags.store;
  if (!flags.tls.certificate.empty()) config.tls = flags.tls;
  if (config.store.empty()) {
    const Result<Address> address = parse_address(config.listen);
    if (!address) return address.error();
    config.store = usual_store(*address);
  }
  if (!flags.log_level.empty()) config.log_level = flags.log_level;
  if (!flags.log_format.empty()) config.log_format = flags.log_format;
  if (config.plugin_directory.empty() && config.agents.empty()) {
    config.plugin_directory = default_plugin_directory();
  }
  return config;
}

void greet(const House& house, const Config& config, const HouseSecrets& secrets) {
  // "*" is every interface; a command that is pasted needs one of them.
  std::string address = house.address();
  if (address.starts_with('*')) address.replace(0, 1, "localhost");
  address.insert(0, house.scheme());
  fmt::print("patchbay {} answers on {}\n", PATCHBAY_VERSION, address);
  for (const std::string& name : house.agents()) {
    fmt::print("  POST /agents/{}{}\n", name,
               name == house.default_agent() ? "   and /api/agent" : "");
  }
  if (house.agents().empty())
    fmt::print("  no agents: nothing loadable in {}\n", config.plugin_directory);
  if (secrets.made_up)
    fmt::print("made-up webhook secret (--dev): {}\n", secrets.webhook.front().bytes());
  if (!house.agents().empty() && !config.default_agent.empty()) {
    fmt::print("try: patchbay call {}/api/agent\n", address);
  } else if (!house.agents().empty()) {
    fmt::print("try: patchbay call {}/agents/{}\n", address, house.agents().front());
  }
  std::fflush(stdout);
}

// What the flags and the file say now, with the secrets that they name.
Result<Settings> settings_of(const Flags& flags) {
  Result<Config> config = configure(flags);
  if (!config) return std::move(config).error();
  Result<HouseSecrets> secrets = find_house_secrets(*config, flags.dev);
  if (!secrets) return std::move(secrets).error();
  Settings settings{*std::move(config), std::move(secrets->webhook)};
  if (Problem wrong = find_own_secrets(settings)) return *std::move(wrong);
  return settings;
}

// Until somebody wants this process to end. SIGHUP means: look at everything again.
int wait_for_the_end(const sigset_t& signals, House& house) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    house.steward().reload_config([](const Problem&) {});  // the log says what came of it
  }
}

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// As many connections as the system lets this process have: soft limits are often a tenth of the
// hard.
void raise_file_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int serve(const Flags& flags) {
  Result<Config> config = configure(flags);
  if (!config) return fail(config.error());
  if (flags.dev) {
    if (Problem wrong = refuse_open_dev(*config, "--dev")) return fail(*wrong);
  }
  Result<HouseSecrets> secrets = find_house_secrets(*config, flags.dev);
  if (!secrets) return fail(secrets.error());

  // Blocked before any thread starts, so that only the sigwait below ever gets them.
  const sigset_t ends = end_signals();
  sigset_t signals = ends;
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();

  Log log(log_level_of(config->log_level), log_format_of(config->log_format), config->log_redact);
  House::Wanted wanted{{*config, secrets->webhook}, secrets->api_key};
  if (Problem wrong = find_own_secrets(wanted.settings)) return fail(*wrong);
  if (!flags.config.empty())
    wanted.config_file = {flags.config, [flags] { return settings_of(flags); }};
  auto early_end = std::make_unique<EarlyEnd>(ends, log);
  Result<std::unique_ptr<House>> house = House::open(std::move(wanted), log);
  early_end.reset();
  if (!house) {
    log.flush();
    return fail(house.error());
  }
  greet(**house, *config, *secrets);

  const int signal = wait_for_the_end(signals, **house);
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  log.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  const bool clean = (*house)->close();
  log.info("stopped", {{"clean", clean}});
  const bool written = log.flush();
  // Where a plugin's code still runs, no destructor may pull the ground from under it; where nobody
  // reads the log, exit() would wait for its writer.
  if (!clean || !written) std::_Exit(exit_good);
  return exit_good;
}

}  // namespace

void add_serve(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax verb(app, "serve", "Answer webhooks with the agents of a plugin directory");
  verb.text("--plugins", flags->plugins,
            "Directory of plugins; each *.so is served as /agents/<file's stem>")
      .shown_as("DIR");
  verb.text("--listen", flags->listen,
            "Where to listen (default 127.0.0.1:8080; port 0 picks one and prints it)")
      .shown_as("HOST:PORT");
  verb.text("--config", flags->config, "Configuration file (TOML); see docs/configuration.md")
      .shown_as("FILE");
  verb.text("--agent", flags->agent, "The agent behind /api/agent (default: the only one)")
      .shown_as("NAME");
  verb.text("--admin", flags->admin,
            "Socket for patchbay agents, load, conversations … (default: see docs/admin.md)")
      .shown_as("PATH|off");
  verb.text("--store", flags->store,
            "Where conversations are kept: memory, sqlite:PATH, or redis://HOST:PORT/0 (default: "
            "see docs/conversations.md)")
      .shown_as("URL");
  Flag certificate =
      verb.text("--tls-cert", flags->tls.certificate,
                "Speak TLS with this certificate (PEM, with those between it and its authority)")
          .shown_as("FILE");
  const Flag key = verb.text("--tls-key", flags->tls.key, "Its key (PEM, without a passphrase)")
                       .shown_as("FILE")
                       .needs(certificate);
  certificate.needs(key);
  verb.flag("--dev", flags->dev, "Make up a webhook secret, print it, and listen on loopback only");
  verb.text("--log-level", flags->log_level, "trace, debug, info, warn or error")
      .one_of(log_level_names);
  verb.text("--log-format", flags->log_format, "text (for a terminal) or json (one object a line)")
      .one_of({"text", "json"});
  verb.footer(
      "Secrets: LAYERCODE_WEBHOOK_SECRET signs the webhooks, LAYERCODE_API_KEY lets /api/authorize "
      "work.\n"
      "Examples:\n"
      "  patchbay serve --dev --plugins build/release/plugins\n"
      "  LAYERCODE_WEBHOOK_SECRET=... patchbay serve --plugins /srv/agents --agent bakery\n"
      "  patchbay serve --config /etc/patchbay.toml --log-format json");
  verb.runs([flags, &exit] { exit = serve(*flags); });
}

}  // namespace patchbay
