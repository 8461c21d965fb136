// SPDX-License-Identifier: MIT
// `patchbay conversations`: what a host has kept, over a restart, exported and forgotten.
#include <signal.h>

#include "cli/commands.h"
#include "support/free_port.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

// A host that keeps its conversations in a file.
struct Kept {
  Scratch place;

  [[nodiscard]] HostProcess::Setup setup(const std::vector<std::string>& further = {}) const {
    HostProcess::Setup setup =
        serving(fixture_directory(), {"--config", PATCHBAY_SOURCE_DIR "/tests/cli/probe.toml",
                                      "--admin", socket(), "--store", store()});
    setup.arguments.insert(setup.arguments.end(), further.begin(), further.end());
    return setup;
  }
  [[nodiscard]] std::string socket() const { return place.path("admin.sock"); }
  [[nodiscard]] std::string store() const { return "sqlite:" + place.path("talks.db"); }
  // Of the host, or of the store itself where that is stopped.
  [[nodiscard]] Ran ask(Arguments further = {}) const {
    return asked(further, "--admin", socket());
  }
  [[nodiscard]] Ran ask_store(Arguments further = {}) const {
    return asked(further, "--store", store());
  }
  static Ran asked(Arguments further, const std::string& flag, const std::string& where) {
    further.insert(further.begin(), "conversations");
    further.insert(further.end(), {flag, where});
    return run(further);
  }
};

void talk(HostProcess& host) {
  const std::uint16_t port = host.port();
  CHECK(say(port, "probe", "say Good day.", "conv_1").spoken() == "Good day.");
  CHECK(say(port, "probe", "state put name Ada", "conv_1").status == 200);
  CHECK(say(port, "probe", "say Another.", "conv/2").spoken() == "Another.");
}

