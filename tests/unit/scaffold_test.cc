// SPDX-License-Identifier: MIT
#include "cli/scaffold.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

namespace patchbay {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> scaffold_of(const std::string& name) {
  static const fs::path root =
      fs::temp_directory_path() / ("patchbay-scaffold-" + std::to_string(::getpid()));
  Scaffold scaffold;
  scaffold.name = name;
  scaffold.language = "cpp";
  scaffold.directory = root / name;
  const auto written = write_scaffold(scaffold);
  fs::remove_all(root);
  return written;
}

TEST_SUITE("scaffold") {
  TEST_CASE("an agent gets its files") {
    const auto written = scaffold_of("hello");
    REQUIRE(written);
    CHECK(written->size() == 4);
  }

  TEST_CASE("a name that CMake keeps for itself is refused, for it would not build") {
    for (const char* name : {"test", "install", "all", "clean", "help"}) {
      const auto written = scaffold_of(name);
      CAPTURE(name);
      REQUIRE_FALSE(written);
      CHECK(written.error().code == "bad_name");
      CHECK(written.error().hint.find(std::string("my-") + name) != std::string::npos);
    }
  }

  TEST_CASE("a name that could leave its directory is refused") {
    for (const char* name : {"../evil", "a/b", ".", "", "a b"}) CHECK_FALSE(scaffold_of(name));
  }
}

}  // namespace
}  // namespace patchbay
