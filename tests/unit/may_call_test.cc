// SPDX-License-Identifier: MIT
#include "codec/may_call.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "codec/config.h"

namespace patchbay {
namespace {

std::string complaint(const std::string& toml) {
  const Result<Config> config = decode_config(toml, "p.toml");
  return config ? "none" : config.error().text();
}

TEST_SUITE("may_call") {
  TEST_CASE("an agent may call those that its operator names, and else none") {
    const auto config = decode_config(
        "[agents.shop]\nmay_call = [\"bakery\", \"till\"]\n[agents.bakery]\nmay_call = \"till\"\n"
        "[agents.till]\n",
        "p.toml");
    REQUIRE(config);
    CHECK(config->agents[0].name == "shop");
    CHECK(config->agents[0].may_call == std::vector<std::string>{"bakery", "till"});
    CHECK(config->agents[1].may_call == std::vector<std::string>{"till"});
    CHECK(config->agents[2].may_call.empty());
  }

  TEST_CASE("a name that is no agent of the file is refused where it stands") {
    CHECK(complaint("[agents.shop]\nmay_call = [\"bakeri\"]\n[agents.bakery]\n") ==
          "p.toml:2:13: agents.shop.may_call names no agent of this file: 'bakeri' (did you mean "
          "'bakery'?)");
    CHECK(complaint("[agents.shop]\nmay_call = [\"post\"]\n")
              .find("give it a table: "
                    "[agents.post]") != std::string::npos);
    CHECK(complaint("[agents.shop]\nmay_call = 7\n").find("p.toml:2:12: ") == 0);
  }

  TEST_CASE("calls cannot go round") {
    CHECK(complaint("[agents.shop]\nmay_call = [\"shop\"]\n").find("from shop to shop") !=
          std::string::npos);
    const std::string ring = complaint(
        "[agents.a]\nmay_call = [\"b\"]\n[agents.b]\nmay_call = [\"d\", \"c\"]\n[agents.c]\n"
        "may_call = [\"a\"]\n[agents.d]\n");
    CHECK(ring.find("p.toml:2:12: agents.a.may_call lets calls go round: from a to b to c to a") ==
          0);
    CHECK(ring.find('\n') == std::string::npos);  // one ring is told once
    CHECK(complaint("[agents.a]\nmay_call = [\"b\", \"c\"]\n[agents.b]\nmay_call = [\"c\"]\n"
                    "[agents.c]\n") == "none");
  }
}

}  // namespace
}  // namespace patchbay
