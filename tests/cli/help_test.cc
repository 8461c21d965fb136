// SPDX-License-Identifier: MIT
// What the command line says of itself, and what it says to a slip of the hand.
#include <doctest/doctest.h>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

TEST_SUITE("help") {
  TEST_CASE("every verb has help, with an example that begins as it is typed") {
    const Ran all = run({"--help"});
    CHECK(all.exit == 0);
    for (const Arguments& verb : std::vector<Arguments>{
             {"serve"}, {"call"}, {"inspect"}, {"check"}, {"new"}, {"config", "check"}}) {
      std::string typed = "patchbay";
      for (const std::string& word : verb) typed += " " + word;
      CAPTURE(typed);
      CHECK(has(all.output, "\n  " + verb.front() + " "));
      Arguments arguments = verb;
      arguments.push_back("--help");
      const Ran ran = run(arguments);
      CHECK(ran.exit == 0);
      CHECK(ran.errors.empty());
      CHECK(has(ran.output, "Example"));
      CHECK(has(ran.output, "\n  " + typed));
    }
  }

  TEST_CASE("--version says the name and the number, for a script") {
    const Ran ran = run({"--version"});
    CHECK(ran.exit == 0);
    CHECK(ran.output == "patchbay " PATCHBAY_VERSION "\n");
  }

  TEST_CASE("a verb that is nearly one has a suggestion, also below another") {
    const Ran near = run({"inspct", "x.so"});
    CHECK(near.exit == 2);
    CHECK(has(near.errors, "there is no verb 'inspct'; did you mean 'inspect'?"));
    const Ran below = run({"config", "chek", "patchbay.toml"});
    CHECK(below.exit == 2);
    CHECK(has(below.errors, "did you mean 'check'?"));
    const Ran far = run({"dance"});
    CHECK(far.exit == 2);
    CHECK(has(far.errors, "there is no verb 'dance'\n  see patchbay --help"));
    CHECK_FALSE(has(far.errors, "did you mean"));
  }

  TEST_CASE("a command line that is wrong ends with 2, and prints nothing a script could take") {
    for (const Arguments& wrong : std::vector<Arguments>{{},
                                                         {"--no-such-flag"},
                                                         {"serve", "--no-such-flag"},
                                                         {"serve", "extra"},
                                                         {"serve", "--log-format", "xml"},
                                                         {"inspect"},
                                                         {"check", "a.so", "--timeout", "0"},
                                                         {"new"},
                                                         {"new", "hello", "--lang", "cobol"},
                                                         {"config"},
                                                         {"config", "check"}}) {
      CAPTURE(wrong);
      const Ran ran = run(wrong);
      CHECK(ran.exit == 2);
      CHECK(ran.output.empty());
      CHECK_FALSE(ran.errors.empty());
    }
  }
}

}  // namespace
}  // namespace patchbay::test
