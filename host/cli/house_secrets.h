// SPDX-License-Identifier: MIT
// The secrets that a house opens with: those that its configuration names, and on an author's own
// machine a made-up one where none is set.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "codec/config.h"
#include "codec/signature.h"
#include "ground/result.h"

namespace patchbay {

struct HouseSecrets {
  std::vector<Secret> webhook;  // empty where every agent brings its own
  std::optional<Secret> api_key;
  bool made_up = false;  // the webhook's, and left where `call` finds it
};

// `dev`: make one up where none is set. The Error says how to set it. [control]
Result<HouseSecrets> find_house_secrets(const Config& config, bool dev);

// A made-up secret is no lock for a door to the street: where the address is not of this machine
// alone, the Error says so. `who` is what listens, eg: "--dev".
[[nodiscard]] Problem refuse_open_dev(const Config& config, std::string_view who);

}  // namespace patchbay