TEST_SUITE("conversations") {
  TEST_CASE("a talk is listed, shown and exported, also after a restart") {
    const Kept kept;
    {
      HostProcess host(kept.setup());
      REQUIRE(host.port() != 0);
      CHECK(kept.ask().output == "no conversation is kept\n");
      talk(host);
      CHECK(has(kept.ask().output, "  probe  conv_1\n"));
      host.signal(SIGTERM);
      CHECK(host.wait() == 0);
    }
    HostProcess host(kept.setup());
    REQUIRE(host.port() != 0);
    const Ran list = kept.ask();
    CHECK(list.exit == 0);
    CHECK(list.output.find("conv/2") < list.output.find("conv_1"));
    CHECK(kept.ask({"--agent", "nobody"}).output == "no conversation is kept of nobody\n");
    const Ran shown = kept.ask({"probe/conv_1"});
    CHECK(has(shown.output, "probe/conv_1, 2 turns, since 2"));
    CHECK(has(shown.output, "  caller  say Good day.\n"));
    CHECK(has(shown.output, "  agent   Good day.\n"));
    CHECK(has(shown.output, "the agent remembers: name\n"));
    CHECK(!has(shown.output, "the agent remembers: Ada"));
    CHECK(kept.ask({"conv_1"}).output == shown.output);
    CHECK(has(kept.ask({"probe/conv/2"}).output, "  agent   Another.\n"));
    const auto lines = json_lines(kept.ask({"conv_1", "--export"}).output);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["conversation"] == "conv_1");
    CHECK(lines[0]["caller"] == "say Good day.");
    CHECK(lines[0]["sent"] == "Good day.");
    CHECK(lines[0]["heard"] == "Good day.");
    CHECK(lines[0]["outcome"] == "answered");
    CHECK(json_lines(kept.ask({"--export"}).output).size() == 3);
    CHECK(Json::parse(kept.ask({"--json"}).output)["conversations"].size() == 2);
  }

  TEST_CASE("a talk is forgotten when that is meant, and only that one") {
    const Kept kept;
    HostProcess host(kept.setup());
    talk(host);
    Ran ran = kept.ask({"purge", "probe/conv_1"});
    CHECK(ran.exit == 1);
    CHECK(ran.errors ==
          "patchbay: probe/conv_1 would be gone for good: 2 turns, 1 value, no steps\n"
          "  say so with --yes\n");
    ran = kept.ask({"purge", "probe/conv_1", "--yes"});
    CHECK(ran.exit == 0);
    CHECK(ran.output == "forgotten probe/conv_1: 2 turns, 1 value, no steps\n");
    for (const Arguments& words : {Arguments{"probe/conv_1"}, {"conv_1"}, {"purge", "conv_1"}}) {
      ran = kept.ask(words);
      CHECK(ran.exit == 1);
      CHECK(has(ran.errors, "patchbay: nothing is known of a conversation "));
    }
    CHECK(has(kept.ask({"probe/conv/2"}).output, "Another."));
    CHECK(say(host.port(), "probe", "state get name", "conv_1").spoken() != "Ada");
    CHECK(kept.ask({"purge"}).exit == 2);
  }

  TEST_CASE("an answer of a talk that was purged is not given again to the same turn") {
    const Kept kept;
    HostProcess host(kept.setup());
    Webhook webhook;
    webhook.path = "/agents/probe";
    webhook.body = message("say Good day.", "conv_9", "turn_1");
    CHECK(send(host.port(), webhook).spoken() == "Good day.");
    CHECK(send(host.port(), webhook).spoken() == "Good day.");
    CHECK(kept.ask({"purge", "probe/conv_9", "--yes"}).exit == 0);
    const Answer again = send(host.port(), webhook);
    CHECK(again.spoken().empty());
    CHECK(again.ends() == 1);
  }

  TEST_CASE("what a stopped host has kept is read, exported and forgotten in its store") {
    const Kept kept;
    CHECK(has(kept.ask_store().errors, "patchbay: there is no file "));
    HostProcess host(kept.setup());
    talk(host);
    const Ran while_it_runs = kept.ask_store();
    CHECK(while_it_runs.exit == 1);
    CHECK(has(while_it_runs.errors, "leave --store away"));
    const std::string shown = kept.ask({"conv_1"}).output;
    const std::string exported = kept.ask({"--export"}).output;
    SUBCASE("in order") {
      host.signal(SIGTERM);
    }
    SUBCASE("by kill -9") {
      host.signal(SIGKILL);
    }
    host.wait();
    CHECK(kept.ask_store({"conv_1"}).output == shown);
    CHECK(kept.ask_store({"--export"}).output == exported);
    CHECK(kept.ask_store({"purge", "conv_1", "--yes"}).exit == 0);
    CHECK(has(kept.ask_store({"conv_1"}).errors, "nothing is known"));
    CHECK(kept.asked({}, "--store", "memory").exit == 1);
  }

  TEST_CASE("an id that begins with a dash is one, behind --") {
    const Kept kept;
    HostProcess host(kept.setup());
    CHECK(say(host.port(), "probe", "say Dashed.", "-y").spoken() == "Dashed.");
    const auto ask = [&](const Arguments& further) {
      Arguments words{"conversations", "--admin", kept.socket()};
      words.insert(words.end(), further.begin(), further.end());
      return run(words);
    };
    CHECK(has(ask({"--", "-y"}).output, "  agent   Dashed.\n"));
    CHECK(has(ask({"--agent", "probe", "--", "-y"}).output, "  agent   Dashed.\n"));
    CHECK(has(ask({"purge", "--", "-y"}).errors, "patchbay: probe/-y would be gone for good"));
    CHECK(ask({"-y"}).exit == 2);
    CHECK(ask({"--", "-y", "more"}).exit == 2);
    CHECK(ask({"purge", "--", "-y", "more"}).exit == 2);
    CHECK(ask({"--yes", "--", "purge", "-y"}).output.starts_with("forgotten probe/-y: 1 turn, "));
  }

  TEST_CASE("what is purged while the store is down is told as what will be") {
    const Kept kept;
    const std::string nobody = "redis://127.0.0.1:" + std::to_string(free_port()) + "/0";
    HostProcess host(
        serving(fixture_directory(), {"--config", PATCHBAY_SOURCE_DIR "/tests/cli/probe.toml",
                                      "--admin", kept.socket(), "--store", nobody}));
    REQUIRE(host.port() != 0);
    const Ran ran = kept.ask({"purge", "probe/conv_1", "--yes"});
    CHECK(ran.exit == 0);
    CHECK(ran.output ==
          "probe/conv_1 will be forgotten when the store is back, if this host still runs then\n");
  }

  TEST_CASE("where no host runs, what one has left is named") {
    const Scratch home;
    const Environment nobody{{"XDG_STATE_HOME", home.path("state")}};
    run_script("mkdir -p " + home.path("state/patchbay") + " && touch " +
               home.path("state/patchbay/conversations-8080.db"));
    const Ran ran = run({"conversations"}, nobody);
    if (!has(ran.errors, "no host runs here")) return;  // somebody's host does
    CHECK(ran.exit == 1);
    CHECK(has(ran.errors, "patchbay conversations --store sqlite:"));
    CHECK(has(ran.errors, "conversations-8080.db\n"));
  }

  TEST_CASE("a turn that runs while its conversation is forgotten brings nothing of it back") {
    const Kept kept;
    HostProcess host(kept.setup());
    talk(host);
    Line caller(host.port());
    Webhook asked;
    asked.path = "/agents/probe";
    asked.body = message("never", "conv_1");
    caller.send(asked.request());
    caller.read_head();
    REQUIRE(caller.next_event());  // it says "waiting"
    CHECK(has(kept.ask({"conv_1"}).output, "[no end]"));
    CHECK(kept.ask({"purge", "conv_1", "--yes"}).exit == 0);
    caller.close();
    CHECK(host.logs("outcome=caller_gone"));
    CHECK(kept.ask({"conv_1"}).exit == 1);
    CHECK(!has(kept.ask().output, "conv_1"));
    // He calls again, and nobody knows him.
    CHECK(say(host.port(), "probe", "state get name", "conv_1").spoken() != "Ada");
    CHECK(has(kept.ask({"conv_1"}).output, "probe/conv_1, 1 turn, "));
  }

  TEST_CASE("who is interrupted in mid-sentence is shown with what was sent and what was heard") {
    const Kept kept;
    HostProcess host(kept.setup());
    const std::string sentence = "One two three four five six seven eight nine ten.";
    const Ran call =
        run({"call", "http://127.0.0.1:" + std::to_string(host.port()) + "/agents/probe",
             "--conversation", "conv_1", "--aloud", "--say", "say " + sentence, "--barge-in-after",
             "700", "--say", "say Yes."},
            {{"LAYERCODE_WEBHOOK_SECRET", test_secret}});
    CHECK(has(call.output, " [interrupted]\n"));
    CHECK(has(kept.ask({"conv_1"}).output, "[interrupted; heard: One"));
    const auto lines = json_lines(kept.ask({"conv_1", "--export"}).output);
    REQUIRE(lines.size() >= 3);
    CHECK(lines[1]["sent"] == sentence);
    CHECK(lines[1]["interrupted"] == true);
    CHECK(sentence.starts_with(std::string(lines[1]["heard"])));
    CHECK(std::string(lines[1]["heard"]).size() < sentence.size());
    CHECK(lines[2]["caller"] == "say Yes.");
  }

  TEST_CASE("numbers and addresses do not stand in the log, unless that is wanted") {
    const Kept kept;
    {
      HostProcess host(kept.setup({"--log-level", "debug"}));
      say(host.port(), "probe", "log call 0171 5550123");
      CHECK(host.logs("text=\"log call [number]\""));
      CHECK(!has(host.log(), "5550123"));
    }
    run_script("printf '[log]\\nredact = false\\n[agents.probe]\\nplugin = \"probe\"\\n' > " +
               kept.place.path("open.toml"));
    HostProcess host(serving(fixture_directory(),
                             {"--config", kept.place.path("open.toml"), "--log-level", "debug"}));
    say(host.port(), "probe", "log call 0171 5550123");
    CHECK(host.logs("text=\"log call 0171 5550123\""));
  }
}

}  // namespace
}  // namespace patchbay::test
