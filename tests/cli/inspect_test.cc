// SPDX-License-Identifier: MIT
// `inspect` reads any file and runs none.
#include <doctest/doctest.h>

#include <filesystem>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

Json inspected(const std::string& file, int exit) {
  const Ran ran = run({"inspect", file, "--json"});
  CHECK(ran.exit == exit);
  Json told = Json::parse(ran.output, nullptr, false);
  REQUIRE_MESSAGE(told.is_object(), ran.output << ran.errors);
  CHECK(told["loadable"] == (exit == 0));
  return told;
}

TEST_SUITE("inspect") {
  TEST_CASE("a file that no host would load is refused with a code, a reason and a remedy") {
    struct Refused {
      const char* fixture;
      const char* code;
    };
    for (const Refused& refused :
         {Refused{"text", "not_elf"}, Refused{"truncated", "truncated"},
          Refused{"wrong_arch", "wrong_machine"}, Refused{"no_ident", "no_ident"},
          Refused{"not_a_plugin", "no_entry"}, Refused{"wrong_major", "wrong_abi"},
          Refused{"needs_newer_minor", "needs_newer_host"},
          Refused{"needs_unknown_extension", "needs_extension"}}) {
      CAPTURE(refused.fixture);
      const Json told = inspected(fixture_directory() + "/" + refused.fixture + ".so", 1);
      CHECK(told["refused"]["code"] == refused.code);
      CHECK(told["refused"]["message"] != "");
      CHECK(told["refused"]["hint"] != "");
    }
  }

  TEST_CASE("a file that cannot be read is refused too, also in JSON") {
    const std::string nowhere = "/nowhere/agent.so";
    CHECK(inspected(nowhere, 1)["file"] == nowhere);
    const Ran ran = run({"inspect", nowhere});
    CHECK(ran.exit == 1);
    CHECK(ran.output.empty());
    CHECK(has(ran.errors, nowhere));
    CHECK(inspected(fixture_directory(), 1).contains("refused"));  // a directory
    CHECK(inspected("/dev/null", 1).contains("refused"));
  }

  TEST_CASE("a plugin that is cut short anywhere is refused, and harms nobody who looks") {
    const Scratch scratch;
    const std::string file = scratch.path("cut.so");
    std::filesystem::copy_file(plugin_directory() + "/echo.so", file);
    for (std::uintmax_t size = std::filesystem::file_size(file) - 1; size > 0; size /= 3) {
      CAPTURE(size);
      std::filesystem::resize_file(file, size);
      CHECK(inspected(file, 1)["refused"]["hint"] != "");
    }
    std::filesystem::resize_file(file, 0);
    inspected(file, 1);
  }

  TEST_CASE("a plugin that would be loaded says who it is and what it needs") {
    const Json told = inspected(plugin_directory() + "/bakery.so", 0);
    CHECK(told["manifest"]["id"] == "patchbay.bakery");
    CHECK(told["abi"] == "1.0");
    CHECK(told["exports"] == Json::array({"vap_plugin_v1"}));
    CHECK(told["flags"].empty());
    CHECK(told["warnings"].empty());
    CHECK(told["sha256"].get<std::string>().size() == 64);
    const Ran ran = run({"inspect", plugin_directory() + "/bakery.so"});
    CHECK(ran.exit == 0);
    CHECK(has(ran.output, "patchbay.bakery"));
    CHECK(has(ran.output, "\nloadable\n"));
  }

  TEST_CASE("none of its code runs: one that crashes whoever loads it is shown like any other") {
    const Json told = inspected(fixture_directory() + "/crashes_in_constructor.so", 0);
    CHECK(told["manifest"]["name"] == "crashes-in-constructor");
  }

  TEST_CASE("what keeps a library mapped for ever is said") {
    const Json unique = inspected(fixture_directory() + "/unique_symbols.so", 0);
    CHECK(unique["flags"] == Json::array({"unique"}));
    CHECK(unique["warnings"].size() >= 1);
    const std::string go = fixture_directory() + "/languages/go.so";
    if (std::filesystem::exists(go)) CHECK(inspected(go, 1)["refused"]["code"] == "go_runtime");
  }
}

}  // namespace
}  // namespace patchbay::test
