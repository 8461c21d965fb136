// SPDX-License-Identifier: MIT
#include "cli/config_check.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/config_file.h"
#include "cli/house_store.h"
#include "cli/syntax.h"
#include "cli/verb.h"
#include "flow/certificate.h"
#include "flow/switchboard.h"
#include "machine/files.h"

namespace patchbay {
namespace {

struct Flags {
  std::string file;
  bool secrets = false;
};

// Every secret that is named is there and not empty; so is the store's address, which may hold one,
// and the certificate fits its key.
Problem check_secrets(const Config& config) {
  if (Problem wrong = check_house_store(config)) return wrong;
  const Result<std::vector<Secret>> webhook = resolve_secrets(config.secrets);
  if (!webhook) return webhook.error();
  Settings settings{config};
  if (Problem missing = find_own_secrets(settings)) return missing;
  if (!config.tls.certificate.empty()) {
    if (const Result<Certificate::Pair> pair = Certificate::read(config.tls); !pair)
      return pair.error();
  }
  if (!config.authorize) return std::nullopt;
  const Result<Secret> key = resolve_secret(config.api_key);
  return key ? Problem() : Problem(key.error());
}

int check(const Flags& flags) {
  const Result<Config> config = load_config(flags.file);
  if (!config) return fail(config.error());
  if (flags.secrets) {
    if (const Problem wrong = check_secrets(*config)) return fail(*wrong);
  }
  const std::string agents = config->agents.empty()
                                 ? "every plugin of its directory"
                                 : fmt::format("{} {}", config->agents.size(),
                                               config->agents.size() == 1 ? "agent" : "agents");
  fmt::print("{} is good: {}, listens on {}\n", flags.file, agents, config->listen);
  return exit_good;
}

}  // namespace

void add_config(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax config(app, "config", "Work with the configuration file");
  Syntax verb =
      config.verb("check", "Is this configuration file good? Names every mistake with its line");
  verb.text("file", flags->file, "The file, eg: patchbay.toml").required().shown_as("FILE");
  verb.flag("--secrets", flags->secrets,
            "Also look whether every secret it names is there, the\n"
            "address of the store, and a certificate that fits its key");
  verb.footer(
      "What is in [agents.NAME.config] is for the plugin to judge: serve asks it before it "
      "starts.\n"
      "Example:\n"
      "  patchbay config check /etc/patchbay/patchbay.toml --secrets");
  verb.runs([flags, &exit] { exit = check(*flags); });
}

}  // namespace patchbay
