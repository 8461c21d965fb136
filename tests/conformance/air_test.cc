// SPDX-License-Identifier: MIT
// No dead air: what the host says while an agent is silent, and agents that never come back
// (protocol §8, cases 65, 66, 69; §2.4).
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "conformance/hosts.h"
#include "conformance/turns.h"

namespace patchbay::test {
namespace {

HostProcess::Setup host_with(const std::string& name, const std::string& config) {
  const std::string file = std::filesystem::temp_directory_path() /
                           ("patchbay-air-" + std::to_string(::getpid()) + "-" + name + ".toml");
  std::ofstream(file) << "[server]\nmetrics = true\n" << config;
  return serving(fixture_directory(), {"--config", file});
}

HostProcess& host() {
  static HostProcess process(host_with("lines", R"(
[agents.waits]
plugin = "probe"
turn_timeout = "1500ms"
fallback = "I am out of time."
first_say = "100ms"
fillers = ["One moment.", "Nearly there."]
[agents.waits.lines.de]
fallback = "Die Zeit ist um."
fillers = ["Einen Moment."]

[agents.quiet]
plugin = "probe"
first_say = "100ms"
fillers = ["One moment."]
filler_event = false

[agents.patient]
plugin = "probe"
)"));
  return process;
}

Answer tell(const std::string& agent, const std::string& command, const std::string& conversation) {
  return say(host().port(), agent, command, conversation);
}

Answer tell_in(const std::string& language, const std::string& command,
               const std::string& conversation) {
  Webhook webhook;
  webhook.path = "/agents/waits";
  webhook.body = event("message",
                       "\"turn_id\":\"" + fresh_turn() + "\",\"text\":\"" + command +
                           "\",\"custom_metadata\":{\"language\":\"" + language + "\"}",
                       conversation);
  return send(host().port(), webhook);
}

TEST_SUITE("air") {
  TEST_CASE("who is silent is covered by a filler, and goes on after a blank (case 65)") {
    const std::string conversation = fresh_conversation();
    const std::vector<Json> events = tell("waits", "block 600", conversation).events();
    REQUIRE(events.size() == 4);
    CHECK(events[0]["type"] == "response.data");
    CHECK(events[0]["content"] == Json{{"patchbay", {{"filler", true}}}});
    CHECK(events[1]["content"] == "One moment.");
    CHECK(events[2]["content"] == " awake");
    CHECK(events[3]["type"] == "response.end");
    CHECK(tell("waits", "block 600", conversation).spoken() == "Nearly there. awake");
    CHECK(tell("waits", "block 600", conversation).spoken() == "One moment. awake");
    CHECK(get(host().port(), "/metrics").body.find("patchbay_fillers_total{agent=\"waits\"}") !=
          std::string::npos);
    CHECK(host().logs_line({"agent=waits", "conversation=" + conversation, "filler_ms=1"}));
  }

  TEST_CASE(
      "who speaks in time is never talked into, and who wants no filler gets none (case 66)") {
    CHECK(tell("waits", "drip 4 100", fresh_conversation()).spoken() == "1 2 3 4 ");
    CHECK(tell("waits", "gap 600", fresh_conversation()).spoken() == "one two");
    CHECK(tell("waits", "end and return", fresh_conversation()).spoken() == "both");
    CHECK(tell("patient", "block 600", fresh_conversation()).spoken() == "awake");
    CHECK(tell("quiet", "block 600", fresh_conversation()).events().size() == 3);
  }

  TEST_CASE("a turn that is over, or was talked over, is filled no more") {
    const std::string conversation = fresh_conversation();
    Webhook webhook;
    webhook.path = "/agents/waits";
    webhook.body = message("block 700", conversation);
    Line old = begin(host(), webhook);
    CHECK(tell("waits", "say new", conversation).spoken() == "new");
    CHECK(tell("waits", "drip 8 50", conversation).spoken() == "1 2 3 4 5 6 7 8 ");
    while (const auto event = old.next_event()) CHECK(event->at("type") == "response.end");
  }

  TEST_CASE("at the deadline the fallback follows the filler (case 65)") {
    const Answer answer = tell("waits", "wait", fresh_conversation());
    CHECK(answer.spoken() == "One moment. I am out of time.");
    CHECK(answer.ends() == 1);
  }

  TEST_CASE("both lines are in the caller's language, which the conversation keeps") {
    const std::string conversation = fresh_conversation();
    CHECK(tell_in("de-AT", "block 600", conversation).spoken() == "Einen Moment. awake");
    CHECK(tell("waits", "wait", conversation).spoken() == "Einen Moment. Die Zeit ist um.");
    CHECK(tell_in("nl", "block 600", conversation).spoken() == "One moment. awake");
    Webhook start;
    start.path = "/agents/waits";
    start.body = event("session.start", R"("turn_id":"t","metadata":{"language":"de"})", "conv_de");
    CHECK(send(host().port(), start).spoken() == "Welcome.");
    CHECK(tell("waits", "fail", "conv_de").spoken() == "Die Zeit ist um.");
  }

  TEST_CASE(
      "what an interrupted turn had said is given again as it was, filler and all (case 69)") {
    const std::string conversation = fresh_conversation();
    Webhook webhook;
    webhook.path = "/agents/waits";
    webhook.body = message("wait", conversation);
    Line old(host().port());
    old.send(webhook.request());
    CHECK(old.read_head().status == 200);
    CHECK(old.next_event()->at("type") == "response.data");
    CHECK(old.next_event()->at("content") == "One moment.");
    CHECK(tell("waits", "say new", conversation).spoken() == "new");
    CHECK(send(host().port(), webhook).spoken() == "One moment.");
  }

  TEST_CASE("an agent that never comes back is told of, and does not eat the workers of others") {
    HostProcess stuck(host_with("stuck", "max_workers = 8\n[agents.hangs]\nplugin = \"" +
                                             fixture_directory() +
                                             "/hangs_in_turn.so\"\nturn_timeout = \"300ms\"\n"
                                             "fallback = \"I am stuck.\"\n[agents.echo]\nplugin = "
                                             "\"" +
                                             plugin_directory() + "/echo.so\"\n"));
    std::vector<Line> lines;
    for (int i = 0; i < 20; ++i) {
      Webhook webhook;
      webhook.path = "/agents/hangs";
      webhook.body = message("hello", fresh_conversation());
      lines.emplace_back(stuck.port());
      lines.back().send(webhook.request());
    }
    CHECK(say(stuck.port(), "echo", "hello").spoken().find("hello") != std::string::npos);
    for (Line& line : lines) CHECK(line.read_answer().spoken() == "I am stuck.");
    CHECK(stuck.logs_line({"agent=hangs", "outcome=failed", "have not come back"}));
    CHECK(stuck.logs_line({"an agent does not come back", "agent=hangs", "from=on_turn"}));
    const std::string gauge =
        "patchbay_callbacks_stuck{agent=\"hangs\",call=\"on_turn\"} 4\n";  // half of 8
    CHECK(eventually(
        [&] { return get(stuck.port(), "/metrics").body.find(gauge) != std::string::npos; }));
    // Beyond its share an agent's turns do not even wait for their deadline.
    CHECK(say(stuck.port(), "hangs", "hello").spoken() == "I am stuck.");
    CHECK(say(stuck.port(), "echo", "again").spoken().find("again") != std::string::npos);
    std::size_t told = 0;
    const std::string log = stuck.log();
    for (std::size_t at = 0;
         (at = log.find("an agent does not come back", at)) != std::string::npos; ++at)
      ++told;
    CHECK(told == 4);
  }
}

}  // namespace
}  // namespace patchbay::test
