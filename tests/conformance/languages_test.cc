// SPDX-License-Identifier: MIT
// Agents in C, C++, Rust and Go answer a real turn of the real host. A language whose compiler is
// not on this machine was not built, and is passed over.
#include <doctest/doctest.h>

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

const std::string languages = fixture_directory() + "/languages";

bool is_built(const std::string& language) {
  return std::filesystem::exists(languages + "/" + language + ".so");
}

TEST_SUITE("languages") {
  TEST_CASE("agents in C, C++ and Rust are served beside each other") {
    REQUIRE(is_built("c"));
    REQUIRE(is_built("cpp"));
    HostProcess host(serving(languages));
    for (const char* language : {"c", "cpp", "rust"}) {
      if (!is_built(language)) continue;
      CAPTURE(language);
      const Answer answer = say(host.port(), language, "hello");
      CHECK(answer.spoken().find("hello") != std::string::npos);
      CHECK(answer.spoken().starts_with(std::string(language) + ":"));
      CHECK(answer.ends() == 1);
    }
  }

  TEST_CASE("a Go agent is refused with the reason, unless the operator accepts that it stays") {
    if (!is_built("go")) return;
    HostProcess careful(serving(languages));
    CHECK(careful.logs("go.so code=go_runtime"));
    CHECK(careful.logs("allow_pinned"));
    CHECK(say(careful.port(), "go", "hello").status == 404);

    const std::string file = std::filesystem::temp_directory_path() /
                             ("patchbay-go-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(file) << "[plugins]\nallow_pinned = true\n";
    HostProcess willing(serving(languages, {"--config", file}));
    CHECK(say(willing.port(), "go", "hello").spoken().find("hello") != std::string::npos);
    CHECK(say(willing.port(), "c", "hello").status == 200);
    willing.signal(SIGTERM);
    CHECK(willing.wait() == 0);
    std::filesystem::remove(file);
  }
}

}  // namespace
}  // namespace patchbay::test
