// SPDX-License-Identifier: MIT
#include "codec/redis_address.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

RedisAddress read(std::string_view text) {
  const Result<RedisAddress> address = parse_redis_address(text);
  REQUIRE_MESSAGE(address, text);
  return *address;
}

TEST_SUITE("redis_address") {
  TEST_CASE("a host alone has the usual port and the first database") {
    const RedisAddress address = read("redis://localhost");
    CHECK(address.host == "localhost");
    CHECK(address.port == 6379);
    CHECK(address.database == 0);
    CHECK(!address.tls);
    CHECK(address.password.empty());
  }

  TEST_CASE("user, password, port and database are read, and %XX is a byte") {
    const RedisAddress address = read("rediss://voice:p%40ss%2fw%25@redis.example:6380/7");
    CHECK(address.tls);
    CHECK(address.user == "voice");
    CHECK(address.password == "p@ss/w%");
    CHECK(address.host == "redis.example");
    CHECK(address.port == 6380);
    CHECK(address.database == 7);
  }

  TEST_CASE("a password without a user stands after a colon, or alone") {
    CHECK(read("redis://:secret@h").password == "secret");
    CHECK(read("redis://:secret@h").user.empty());
    CHECK(read("redis://secret@h").password == "secret");
  }

  TEST_CASE("port 80 is port 80, also behind an IPv6 address") {
    CHECK(read("redis://h:80").port == 80);
    CHECK(read("redis://[::1]:80/1").port == 80);
    CHECK(read("redis://[::1]/1").port == 6379);
    CHECK(read("redis://[::1]/1").host == "::1");
  }

  TEST_CASE("a unix socket is named by its path") {
    CHECK(read("unix:/run/redis.sock").socket == "/run/redis.sock");
    CHECK(read("unix:///run/redis.sock").socket == "/run/redis.sock");
    const RedisAddress address = read("redis+unix://:secret@/run/redis.sock");
    CHECK(address.socket == "/run/redis.sock");
    CHECK(address.password == "secret");
  }

  TEST_CASE("its text for messages has no password") {
    CHECK(read("rediss://u:secret@h:1/2").text() == "rediss://h:1/2");
    CHECK(read("redis://[::1]").text() == "redis://[::1]:6379/0");
    CHECK(read("redis+unix://:secret@/s").text() == "unix:/s");
  }

  TEST_CASE("what is wrong is said without the password") {
    for (const char* bad :
         {"http://secret@h", "redis://", "redis://:secret@", "redis://:secret@h:0",
          "redis://:secret@h:99999", "redis://:secret@h/x", "redis://:secret%4@h",
          "redis://:secret%zz@h", "unix:relative/secret", "redis+unix://:secret@relative", ""}) {
      const Result<RedisAddress> address = parse_redis_address(bad);
      REQUIRE_MESSAGE(!address, bad);
      CHECK(address.error().code == "redis_address_invalid");
      CHECK(address.error().text().find("secret") == std::string::npos);
      CHECK(!address.error().hint.empty());
    }
  }
}

}  // namespace
}  // namespace patchbay
