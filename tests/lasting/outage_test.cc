// SPDX-License-Identifier: MIT
// The Redis of a host goes away, or hangs, while people talk: whoever does not need it notices
// nothing, nobody is left without an answer, and what came late is written in the end.
#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "lasting/scene.h"
#include "support/redis_server.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

// Asks, when the store is there again for this conversation. By data events, each of its own: they
// are no turns, which would push the oldest out of the history.
std::string history_at_last(HostProcess& host, const std::string& conversation) {
  Webhook webhook;
  webhook.path = "/agents/diary";
  CHECK(eventually([&] {
    webhook.body = event("data", R"("data":{},"turn_id":")" + fresh_turn() + '"', conversation);
    return send(host.port(), webhook).body == R"({"known":true})";
  }));
  return say_in(host, "diary", conversation, "history");
}

TEST_SUITE("outage") {
  TEST_CASE("turns go on while Redis is away, and what was said is written when it is back") {
    RedisServer redis;
    const Scene scene("unix:" + redis.socket());
    const auto host = scene.open();
    CHECK(say_in(*host, "diary", "ada", "count") == "count 1");
    CHECK(say_in(*host, "greeter", "ada", "My name is Ada") == "Nice to meet you, Ada.");
    redis.kill();
    CHECK(say_in(*host, "diary", "ada", "say one") == "one");
    CHECK(say_in(*host, "diary", "bob", "say new") == "new");
    CHECK(host->logs("the store is down"));
    // A step is not begun where it cannot be written down.
    CHECK(say_in(*host, "diary", "ada", "count") == failure_line);
    CHECK(scene.deeds().size() == 1);
    for (int i = 0; i < 5; ++i) CHECK(say_in(*host, "diary", "ada", "say two") == "two");
    redis.start();
    CHECK(host->logs("the store is back"));
    for (const char* once :
         {"the store is down", "conversations cannot be read", "the store is back"}) {
      CAPTURE(once);
      CHECK(times(host->log(), once) == 1);
    }
    CHECK(history_at_last(*host, "ada").find("caller: say one | agent: one") != std::string::npos);
    CHECK(history_at_last(*host, "bob").find("caller: say new | agent: new") != std::string::npos);
    CHECK(say_in(*host, "greeter", "ada", "what's my name?") == "Your name is Ada.");

    // And another host reads the same.
    host->signal(SIGTERM);
    CHECK(host->wait() == 0);
    const auto next = scene.open();
    CHECK(say_in(*next, "diary", "ada", "history").find("caller: say one | agent: one") !=
          std::string::npos);
    CHECK(say_in(*next, "diary", "bob", "history").find("caller: say new | agent: new") !=
          std::string::npos);
  }

  TEST_CASE("a host that finds no Redis starts, and says so before anybody calls") {
    RedisServer redis;
    const Scene scene("unix:" + redis.socket());
    redis.kill();
    const auto host = scene.open();
    CHECK(get(host->port(), "/readyz").body.find(R"("store":"down")") != std::string::npos);
    CHECK(times(host->log(), "conversations cannot be read") == 1);
    CHECK(say_in(*host, "diary", "ada", "say hm") == "hm");
    redis.start();
    CHECK(eventually([&] {
      return get(host->port(), "/readyz").body.find(R"("store":"up")") != std::string::npos;
    }));
    CHECK(history_at_last(*host, "ada").find("caller: say hm | agent: hm") != std::string::npos);
  }

  TEST_CASE("a key of another kind under one conversation's name costs nobody else anything") {
    const RedisServer redis;
    const Scene scene("unix:" + redis.socket());
    const auto host = scene.open();
    redis.ask({"SET", "patchbay:c:diary\nbad", "not the host's"});
    CHECK(say_in(*host, "diary", "bad", "say hm") == "hm");
    CHECK(host->logs_line({"a conversation cannot be read", "bad"}));
    CHECK(say_in(*host, "diary", "ada", "count") == "count 1");
    CHECK(say_in(*host, "diary", "bad", "say hm") == "hm");
    const Answer ready = get(host->port(), "/readyz");
    CHECK(ready.body.find(R"("store":"up")") != std::string::npos);
    CHECK(say_in(*host, "diary", "ada", "history").find("count") != std::string::npos);
    for (const char* never : {"the store is down", "conversations cannot be read"}) {
      CAPTURE(never);
      CHECK(times(host->log(), never) == 0);
    }
  }

  TEST_CASE("a Redis that hangs leaves nobody without an answer") {
    const RedisServer redis;
    const Scene scene("unix:" + redis.socket());
    const auto host = scene.open();
    CHECK(say_in(*host, "diary", "ada", "count") == "count 1");
    redis.hang();
    CHECK(say_in(*host, "diary", "ada", "count") == failure_line);
    CHECK(say_in(*host, "diary", "eve", "count") == failure_line);
    CHECK(say_in(*host, "diary", "ada", "say hm") == "hm");
    CHECK(say_in(*host, "diary", "bob", "say hm") == "hm");
    CHECK(scene.deeds().size() == 1);
    redis.go_on();
    CHECK(host->logs("the store is back"));
    CHECK(eventually([&] { return say_in(*host, "diary", "ada", "count").starts_with("count "); }));
    CHECK(history_at_last(*host, "bob").find("caller: say hm | agent: hm") != std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay::test
