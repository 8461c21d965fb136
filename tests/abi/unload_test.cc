// SPDX-License-Identifier: MIT
//
// dlclose means it: what vap_add_plugin builds is gone afterwards, and shares nothing with the next
// version.
#include <doctest/doctest.h>

#include <string>

#include "harness.h"

namespace {

TEST_SUITE("unload") {
  TEST_CASE("a version shares no static with the one before, and both are unmapped") {
    abi::ToyHost host;
    {
      const abi::LoadedPlugin first(STICKY_1_SO);
      abi::MadeAgent old(host, *first);
      CHECK(old.hears("hi").said == "1001+1");
      CHECK(old.hears("hi").said == "1002+2");
      const abi::LoadedPlugin second(STICKY_2_SO);
      abi::MadeAgent fresh(host, *second);
      CHECK(fresh.hears("hi").said == "2001+1");
      CHECK(abi::is_mapped(STICKY_1_SO));
      CHECK(abi::is_mapped(STICKY_2_SO));
    }
    CHECK(!abi::is_mapped(STICKY_1_SO));
    CHECK(!abi::is_mapped(STICKY_2_SO));
  }

  TEST_CASE("agents in other languages are unmapped too") {
    for (const std::string file : {C_SO, CPP_SO, RUST_SO}) {
      if (file.empty()) continue;  // this machine lacks the language
      CAPTURE(file);
      abi::ToyHost host;
      {
        const abi::LoadedPlugin plugin(file);
        abi::MadeAgent agent(host, *plugin);
        CHECK(agent.hears("hi").status == VAP_OK);
      }
      CHECK(!abi::is_mapped(file));
    }
  }
}

}  // namespace
