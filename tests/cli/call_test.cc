// SPDX-License-Identifier: MIT
// `call` is the pipeline: what it prints and how it ends, against the real host.
#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/probe_host.h"
#include "support/free_port.h"
#include "support/wait.h"

namespace patchbay::test {
namespace {

Ran call(Arguments arguments, const Environment& environment = secret) {
  arguments.insert(arguments.begin(), "call");
  return run(arguments, environment);
}

std::vector<Json> of_kind(const std::string& kind, const std::vector<Json>& lines) {
  std::vector<Json> found;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
               [&](const Json& line) { return line.value("kind", "") == kind; });
  return found;
}

// The codes of all that went wrong in a call with --json.
std::vector<std::string> codes(const Ran& ran) {
  std::vector<std::string> all;
  for (const Json& line : of_kind("error", json_lines(ran.output))) all.push_back(line["code"]);
  return all;
}

std::string nobodys_url() {
  return "http://127.0.0.1:" + std::to_string(free_port());
}

TEST_SUITE("call") {
  TEST_CASE("a call that an agent answers prints its words, and is a success") {
    const Ran ran =
        call({url_of(probe_host()), "--say", "say Good morning", "--say", "data {\"n\":3}"});
    CHECK(ran.exit == 0);
    CHECK(has(ran.output, "probe> Welcome.\n"));
    CHECK(has(ran.output, "you> say Good morning\nprobe> Good morning\n"));
    CHECK(has(ran.output, "data {\"n\":3}"));
    CHECK(has(ran.output, "call ended, 3 turns\n"));
    CHECK(ran.errors.empty());
  }

  TEST_CASE("in JSON every line is an object, from the call's beginning to its end") {
    const Ran ran =
        call({url_of(probe_host()), "--say", "say one", "--json", "--conversation", "conv_j"});
    CHECK(ran.exit == 0);
    const std::vector<Json> lines = json_lines(ran.output);
    REQUIRE(lines.size() >= 4);
    CHECK(lines.front()["kind"] == "call");
    CHECK(lines.front()["conversation_id"] == "conv_j");
    CHECK(lines.back() == Json{{"kind", "call_end"}, {"turns", 2}, {"failed", 0}});
    std::vector<std::string> asked;
    for (const Json& turn : of_kind("turn", lines)) asked.push_back(turn["type"]);
    CHECK(asked == std::vector<std::string>{"session.start", "message", "session.end"});
    const std::vector<Json> ends = of_kind("turn_end", lines);
    REQUIRE(ends.size() == 2);
    CHECK(ends[1]["outcome"] == "ended");
    CHECK(ends[1]["text"] == "one");
    CHECK(ends[1]["first_word_ms"].is_number());
  }

  TEST_CASE("without a path the default agent is called, and --no-start begins with the caller") {
    const Ran ran = call({url_of(probe_host(), ""), "--say", "lifecycle", "--no-start"});
    CHECK(ran.exit == 0);
    CHECK(has(ran.output, "started 0"));
    CHECK(has(ran.output, "call ended, 1 turn\n"));
  }

  TEST_CASE("what is piped into it are the caller's lines, and commands") {
    const Ran ran =
        run_script("printf '%s\\n' 'say first' '' '/data {\"command\":\"json 7\"}' 'say last' | " +
                       patchbay_binary() + " call " + url_of(probe_host()),
                   "", secret);
    CHECK(ran.exit == 0);
    CHECK(has(ran.output, "probe> first\n"));
    CHECK(has(ran.output, "answer 7 "));
    CHECK(has(ran.output, "probe> last\n"));
    const Ran typo = run_script(
        "echo /dta | " + patchbay_binary() + " call " + url_of(probe_host()), "", secret);
    CHECK(typo.exit == 1);
    CHECK(has(typo.output, "there is no command /dta"));
  }

  TEST_CASE("a wrong secret is a failure that says which secret it was") {
    const Environment wrong{{"LAYERCODE_WEBHOOK_SECRET", "whsec_another"}};
    const Ran json = call({url_of(probe_host()), "--say", "say hello", "--json"}, wrong);
    CHECK(json.exit == 1);
    CHECK(codes(json) == std::vector<std::string>{"http_401"});  // nothing is said to who refuses
    const Ran ran = call({url_of(probe_host()), "--say", "say hello"}, wrong);
    CHECK(ran.exit == 1);
    CHECK(has(ran.output, "it was signed with the secret of LAYERCODE_WEBHOOK_SECRET"));
    CHECK_FALSE(has(ran.output + ran.errors, "whsec_another"));
  }

  TEST_CASE("an agent that is not there is a failure with the host's own word for it") {
    const Ran json = call({url_of(probe_host(), "/agents/nobody"), "--say", "hello", "--json"});
    CHECK(json.exit == 1);
    CHECK(codes(json) == std::vector<std::string>{"http_404"});
  }

  TEST_CASE("where nobody listens it says how to start a host") {
    const Ran json = call({nobodys_url(), "--say", "hello", "--json"});
    CHECK(json.exit == 1);
    CHECK(codes(json) == std::vector<std::string>{"connection_refused"});
    const Ran ran = call({nobodys_url(), "--say", "hello"});
    CHECK(has(ran.output, "patchbay serve --dev"));
  }

  TEST_CASE("a stream that breaks off is a failure, and what was heard of it is kept") {
    HostProcess doomed(probe_setup());
    HostProcess caller({{"call", url_of(doomed), "--say", "gap 60000", "--json"}, secret});
    REQUIRE(eventually([&] { return has(caller.output(), "\"one\""); }));
    doomed.signal(SIGKILL);
    CHECK(doomed.wait() == 128 + SIGKILL);
    const Ran ran = read_to_end(caller);
    CHECK(ran.exit == 1);
    const std::vector<Json> ends = of_kind("turn_end", json_lines(ran.output));
    REQUIRE(ends.size() == 2);
    CHECK(ends[1]["outcome"] == "failed");
    CHECK(ends[1]["text"] == "one");
    // session.end finds nobody either.
    CHECK(codes(ran).size() == 2);
  }

  TEST_CASE("an agent that says too little for too long is given up") {
    const Ran ran =
        call({url_of(probe_host()), "--say", "gap 60000", "--patience", "300ms", "--json"});
    CHECK(ran.exit == 1);
    CHECK(codes(ran) == std::vector<std::string>{"timed_out"});
  }

  TEST_CASE("SIGINT while the agent speaks interrupts it; a script's call ends there") {
    HostProcess caller({{"call", url_of(probe_host()), "--say", "gap 60000", "--say", "say never",
                         "--conversation", "conv_sigint"},
                        secret});
    REQUIRE(eventually([&] { return has(caller.output(), "probe> one"); }));
    caller.signal(SIGINT);
    const Ran ran = read_to_end(caller);
    CHECK(ran.exit == 1);  // not all was said
    CHECK(has(ran.output, "one [interrupted]\n"));
    CHECK_FALSE(has(ran.output, "never"));
    CHECK(probe_host().logs_line({"conversation=conv_sigint", "outcome=caller_gone"}));
    CHECK(probe_host().logs_line({"conversation=conv_sigint", "event=session.end"}));
  }

  TEST_CASE("a barge-in by the clock goes on with the next line, which tells the agent of it") {
    const Ran ran = call({url_of(probe_host()), "--say", "gap 60000", "--barge-in-after", "1",
                          "--say", "echo json", "--json"});
    CHECK(ran.exit == 0);
    const std::vector<Json> lines = json_lines(ran.output);
    const std::vector<Json> ends = of_kind("turn_end", lines);
    REQUIRE(ends.size() == 3);
    CHECK(ends[1]["outcome"] == "interrupted");
    CHECK(ends[2]["outcome"] != "failed");
    std::vector<Json> told;
    for (const Json& event : of_kind("event", lines)) {
      if (event["event"]["type"] == "response.data") told.push_back(event["event"]["content"]);
    }
    REQUIRE(told.size() == 1);
    CHECK(told[0]["interruption_context"].is_object());
  }

  TEST_CASE("a plugin's file or name is called without a host, and a typo has a suggestion") {
    const std::string file = plugin_directory() + "/echo.so";
    const Ran by_file = call({file, "--say", "hello"}, {});
    CHECK(by_file.exit == 0);
    CHECK(has(by_file.output, "echo> You said: hello"));
    const Ran by_name = call({"echo", "--plugins", plugin_directory(), "--say", "hello"}, {});
    CHECK(by_name.exit == 0);
    const Ran typo = call({"ehco", "--plugins", plugin_directory(), "--say", "hello"}, {});
    CHECK(typo.exit == 1);
    CHECK(has(typo.errors, "echo"));
    const Ran broken = call({fixture_directory() + "/throws_in_create.so", "--say", "hello"}, {});
    CHECK(broken.exit == 1);
    CHECK(has(broken.errors, "the calendar does not answer"));
  }

  TEST_CASE("without any secret it says where one could be") {
    const Scratch empty;
    const Ran ran =
        call({url_of(probe_host()), "--say", "hello"}, {{"XDG_STATE_HOME", empty.path()}});
    CHECK(ran.exit == 1);
    CHECK(has(ran.errors, "there is no secret"));
    CHECK(has(ran.errors, "LAYERCODE_WEBHOOK_SECRET"));
  }

  TEST_CASE("a --say without a word is a mistake, not a turn that is left out") {
    for (const std::string blank : {"", " "}) {
      const Ran ran = call({url_of(probe_host()), "--say", "say hi", "--say", blank});
      CHECK(ran.exit == 2);
      CHECK(ran.errors ==
            "patchbay: --say: nothing is said with that: give it words\n"
            "  see patchbay call --help\n");
      CHECK(ran.output.empty());
    }
  }

  TEST_CASE("a command line that is wrong ends with 2") {
    CHECK(call({"http://[", "--say", "hello"}).exit == 2);
    CHECK(call({url_of(probe_host()), "--metadata", "[1]"}).exit == 2);
    CHECK(call({url_of(probe_host()), "--barge-in-after", "5"}).exit == 2);
    CHECK(call({url_of(probe_host()), "--patience", "soon"}).exit == 2);
    CHECK(call({url_of(probe_host()), "--no-such-flag"}).exit == 2);
  }

  TEST_CASE("a plugin that crashes or exits takes the call with it, and that is no success") {
    Environment plain = secret;
    plain["ASAN_OPTIONS"] = "handle_segv=0";
    const Ran crashed = call({fixture_directory() + "/crashes_in_turn.so", "--say", "hi"}, plain);
    CHECK(crashed.exit != 0);
    const Ran left = call({fixture_directory() + "/exits_in_turn.so", "--say", "hi"}, plain);
    CHECK(left.exit == 70);
    CHECK(has(left.errors, "exit() was called in this process, by a plugin"));
  }
}

}  // namespace
}  // namespace patchbay::test
