// SPDX-License-Identifier: MIT
// What docs/examples has for a proxy in front of one host, with the real proxies.
#include <doctest/doctest.h>

#include "conformance/hosts.h"
#include "conformance/turns.h"

namespace patchbay::test {
namespace {

TEST_SUITE("proxies") {
  TEST_CASE("each word passes the proxy when it is said, and a hang-up reaches the agent") {
    HostProcess host(probe_setup());
    for (const ProxyKind kind : {ProxyKind::nginx, ProxyKind::haproxy}) {
      const Proxy proxy(kind, host.port(), Paths::documented);
      const std::string conversation = fresh_conversation();
      Webhook webhook;
      webhook.path = "/agents/probe";
      // It says one word, and is then silent until it is cancelled.
      webhook.body = message("late", conversation);
      Line line(proxy.port());
      line.send(webhook.request());
      CHECK(line.read_head().status == 200);
      CHECK(line.next_event()->at("content") == "waiting");
      line.close();
      CHECK(host.logs_line({"conversation=" + conversation, "outcome=caller_gone"}));
    }
  }

  TEST_CASE("only webhooks pass") {
    HostProcess host(probe_setup());
    for (const ProxyKind kind : {ProxyKind::nginx, ProxyKind::haproxy}) {
      const Proxy proxy(kind, host.port(), Paths::documented);
      CHECK(say(proxy.port(), "probe", "say hi", fresh_conversation()).spoken() == "hi");
      for (const char* path : {"/metrics", "/readyz", "/livez", "/health", "/"})
        CHECK(get(proxy.port(), path).status == 404);
      CHECK(get(host.port(), "/metrics").status == 200);
    }
  }
}

}  // namespace
}  // namespace patchbay::test
