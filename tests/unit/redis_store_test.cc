// SPDX-License-Identifier: MIT
// What only a store on a server can promise or suffer; what every store promises: store_test.cc.
#include "machine/redis_store.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include "support/free_port.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "support/writes.h"

namespace patchbay {
namespace {

using namespace test;

RedisStore::Options with(RedisAddress address, Milliseconds bound = patience) {
  RedisStore::Options options;
  options.address = std::move(address);
  options.limits.patience = bound;
  return options;
}

Error why(const Problem& wrong) {
  REQUIRE(wrong);
  CHECK(!wrong->hint.empty());
  return *wrong;
}

// A certificate for 127.0.0.1 that is its own authority.
struct OwnCertificate {
  TempDir dir;
  std::string key = dir.of("key.pem");
  std::string certificate = dir.of("cert.pem");

  OwnCertificate() {
    const std::string command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=patchbay-test"
        " -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key + " -out " + certificate + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }
};

TEST_SUITE("redis_store") {
  TEST_CASE("a server that was started anew between two calls is not noticed") {
    RedisServer server;
    RedisStore store(with(server.address()));
    put(store, write_of("c", {set("k", "one")}));
    server.kill();
    server.start();
    CHECK(value_of(store, "c", "k") == "one");
    CHECK(put(store, write_of("c", {set("k", "two")})) == Written::done);
  }

  TEST_CASE("while the server is away calls fail at once, and work soon after it is back") {
    RedisServer server;
    RedisStore store(with(server.address()));
    put(store, write_of("c", {set("k", "one")}));
    server.kill();
    for (int i = 0; i < 20; ++i) {
      const Moment begin = Clock::now();
      const auto records = store.load("c");
      REQUIRE(!records);
      CHECK(records.error().message.find(server.socket()) != std::string::npos);
      CHECK(!records.error().hint.empty());
      CHECK(Clock::now() - begin < patience);
    }
    server.start();
    CHECK(eventually([&] { return bool(store.load("c")); }));
    CHECK(value_of(store, "c", "k") == "one");
  }

  TEST_CASE("a server that hangs holds a call up to its bound, and the next not at all") {
    RedisServer server;
    const Milliseconds bound{50};
    RedisStore::Options options = with(server.address(), bound);
    options.limits.first_pause = an_hour;
    options.limits.longest_pause = an_hour;
    RedisStore store(options);
    REQUIRE(eventually([&] { return bool(store.load("c")); }));
    server.hang();
    const Moment begin = Clock::now();
    const auto first = store.load("c");
    const Moment then = Clock::now();
    for (int i = 0; i < 100; ++i) CHECK(!store.load("c"));
    const Moment end = Clock::now();
    server.go_on();
    REQUIRE(!first);
    CHECK(first.error().code == "timed_out");
    CHECK(then - begin >= bound);
    CHECK(end - then < 100 * bound / 2);  // a hundred that waited would take twice as long
  }

  TEST_CASE("a server that goes on after it hung is used again") {
    RedisServer server;
    RedisStore store(with(server.address(), Milliseconds{200}));
    REQUIRE(eventually([&] { return bool(store.load("c")); }));
    server.hang();
    CHECK(!store.load("c"));
    CHECK(!store.load("c"));
    server.go_on();
    CHECK(eventually([&] { return bool(store.load("c")); }));
  }

  TEST_CASE("a password opens the door, and a wrong one is named as such") {
    const RedisServer server({"--requirepass", "open sesame"});
    RedisAddress address = server.address();
    CHECK(why(RedisStore(with(address)).look()).code == "redis_refuses");
    address.password = "wrong";
    const Error error = why(RedisStore(with(address)).look());
    CHECK(error.code == "redis_refuses");
    CHECK(error.message.find("wrong,") == std::string::npos);
    CHECK(error.hint == "check the user and the password in its address");
    address.password = "open sesame";
    CHECK(!RedisStore(with(address)).look());
  }

  TEST_CASE("a user of the server's own list is let in with his password") {
    const RedisServer server({"--user", "voice", "on", ">secret", "~*", "&*", "+@all"});
    RedisAddress address = server.address();
    address.user = "voice";
    address.password = "guess";
    CHECK(why(RedisStore(with(address)).look()).code == "redis_refuses");
    address.password = "secret";
    CHECK(!RedisStore(with(address)).look());
  }

  TEST_CASE("each of the server's databases is a world of its own") {
    const RedisServer server;
    RedisStore first(with(server.address()));
    RedisAddress address = server.address();
    address.database = 3;
    RedisStore fourth(with(address));
    put(first, write_of("c", {set("k", "one")}));
    CHECK(value_of(fourth, "c", "k") == "(absent)");
    put(fourth, write_of("c", {set("k", "two")}));
    CHECK(value_of(first, "c", "k") == "one");
    address.database = 99;
    CHECK(why(RedisStore(with(address)).look()).code == "redis_refuses");
  }

  TEST_CASE("a server that has lost our scripts learns them again") {
    const RedisServer server;
    RedisStore store(with(server.address()));
    put(store, write_of("c", {set("k", "one")}));
    server.ask({"SCRIPT", "FLUSH"});
    const RecordChange two = set("k", "two");
    const std::vector<Write> batch{write_of("c", {two}),
                                   write_of("c", {set("k", "three", two.revision)})};
    const auto written = store.write(batch);
    REQUIRE(written);
    CHECK(*written == std::vector{Written::done, Written::done});
    CHECK(value_of(store, "c", "k") == "three");
  }

  TEST_CASE("a server that may not write says what to do about it") {
    const RedisServer server;
    RedisStore store(with(server.address()));
    put(store, write_of("c", {set("k", "one")}));
    server.ask({"REPLICAOF", "127.0.0.1", "1"});
    const Write write = write_of("c", {set("k", "two")});
    const auto written = store.write({&write, 1});
    REQUIRE(!written);
    CHECK(written.error().code == "redis_refuses");
    CHECK(written.error().hint == "name the primary, not a replica, in its address");
    server.ask({"REPLICAOF", "NO", "ONE"});
    CHECK(put(store, write) == Written::done);
  }

  TEST_CASE("what is not the host's under a conversation's name is a refusal, and named") {
    const RedisServer server;
    RedisStore store(with(server.address()));
    server.ask({"RPUSH", "patchbay:c:bakery\nc", "x"});
    const std::vector<Write> batch{write_of("before", {set("k", "one")}),
                                   write_of("bakery\nc", {set("k", "one")})};
    const auto written = store.write(batch);
    REQUIRE(!written);
    CHECK(is_refusal(written.error()));
    CHECK(written.error().message.find(R"("patchbay:c:bakery\nc")") != std::string::npos);
    const auto records = store.load("bakery\nc");
    REQUIRE(!records);
    CHECK(is_refusal(records.error()));
    CHECK(value_of(store, "before", "k") == "one");
    CHECK(*store.forget("bakery\nc"));
    CHECK(put(store, write_of("bakery\nc", {set("k", "one")})) == Written::done);
  }

  TEST_CASE("an index that is not the host's is no conversation's fault") {
    const RedisServer server;
    RedisStore store(with(server.address()));
    server.ask({"SET", "patchbay:by-last-write", "x"});
    const Write write = write_of("c", {set("k", "one")});
    const auto written = store.write({&write, 1});
    REQUIRE(!written);
    CHECK(!is_refusal(written.error()));
    server.ask({"DEL", "patchbay:by-last-write"});
    CHECK(put(store, write) == Written::done);
  }

  TEST_CASE("what has expired leaves nothing behind on the server") {
    const RedisServer server;
    RedisStore store(with(server.address()));
    put(store, write_of("c", {set("k", "one")}, Milliseconds{10}));
    CHECK(eventually([&] { return store.sweep() && server.ask({"DBSIZE"}).number == 0; }));
  }

  TEST_CASE("over TLS it is the same, where the certificate is good") {
    const OwnCertificate own;
    const std::uint16_t port = free_port();
    const RedisServer server({"--tls-port", std::to_string(port), "--tls-cert-file",
                              own.certificate, "--tls-key-file", own.key, "--tls-auth-clients",
                              "no"});
    const auto address = parse_redis_address("rediss://127.0.0.1:" + std::to_string(port));
    REQUIRE(address);
    const Error stranger = why(RedisStore(with(*address)).look());
    CHECK(stranger.code == "certificate_refused");
    ::setenv("SSL_CERT_FILE", own.certificate.c_str(), 1);
    RedisStore store(with(*address));
    const Problem wrong = store.look();
    REQUIRE_MESSAGE(!wrong, (wrong ? wrong->text() : ""));
    const std::string large(300'000, 'x');
    CHECK(put(store, write_of("c", {set("k", large)})) == Written::done);
    CHECK(value_of(store, "c", "k") == large);
    auto plain = *address;
    plain.tls = false;
    CHECK(RedisStore(with(plain)).look());
    ::unsetenv("SSL_CERT_FILE");
  }
}

}  // namespace
}  // namespace patchbay
