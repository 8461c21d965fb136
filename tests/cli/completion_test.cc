// SPDX-License-Identifier: MIT
// `patchbay completion`: what a shell offers where somebody presses Tab.
#include <doctest/doctest.h>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

// What bash offers for the last of these words, a blank behind each.
std::string offered(const std::string& words) {
  const Ran ran = run_script(
      "source <('" + patchbay_binary() + "' completion bash)\n" + "COMP_WORDS=(" + words +
      ")\n"
      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
      "set -- $(complete -p patchbay)\n"  // complete -o default -F FUNCTION patchbay
      "\"$5\" patchbay || true\n"
      "printf '%s ' \"${COMPREPLY[@]}\"\n");
  CHECK(ran.errors.empty());
  return ran.output;
}

TEST_SUITE("completion") {
  TEST_CASE("bash completes verbs, flags and what flags may be") {
    CHECK(offered("patchbay ser") == "serve ");
    CHECK(offered("patchbay con") == "conversations config ");
    CHECK(offered("patchbay config ''") == "check --help ");
    CHECK(offered("patchbay config check --se") == "--secrets ");
    CHECK(offered("patchbay serve --log-l") == "--log-level ");
    CHECK(offered("patchbay serve --store memory --log-format ''") == "text json ");
    CHECK(offered("patchbay completion z") == "zsh ");
    CHECK(has(offered("patchbay ''"), "serve call "));
    // Names of files are the shell's own business.
    CHECK(offered("patchbay serve --plugins ''") == " ");
    CHECK(offered("patchbay inspect bak") == " ");
    CHECK_FALSE(has(offered("patchbay ''"), "probe"));
  }

  TEST_CASE("each shell has a script, and another has a word of why not") {
    for (const char* shell : {"bash", "zsh", "fish"}) {
      const Ran ran = run({"completion", shell});
      CHECK(ran.exit == 0);
      CHECK(has(ran.output, "log-format"));
      CHECK(ran.errors.empty());
    }
    CHECK(run({"completion", "cmd"}).exit == 2);
  }
}

}  // namespace
}  // namespace patchbay::test
