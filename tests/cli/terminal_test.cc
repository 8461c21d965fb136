// SPDX-License-Identifier: MIT
// `call` at a terminal: keys go in, a screen comes out.
#include <doctest/doctest.h>

#include <signal.h>

#include "cli/probe_host.h"
#include "support/terminal.h"

namespace patchbay::test {
namespace {

TEST_SUITE("terminal") {
  TEST_CASE("Ctrl-C while the agent speaks is a barge-in, and the call goes on") {
    Terminal terminal({"call", url_of(probe_host()), "--conversation", "conv_pty"}, secret);
    REQUIRE(terminal.shows("probe> Welcome."));
    REQUIRE(terminal.shows("you> "));
    terminal.type("gap 60000\r");
    REQUIRE(terminal.shows("probe> one"));
    terminal.type(ctrl_c);
    CHECK(terminal.shows("[interrupted]"));
    CHECK(probe_host().logs_line({"conversation=conv_pty", "outcome=caller_gone"}));
    terminal.type("say still here\r");
    CHECK(terminal.shows("probe> still here"));
    REQUIRE(terminal.shows("you> "));
    terminal.type(ctrl_d);
    CHECK(terminal.wait() == 0);
    CHECK(has(terminal.screen(), "call ended, 3 turns"));
    CHECK(terminal.is_as_before());
  }

  TEST_CASE("what is typed while the agent speaks stands at the next prompt") {
    Terminal terminal({"call", url_of(probe_host())}, secret);
    REQUIRE(terminal.shows("you> "));
    terminal.type("gap 300\r");
    REQUIRE(terminal.shows("probe> one"));
    terminal.type("say ahead\r");
    CHECK(terminal.shows("two"));
    CHECK(terminal.shows("probe> ahead"));
    terminal.type("/quit\r");
    CHECK(terminal.wait() == 0);
  }

  TEST_CASE("a call that is ended from outside leaves the terminal as it was") {
    Terminal terminal({"call", url_of(probe_host())}, secret);
    REQUIRE(terminal.shows("you> "));
    CHECK_FALSE(terminal.is_as_before());
    terminal.signal(SIGTERM);
    CHECK(terminal.wait() == 1);
    CHECK(terminal.is_as_before());
  }
}

}  // namespace
}  // namespace patchbay::test
