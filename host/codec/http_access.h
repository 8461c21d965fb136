// SPDX-License-Identifier: MIT
// Whom an agent may ask over the network, and with which keys: the table [agents.NAME.http].
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codec/egress.h"
#include "codec/secret_ref.h"
#include "codec/table_reader.h"

namespace patchbay {

struct HttpAccess {
  std::vector<EgressRule> allow = {};  // empty: nobody
  std::vector<std::string> warm = {};  // URLs to which a connection is opened at once
  std::map<std::string, SecretRef, std::less<>> secrets = {};  // by the name that the agent knows
  bool operator==(const HttpAccess&) const = default;
};

// What is wrong in the table is refused there, and left out.
HttpAccess read_http_access(TableReader http);

}  // namespace patchbay
