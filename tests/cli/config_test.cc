// SPDX-License-Identifier: MIT
// `config check` finds every mistake before a host starts with it.
#include <doctest/doctest.h>

#include <fstream>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

struct Written {
  Scratch scratch;
  std::string path = scratch.path("patchbay.toml");
  explicit Written(const std::string& text) { std::ofstream(path) << text; }
};

Ran check(const std::string& file, const Environment& environment = {}, bool secrets = false) {
  Arguments arguments{"config", "check", file};
  if (secrets) arguments.push_back("--secrets");
  return run(arguments, environment);
}

TEST_SUITE("config") {
  TEST_CASE("the files that ship and the documents show are good") {
    for (const char* file :
         {"/patchbay.example.toml", "/docs/examples/patchbay.toml", "/docs/examples/hosted.toml",
          "/tests/model/shop.toml", "/tests/model/small/agent.toml"}) {
      CAPTURE(file);
      const Ran ran = check(std::string(PATCHBAY_SOURCE_DIR) + file);
      CHECK(ran.exit == 0);
      CHECK(has(ran.output, " is good: "));
      CHECK(ran.errors.empty());
    }
  }

  TEST_CASE("all mistakes are named at once, each with its line and what was meant") {
    const Written bad(
        "[server]\nlistn = \"x\"\n\n[agents.a]\nplugin = \"echo\"\nturn_timeout = \"soon\"\n");
    const Ran ran = check(bad.path);
    CHECK(ran.exit == 1);
    CHECK(ran.output.empty());
    CHECK(has(ran.errors, bad.path + ":2:1: unknown key 'listn'"));
    CHECK(has(ran.errors, "did you mean 'listen'?"));
    CHECK(has(ran.errors, bad.path + ":6:"));
    CHECK(has(ran.errors, "agents.a.turn_timeout wants a time"));
  }

  TEST_CASE("what is no TOML is refused at its place") {
    const Written bad("[server]\nmetrics = tru\n");
    const Ran ran = check(bad.path);
    CHECK(ran.exit == 1);
    CHECK(has(ran.errors, bad.path + ":2:"));
  }

  TEST_CASE("a file that is not there is named") {
    const Ran ran = check("/nowhere/patchbay.toml");
    CHECK(ran.exit == 1);
    CHECK(has(ran.errors, "/nowhere/patchbay.toml"));
  }

  TEST_CASE("with --secrets a secret that is not there is a mistake, and is never printed") {
    const Written file(
        "[webhook]\nsecrets = [\"env:A_SECRET\"]\n"
        "[agents.a]\nplugin = \"echo\"\nsecrets = [\"file:/nowhere/secret\"]\n");
    CHECK(check(file.path).exit == 0);
    const Ran none = check(file.path, {}, true);
    CHECK(none.exit == 1);
    CHECK(has(none.errors, "A_SECRET"));
    const Ran half = check(file.path, {{"A_SECRET", "whsec_precious"}}, true);
    CHECK(half.exit == 1);
    CHECK(has(half.errors, "agent a: "));
    CHECK(has(half.errors, "/nowhere/secret"));
    CHECK_FALSE(has(half.errors + half.output, "precious"));
  }
}

}  // namespace
}  // namespace patchbay::test
