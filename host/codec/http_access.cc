// SPDX-License-Identifier: MIT
#include "codec/http_access.h"

#include <utility>

#include "codec/secret_slots.h"

namespace patchbay {
namespace {

void read_allowed(TableReader& http, HttpAccess& out) {
  for (const auto* text : http.texts("allow")) {
    Result<EgressRule> rule = decode_egress_rule(text->text);
    if (rule) {
      out.allow.push_back(*std::move(rule));
    } else {
      http.refuse("allow", text->place, rule.error().message, rule.error().hint);
    }
  }
}

// A connection is opened only to whom the agent may reach.
void read_warm(TableReader& http, HttpAccess& out) {
  for (const auto* text : http.texts("warm")) {
    const Result<Url> url = parse_url(text->text);
    if (!url) {
      http.refuse("warm", text->place, "wants URLs, eg: \"https://api.example.com\"");
    } else if (!allows(out.allow, *url)) {
      http.refuse("warm", text->place, "names a host that the agent may not reach",
                  "add \"" + egress_rule_for(*url) + "\" to allow");
    } else {
      out.warm.push_back(text->text);
    }
  }
}

void read_keys(TableReader secrets, HttpAccess& out) {
  for (const auto& entry : secrets.entries()) {
    if (!is_secret_name(entry.key)) {
      secrets.refuse("a secret", entry.place,
                     "cannot be named so: letters, digits, '.', '_' and '-', at most 64");
    } else if (auto ref = read_secret(secrets, entry.key)) {
      out.secrets.emplace(entry.key, *std::move(ref));
    }
  }
  secrets.finish();
}

}  // namespace

HttpAccess read_http_access(TableReader http) {
  HttpAccess access;
  read_allowed(http, access);
  read_warm(http, access);
  read_keys(http.table("secrets"), access);
  http.finish();
  return access;
}

}  // namespace patchbay
