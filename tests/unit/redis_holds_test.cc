// SPDX-License-Identifier: MIT
#include "machine/redis_holds.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>

#include "machine/redis_store.h"
#include "state/fleet.h"
#include "support/redis_server.h"
#include "support/wait.h"
#include "support/writes.h"

namespace patchbay {
namespace {

using namespace test;
using Taken = Holds::Taken;

constexpr Milliseconds a_while{60'000};

struct Host {
  std::shared_ptr<RedisCaller> caller;
  RedisHolds holds;

  Host(const RedisServer& server, const char* name)
      : caller(std::make_shared<RedisCaller>(server.address(), limits())),
        holds(caller, "patchbay:", name) {}
  static RedisPool::Limits limits() {
    RedisPool::Limits limits;
    limits.patience = patience;
    return limits;
  }
  Taken take(const char* task, Milliseconds time = a_while) {
    const auto found = holds.take_and_load({"c", task}, time);
    REQUIRE(found);
    return found->taken;
  }
  Taken claim(const char* task, bool by_force) {
    const auto taken = holds.claim({"c", task}, a_while, by_force);
    REQUIRE(taken);
    return *taken;
  }
  bool prolong(const char* task) {
    const Hold hold{"c", task};
    const auto still = holds.prolong({&hold, 1}, a_while);
    REQUIRE(still);
    return still->front();
  }
  void release(const char* task) {
    const Hold hold{"c", task};
    CHECK(!holds.release({&hold, 1}));
  }
};

struct Two {
  RedisServer server;
  Host a{server, "host-a"};
  Host b{server, "host-b"};
};

TEST_SUITE("redis_holds") {
  TEST_CASE("one host has a conversation at a time, for one task, until it gives it back") {
    Two hosts;
    CHECK(hosts.a.take("one") == Taken::ours);
    CHECK(hosts.a.take("two") == Taken::ours);
    CHECK(hosts.b.take("two") == Taken::same_task);
    CHECK(hosts.b.take("three") == Taken::other_task);
    hosts.a.release("one");
    CHECK(hosts.b.take("three") == Taken::other_task);
    hosts.b.release("two");
    CHECK(hosts.b.take("three") == Taken::other_task);
    hosts.a.release("two");
    CHECK(hosts.b.take("two") == Taken::ours);
  }

  TEST_CASE("whoever takes it reads what was written before, and knows whether he had it already") {
    Two hosts;
    RedisStore store({hosts.server.address(), "patchbay:", Host::limits()});
    put(store, write_of("c", {set("k", "one")}));
    auto found = hosts.a.holds.take_and_load({"c", "one"}, a_while);
    REQUIRE(found);
    CHECK_FALSE(found->was_ours);
    REQUIRE(found->records.size() == 1);
    CHECK(found->records.front().value == "one");
    found = hosts.a.holds.take_and_load({"c", "two"}, a_while);
    CHECK(found->was_ours);
    hosts.server.ask({"SCRIPT", "FLUSH"});
    found = hosts.b.holds.take_and_load({"c", "two"}, a_while);
    CHECK(found->taken == Taken::same_task);
    CHECK(found->records.size() == 1);
  }

  TEST_CASE("one that nobody prolongs ends, and one that ran out can be prolonged") {
    Two hosts;
    CHECK(hosts.a.take("one", Milliseconds{10}) == Taken::ours);
    CHECK(eventually([&] { return hosts.b.take("two", Milliseconds{10}) == Taken::ours; }));
    CHECK(eventually([&] { return hosts.server.ask({"EXISTS", "patchbay:hold:c"}).number == 0; }));
    CHECK(hosts.a.prolong("one"));
    CHECK_FALSE(hosts.b.prolong("two"));
    CHECK(hosts.server.ask({"PTTL", "patchbay:hold:c"}).number > 1'000);
  }

  TEST_CASE(
      "who is asked for it hears so at once, and keeps it until he gives it back or is forced") {
    Two hosts;
    const Interrupt never;
    CHECK(hosts.a.take("7: a\n") == Taken::ours);
    auto heard = std::async(std::launch::async, [&] { return hosts.a.holds.await_wanted(never); });
    CHECK(hosts.b.claim("7: a\n", true) == Taken::same_task);
    CHECK(hosts.b.claim("two", false) == Taken::other_task);
    const auto wanted = heard.get();
    REQUIRE(wanted);
    CHECK(*wanted == std::vector<Hold>{{"c", "7: a\n"}});
    CHECK(hosts.a.prolong("7: a\n"));
    CHECK(hosts.b.claim("two", true) == Taken::ours);
    CHECK_FALSE(hosts.a.prolong("7: a\n"));
    // Also that waits for him, though he did not listen.
    CHECK(*hosts.a.holds.await_wanted(never) == std::vector<Hold>{{"c", "7: a\n"}});
  }

  TEST_CASE("the rights that docs/conversations.md names are enough, and reach no further") {
    const RedisServer server;
    const RedisReply made = server.ask({"ACL",
                                        "SETUSER",
                                        "patchbay",
                                        "on",
                                        ">x",
                                        "~patchbay:*",
                                        "+ping",
                                        "+select",
                                        "+script|load",
                                        "+eval",
                                        "+evalsha",
                                        "+hgetall",
                                        "+hget",
                                        "+hset",
                                        "+hdel",
                                        "+exists",
                                        "+del",
                                        "+get",
                                        "+set",
                                        "+pexpire",
                                        "+time",
                                        "+zadd",
                                        "+zrem",
                                        "+zrangebyscore",
                                        "+zrevrangebyscore",
                                        "+rpush",
                                        "+blpop"});
    REQUIRE(made.text == "OK");
    RedisAddress address = server.address();
    address.user = "patchbay";
    address.password = "x";
    RedisStore store({address, "patchbay:", Host::limits()});
    CHECK(put(store, write_of("c", {set("k", "one"), removal("l")})) == Written::done);
    CHECK(value_of(store, "c", "k") == "one");
    CHECK(names_of(store, "", 10).size() == 1);
    RedisHolds a(store.caller(), "patchbay:", "host-a");
    RedisHolds b(store.caller(), "patchbay:", "host-b");
    const Hold one{"c", "one"};
    CHECK(a.take_and_load(one, a_while)->taken == Taken::ours);
    CHECK(*b.claim({"c", "two"}, a_while, false) == Taken::other_task);
    CHECK(a.await_wanted(Interrupt())->size() == 1);
    CHECK(a.prolong({&one, 1}, a_while)->front());
    CHECK(!a.release({&one, 1}));
    CHECK(*store.forget("c"));
    CHECK(store.sweep());
    RedisStore elsewhere({address, "other:", Host::limits()});
    CHECK(elsewhere.load("c").error().code == "redis_refuses");
  }

  TEST_CASE("whoever waits for what is wanted can be interrupted") {
    Two hosts;
    const Interrupt stop;
    auto heard = std::async(std::launch::async, [&] { return hosts.a.holds.await_wanted(stop); });
    stop.raise();
    const auto wanted = heard.get();
    REQUIRE(!wanted);
    CHECK(wanted.error().code == "interrupted");
  }

  TEST_CASE("a fleet keeps what it holds, gives it back when asked, and takes it from the dead") {
    Two hosts;
    Log log{LogLevel::off, LogFormat::text};
    Fleet::Limits quick;
    quick.time = Milliseconds{2'000};
    quick.every = Milliseconds{20};
    Fleet one(hosts.a.holds, log, quick);
    Fleet other(hosts.b.holds, log, quick);
    std::atomic<int> told = 0;
    one.tell([&](const Hold& hold) {
      ++told;
      one.release(hold);
    });
    CHECK(one.take({"c", "one"})->taken == Taken::ours);
    CHECK(other.take({"c", "two"})->taken == Taken::other_task);
    CHECK(*other.seize({"c", "two"}) == Taken::ours);
    CHECK(told > 0);
    CHECK(one.held() == 0);
    // Nobody tells `other`: as if its host were dead.
    CHECK(*one.seize({"c", "three"}) == Taken::ours);
    CHECK(eventually([&] { return other.held() == 0; }));
    one.stop();
    CHECK(eventually([&] { return hosts.server.ask({"EXISTS", "patchbay:hold:c"}).number == 0; }));
  }

  TEST_CASE("what is no hold under a hold's name is a refusal, and so are records of that kind") {
    const RedisServer server;
    Host host(server, "host-a");
    server.ask({"RPUSH", "patchbay:hold:c", "x"});
    auto found = host.holds.take_and_load({"c", "turn"}, a_while);
    REQUIRE(!found);
    CHECK(is_refusal(found.error()));
    server.ask({"DEL", "patchbay:hold:c"});
    server.ask({"SET", "patchbay:c:c", "x"});
    found = host.holds.take_and_load({"c", "turn"}, a_while);
    REQUIRE(!found);
    CHECK(is_refusal(found.error()));
    CHECK(host.holds.take_and_load({"d", "turn"}, a_while));
  }
}

}  // namespace
}  // namespace patchbay
