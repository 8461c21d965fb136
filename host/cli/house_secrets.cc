// SPDX-License-Identifier: MIT
#include "cli/house_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/dev_secret.h"
#include "codec/address.h"
#include "codec/egress.h"
#include "machine/files.h"

namespace patchbay {
namespace {

// Every agent that the configuration names may bring its own; else the webhook's must be there.
bool needs_webhook_secret(const Config& config) {
  return config.agents.empty() ||
         std::any_of(config.agents.begin(), config.agents.end(),
                     [](const AgentConfig& agent) { return agent.secrets.empty(); });
}

Problem find_webhook_secrets(const Config& config, bool dev, HouseSecrets& found) {
  Result<std::vector<Secret>> webhook = resolve_secrets(config.secrets);
  if (webhook) {
    found.webhook = *std::move(webhook);
    return std::nullopt;
  }
  if (!dev || webhook.error().code != "secret_unset") {
    std::string hint = webhook.error().hint;
    hint += dev ? "\n  or unset it: one is made up where none is set"
                : "\n  or add --dev to try things out on this machine with a made-up secret";
    return Error{webhook.error().code, "no webhook secret: " + webhook.error().message,
                 std::move(hint)};
  }
  Result<Secret> made = dev_secret();
  if (!made) return std::move(made).error();
  found.webhook.push_back(*std::move(made));
  found.made_up = true;
  return std::nullopt;
}

}  // namespace

Problem refuse_open_dev(const Config& config, std::string_view who) {
  Result<Address> address = parse_address(config.listen);
  if (!address) return std::move(address).error();
  if (is_loopback_host(address->host)) return std::nullopt;
  return Error{
      "dev_is_local", fmt::format("{} listens on loopback only, not on {}", who, config.listen),
      "to serve others, set LAYERCODE_WEBHOOK_SECRET and use patchbay serve without --dev"};
}

Result<HouseSecrets> find_house_secrets(const Config& config, bool dev) {
  HouseSecrets found;
  if (needs_webhook_secret(config)) {
    if (Problem wrong = find_webhook_secrets(config, dev, found)) return *std::move(wrong);
  }
  if (!config.authorize) return found;
  Result<Secret> key = resolve_secret(config.api_key);
  if (key) {
    found.api_key = *std::move(key);
  } else if (key.error().code != "secret_unset") {
    return std::move(key).error();  // many hosts have no front end to authorize; but a key that is
                                    // there must be good
  }
  return found;
}

}  // namespace patchbay
