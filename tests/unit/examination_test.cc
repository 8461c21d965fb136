// SPDX-License-Identifier: MIT
#include "codec/examination.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "machine/files.h"
#include "support/toy_host.h"

namespace patchbay {
namespace {

constexpr std::string_view offered[] = {"vap.state/1", "vap.task/1"};

Result<Examination> examined(const std::string& name, bool allow_pinned = false) {
  const Result<std::string> bytes = read_file(test::fixture(name), 1 << 26);
  REQUIRE(bytes);
  return examine(*bytes, {VAP_ABI_MINOR, offered, allow_pinned});
}

std::string code_of(const std::string& name) {
  const Result<Examination> found = examined(name);
  return found ? "good" : found.error().code;
}

TEST_SUITE("examination") {
  TEST_CASE("a plugin that keeps every promise may be loaded, without a warning") {
    const Result<Examination> found = examined("probe");
    REQUIRE(found);
    CHECK(found->warnings.empty());
    CHECK(found->facts.exports == std::vector<std::string>{"vap_plugin_v1"});
    CHECK_FALSE(found->manifest.id.empty());
  }

  TEST_CASE("what may not be loaded is refused with the reason") {
    CHECK(code_of("wrong_major") == "wrong_abi");
    CHECK(code_of("not_a_plugin") == "no_entry");
    CHECK(code_of("no_ident") == "no_ident");
    CHECK(code_of("needs_newer_minor") == "needs_newer_host");
    CHECK(code_of("needs_unknown_extension") == "needs_extension");
    CHECK(code_of("text") == "not_elf");
    CHECK(code_of("truncated") == "truncated");
    CHECK(code_of("wrong_arch") == "wrong_machine");
  }

  TEST_CASE("a refusal names what was found, what was wanted, and the cure") {
    const Result<Examination> found = examined("wrong_major");
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("vap_plugin_v2") != std::string::npos);
    CHECK(found.error().message.find("vap_plugin_v1") != std::string::npos);
    CHECK(found.error().hint.find("rebuild") != std::string::npos);
  }

  TEST_CASE("a library with unique symbols is loaded with a warning: it would share its statics") {
    const Result<Examination> found = examined("unique_symbols");
    REQUIRE(found);
    CHECK(std::any_of(found->warnings.begin(), found->warnings.end(),
                      [](const Error& warning) { return warning.code == "unique_symbols"; }));
  }
}

}  // namespace
}  // namespace patchbay
