// SPDX-License-Identifier: MIT
// A store that cannot be: what was wrong with what somebody wrote, and what to write.
#include <doctest/doctest.h>

#include <fstream>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

struct Refused {
  std::string store;
  std::string says;
};

const Environment secret{{"LAYERCODE_WEBHOOK_SECRET", "whsec_store"}};

Environment with(const std::string& address) {
  Environment environment = secret;
  environment["A_STORE"] = address;
  return environment;
}

Ran serve(const std::string& store, const Environment& environment = secret) {
  return run({"serve", "--listen", "127.0.0.1:0", "--plugins", plugin_directory(), "--admin", "off",
              "--store", store},
             environment);
}

// As `config check` reads it.
Ran check(const std::string& store, const Environment& environment, bool secrets) {
  const Scratch scratch;
  const std::string file = scratch.path("patchbay.toml");
  std::ofstream(file) << "[store]\nurl = \"" << store << "\"\n[authorize]\nenabled = false\n";
  Arguments arguments{"config", "check", file};
  if (secrets) arguments.push_back("--secrets");
  return run(arguments, environment);
}

TEST_SUITE("store") {
  TEST_CASE("a store that is none is refused with what to write, and no word of another kind") {
    for (const Refused& wrong : std::vector<Refused>{
             {"/var/lib/talks.db",
              "patchbay: '/var/lib/talks.db' does not say what kind of store it is\n"
              "  for a file of SQLite write sqlite:/var/lib/talks.db\n"},
             {"talks.db",
              "patchbay: 'talks.db' does not say what kind of store it is\n"
              "  for a file of SQLite write sqlite:talks.db\n"},
             {"sqlite:",
              "patchbay: sqlite: names no file\n"
              "  write its path behind it, eg: sqlite:/var/lib/patchbay/conversations.db\n"},
             {"mysql://ada:sesame@db/talks",
              "patchbay: 'mysql:' is no kind of store\n  write memory, sqlite:PATH, "
              "redis://HOST:PORT/0, rediss:// for TLS, or unix:PATH\n"}}) {
      CAPTURE(wrong.store);
      const Ran ran = serve(wrong.store);
      CHECK(ran.exit == 1);
      CHECK(has(ran.errors, wrong.says));
      CHECK(has(run({"conversations", "--store", wrong.store}).errors, wrong.says));
      // The same where the address stands elsewhere, and that is said.
      const Ran named = serve("env:A_STORE", with(wrong.store));
      CHECK(has(named.errors, "patchbay: env:A_STORE: "));
      CHECK_FALSE(has(ran.errors + named.errors, "sesame"));
    }
  }

  TEST_CASE("an address that is looked for and not there is told of as a store's") {
    for (const Environment& environment : {secret, with("")}) {
      const Ran ran = serve("env:A_STORE", environment);
      CHECK(ran.exit == 1);
      CHECK(has(ran.errors, "patchbay: no store: "));
      CHECK(has(ran.errors, "A_STORE"));
      CHECK(has(ran.errors, "put the store's address there: redis://HOST:PORT/0, or sqlite:PATH"));
    }
    const Ran ran = serve("file:/nowhere/store");
    CHECK(has(ran.errors, "patchbay: no store: cannot read /nowhere/store: "));
  }

  TEST_CASE("a file that cannot be made beside the store is told with its directory") {
    const Scratch scratch;
    const std::string away = scratch.path("away");
    Ran ran = serve("sqlite:" + away + "/talks.db");
    CHECK(ran.exit == 1);
    CHECK(has(ran.errors, "patchbay: " + away + "/talks.db.lock cannot be made: No such file"));
    CHECK(has(ran.errors, "\n  make the directory " + away + " as the user"));
    std::ofstream(scratch.path("file")) << "x";
    ran = serve("sqlite:" + scratch.path("file") + "/talks.db");
    CHECK(has(ran.errors, " must be able to write into " + scratch.path("file") + ": "));
  }

  TEST_CASE("config check --secrets looks for the store's address too, and prints none of it") {
    CHECK(check("env:A_STORE", secret, false).exit == 0);
    const Ran none = check("env:A_STORE", secret, true);
    CHECK(none.exit == 1);
    CHECK(has(none.errors, "no store: the environment variable A_STORE is not set"));
    const Ran wrong = check("env:A_STORE", with("redis://ada:sesame@host:port"), true);
    CHECK(wrong.exit == 1);
    CHECK(has(wrong.errors, "the address of the Redis server is wrong"));
    CHECK_FALSE(has(wrong.errors, "sesame"));
    CHECK(check("env:A_STORE", with("redis://ada:sesame@127.0.0.1:6379/0"), true).exit == 0);
    CHECK(check("sqlite:/not/there/yet.db", secret, true).exit == 0);
  }

  TEST_CASE("a reference that is none is a mistake of the configuration") {
    CHECK(has(check("env:9", secret, false).errors, "store.url wants \"memory\", \"sqlite:PATH\""));
    CHECK(has(check("/var/lib/talks.db", secret, false).errors, "store.url wants "));
  }
}

}  // namespace
}  // namespace patchbay::test
