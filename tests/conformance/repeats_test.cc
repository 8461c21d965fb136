// SPDX-License-Identifier: MIT
// Protocol §1.5 and case 70: a turn that is delivered twice. And who pays for a turn that is not.
#include <doctest/doctest.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "conformance/hosts.h"
#include "conformance/turns.h"

namespace patchbay::test {
namespace {

HostProcess::Setup host_with(const std::string& name, const std::string& webhook_table) {
  const std::string file =
      std::filesystem::temp_directory_path() /
      ("patchbay-repeats-" + std::to_string(::getpid()) + "-" + name + ".toml");
  std::ofstream(file) << "[server]\nmetrics = true\n[webhook]\nfallback = \"Sorry, what?\"\n"
                      << webhook_table << "[agents.probe]\nplugin = \"probe\"\n";
  return serving(fixture_directory(), {"--config", file});
}

Webhook turn(const std::string& command, const std::string& conversation,
             const std::string& id = "turn_1") {
  Webhook webhook;
  webhook.path = "/agents/probe";
  webhook.body = message(command, conversation, id);
  return webhook;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

// A command that leaves a line in the host's log each time it runs.
std::string logging(const std::string& conversation) {
  return "log ran in " + conversation;
}
// Did it run so often, by what the log says in the end?
bool runs(const HostProcess& host, const std::string& conversation, std::size_t wanted) {
  const std::string line = "message=\"ran in " + conversation + "\"";
  return eventually([&] { return times(host.log(), line) >= wanted; }) &&
         times(host.log(), line) == wanted;
}

HostProcess& host() {
  static HostProcess process(host_with("answer", ""));
  return process;
}

Answer tell(std::uint16_t port, const std::string& command, const std::string& conversation) {
  return say(port, "probe", command, conversation);
}

TEST_SUITE("repeats") {
  TEST_CASE("a turn that comes again is answered again, byte for byte, and runs once (case 70)") {
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn(logging(conversation), conversation);
    const Answer first = send(host().port(), webhook);
    CHECK(first.spoken() == "logged");
    for (int again = 0; again < 3; ++again) CHECK(send(host().port(), webhook).body == first.body);
    CHECK(host().logs_line({"delivered again", "conversation=" + conversation, "how=repeated"}));
    CHECK(runs(host(), conversation, 1));
    const Webhook mixed = turn("mixed", conversation, "turn_2");
    CHECK(send(host().port(), mixed).body == send(host().port(), mixed).body);
    CHECK(send(host().port(), webhook).body == first.body);  // late, and out of order
    CHECK(runs(host(), conversation, 1));
  }

  TEST_CASE("a turn that comes again while it runs goes on over the newer connection (case 70)") {
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn("gap 1500", conversation);
    Line older = begin(host(), webhook);
    CHECK(older.next_event()->at("content") == "one");
    Line newer = begin(host(), webhook);
    const std::vector<Json> ended = rest_of(older);
    CHECK(ended.size() == 1);
    CHECK(ends_once(ended));
    const std::vector<Json> events = rest_of(newer);
    CHECK(spoken(events) == "one two");
    CHECK(ends_once(events));
    CHECK(host().logs_line({"conversation=" + conversation, "outcome=answered"}));
  }

  TEST_CASE("many at the same moment run once, and each of them ends once (case 70)") {
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn("gap 700", conversation);
    std::vector<Line> lines;
    for (int i = 0; i < 20; ++i) {
      lines.emplace_back(host().port());
      lines.back().send(webhook.request());
    }
    std::size_t whole = 0;
    for (Line& line : lines) {
      CHECK(line.read_head().status == 200);
      const std::vector<Json> events = rest_of(line);
      CHECK(ends_once(events));
      whole += spoken(events) == "one two" ? 1 : 0;
    }
    CHECK(whole >= 1);
    const std::string turn_of_it = "conversation=" + conversation + " turn=turn_1 first_word_ms";
    CHECK(host().logs(turn_of_it));
    CHECK(times(host().log(), turn_of_it) == 1);
  }

  TEST_CASE("the older connection of a turn may go without harm") {
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn("gap 1500", conversation);
    Line older = begin(host(), webhook);
    older.next_event();
    Line newer = begin(host(), webhook);
    rest_of(older);
    older.reset();
    CHECK(spoken(rest_of(newer)) == "one two");
  }

  TEST_CASE("a turn whose caller hung up, and that comes again, is never silent") {
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn("never", conversation);
    Line line = begin(host(), webhook);
    CHECK(line.next_event()->at("content") == "waiting");
    line.close();
    CHECK(host().logs_line({"conversation=" + conversation, "outcome=caller_gone"}));
    const Answer again = send(host().port(), webhook);
    CHECK(again.spoken() == "waiting Sorry, what?");
    CHECK(ends_once(again.events()));
    // When the conversation has gone on, an old turn must not speak into it.
    CHECK(send(host().port(), turn("say next", conversation, "turn_2")).spoken() == "next");
    CHECK(send(host().port(), webhook).spoken() == "waiting");
  }

  TEST_CASE("a hang-up and the same turn at the same moment: an answer, whoever comes first") {
    for (int attempt = 0; attempt < 30; ++attempt) {
      const std::string conversation = fresh_conversation();
      const Webhook webhook = turn("gap 30", conversation);
      Line older = begin(host(), webhook);
      Line newer(host().port());
      newer.send(webhook.request());
      older.reset();
      const Answer answer = newer.read_answer();
      CAPTURE(answer.body);
      CHECK_FALSE(answer.spoken().empty());
      CHECK(ends_once(answer.events()));
    }
  }

  TEST_CASE("a turn that was talked over, and comes again, gets what it had said, and its end") {
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn("never", conversation);
    Line line = begin(host(), webhook);
    CHECK(line.next_event()->at("content") == "waiting");
    Line speaking = begin(host(), turn("gap 700", conversation, "turn_2"));
    rest_of(line);
    CHECK(send(host().port(), webhook).spoken() == "waiting");
    CHECK(spoken(rest_of(speaking)) == "one two");  // and it interrupts nobody
  }

  TEST_CASE("the same id with another text is a turn of its own, and the log says so") {
    const std::string conversation = fresh_conversation();
    Line line = begin(host(), turn("never", conversation));
    CHECK(line.next_event()->at("content") == "waiting");
    CHECK(send(host().port(), turn("say other", conversation)).spoken() == "other");
    CHECK(ends_once(rest_of(line)));
    CHECK(host().logs_line({"came again with another text", "conversation=" + conversation}));
  }

  TEST_CASE("without a turn_id nothing is a repeat") {
    const std::string conversation = fresh_conversation();
    Webhook webhook;
    webhook.path = "/agents/probe";
    webhook.body = event("message", R"("text":"log ran in )" + conversation + '"', conversation);
    for (int i = 0; i < 2; ++i) CHECK(send(host().port(), webhook).spoken() == "logged");
    CHECK(runs(host(), conversation, 2));
  }

  TEST_CASE("a data event is a repeat where it is the very same delivery, and gets the same JSON") {
    const std::string conversation = fresh_conversation();
    const auto click = [&](const std::string& command, std::time_t at) {
      Webhook webhook;
      webhook.path = "/agents/probe";
      webhook.body =
          event("data", R"("turn_id":"t","data":{"command":")" + command + "\"}", conversation);
      webhook.at = at;
      return send(host().port(), webhook);
    };
    const std::time_t now = std::time(nullptr);
    CHECK(click("state get k", now).body == R"("nothing")");
    tell(host().port(), "state put k v", conversation);
    CHECK(click("state get k", now).body == R"("nothing")");  // the network brought it twice
    CHECK(click("state get k", now - 1).body == R"("v")");    // the caller pressed again
    const Answer failed = click("fail", now);
    CHECK(failed.status == 500);
    CHECK(click("fail", now).body == failed.body);
    CHECK(click("fail", now).status == 500);
  }

  TEST_CASE("a session.start that comes again greets once, and again with the same words") {
    const std::string conversation = fresh_conversation();
    Webhook webhook;
    webhook.path = "/agents/probe";
    webhook.body = event("session.start", R"("turn_id":"turn_0")", conversation);
    const Answer first = send(host().port(), webhook);
    CHECK(send(host().port(), webhook).body == first.body);
    CHECK(tell(host().port(), "lifecycle", conversation).spoken().starts_with("started 1,"));
  }

  TEST_CASE("repeats are refused with 409, or run, where the host is told to") {
    HostProcess refusing(host_with("refuse", "duplicates = \"refuse\"\n"));
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn(logging(conversation), conversation);
    CHECK(send(refusing.port(), webhook).status == 200);
    const Answer refused = send(refusing.port(), webhook);
    CHECK(refused.status == 409);
    CHECK(Json::parse(refused.body)["error"]["code"] == "delivered_twice");
    CHECK(runs(refusing, conversation, 1));

    HostProcess running(host_with("run", "duplicates = \"run\"\n"));
    for (int i = 0; i < 2; ++i) CHECK(send(running.port(), webhook).spoken() == "logged");
    CHECK(runs(running, conversation, 2));
  }

  TEST_CASE("an answer that is not kept is only ended, and one that had its time runs anew") {
    HostProcess small(host_with("small", "replay_memory = 10\n"));
    const Webhook webhook = turn("say hello", "c");
    CHECK(send(small.port(), webhook).spoken() == "hello");
    CHECK(small.logs("outcome=answered"));  // only now is it over for the host, too
    const Answer again = send(small.port(), webhook);
    CHECK(again.spoken().empty());
    CHECK(ends_once(again.events()));
    CHECK(small.logs("an answer is not kept any more"));

    HostProcess short_lived(host_with("short", "replay_window = 0\n"));
    const Webhook twice = turn(logging("c"), "c");
    CHECK(send(short_lived.port(), twice).spoken() == "logged");
    CHECK(short_lived.logs("outcome=answered"));
    CHECK(send(short_lived.port(), twice).spoken() == "logged");
    CHECK(runs(short_lived, "c", 2));
  }

  TEST_CASE("with replay protection the very same request is refused, however it is written") {
    HostProcess strict(host_with("strict", "replay_protection = true\n"));
    const Webhook webhook = turn("say hello", "c");
    CHECK(send(strict.port(), webhook).status == 200);
    const Answer copy = send(strict.port(), webhook);
    CHECK(copy.status == 401);
    CHECK(Json::parse(copy.body)["error"]["code"] == "unauthorized");
    CHECK(strict.logs("code=signature_replayed"));
    Webhook rewritten = webhook;
    rewritten.is_signed = false;
    rewritten.headers = {"layercode-signature: x=1," +
                         signature(webhook.body, test_secret, webhook.at)};
    CHECK(send(strict.port(), rewritten).status == 401);
    Webhook anew = webhook;
    anew.at -= 1;
    CHECK(send(strict.port(), anew).spoken() == "hello");
  }

  TEST_CASE("every turn is accounted for, while the host runs and at its end") {
    HostProcess counted(host_with("counted", ""));
    const std::string conversation = fresh_conversation();
    const Webhook webhook = turn("say hi", conversation);
    for (int i = 0; i < 3; ++i) send(counted.port(), webhook);
    send(counted.port(), turn("fail", conversation, "turn_2"));
    Line over = begin(counted, turn("never", conversation, "turn_3"));
    over.next_event();
    Line gone = begin(counted, turn("never", conversation, "turn_4"));
    gone.next_event();
    gone.close();
    CHECK(counted.logs("outcome=caller_gone"));
    Line open = begin(counted, turn("gap 1500", conversation, "turn_5"));
    open.next_event();
    for (const char* number :
         {"patchbay_turns_balanced{} 1\n", "patchbay_turns_open 1\n",
          "patchbay_turns_accepted_total{agent=\"probe\"} 5\n",
          "patchbay_deliveries_repeated_total{agent=\"probe\",how=\"repeated\"} 2\n"}) {
      CAPTURE(number);
      CHECK(eventually(
          [&] { return get(counted.port(), "/metrics").body.find(number) != std::string::npos; }));
    }
    counted.signal(SIGTERM);
    CHECK(counted.wait() == 0);
    CHECK(
        counted.logs("turns accounted accepted=5 answered=2 failed=1 timed_out=0 interrupted=1 "
                     "caller_gone=1 shut_down=0 replaced=0 open=0 balance=true"));
  }
}

}  // namespace
}  // namespace patchbay::test
