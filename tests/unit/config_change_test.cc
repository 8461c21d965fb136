// SPDX-License-Identifier: MIT
#include "codec/config_change.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

TEST_SUITE("config_change") {
  TEST_CASE("a configuration that is the same wants no restart") {
    CHECK(wants_restart({}, {}).empty());
  }

  TEST_CASE("what a running host cannot change is named as the file names it") {
    Config fresh;
    fresh.listen = "*:9000";
    fresh.http.body = 1;
    fresh.allow_origins = {"https://app.example.com"};
    fresh.http_proxy = "off";
    CHECK(wants_restart({}, fresh) == std::vector<std::string>{"server.listen", "server.max_body",
                                                               "authorize.allow_origins",
                                                               "http.proxy"});
  }

  TEST_CASE("TLS comes and goes with a restart, and another certificate needs none") {
    Config plain;
    Config tls;
    tls.tls = {"cert.pem", "key.pem"};
    Config other;
    other.tls = {"other.pem", "other.key"};
    const std::vector<std::string> named{"tls.certificate"};
    CHECK(wants_restart(plain, tls) == named);
    CHECK(wants_restart(tls, plain) == named);
    CHECK(wants_restart(tls, other).empty());
  }

  TEST_CASE("agents, secrets, fallbacks, reloading and the log's level need none") {
    Config fresh;
    fresh.agents.push_back({});
    fresh.secrets.clear();
    fresh.default_agent = "bakery";
    fresh.default_fallback = "One moment.";
    fresh.probation = fresh.reload_drain = Milliseconds{1};
    fresh.probe = false;
    fresh.log_level = "debug";
    CHECK(wants_restart({}, fresh).empty());
  }
}

}  // namespace
}  // namespace patchbay
