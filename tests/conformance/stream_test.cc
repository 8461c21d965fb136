// SPDX-License-Identifier: MIT
// Protocol §8, cases 56 to 73: what the caller hears, whatever the agent does and whoever hangs up.
#include <doctest/doctest.h>

#include <algorithm>
#include <climits>
#include <optional>
#include <string>
#include <thread>

#include "conformance/hosts.h"
#include "conformance/turns.h"

namespace patchbay::test {
namespace {

Line begin(std::string_view command, const std::string& conversation,
           const std::string& agent = "probe", std::string_view turn = "turn_1") {
  Webhook webhook;
  webhook.path = "/agents/" + agent;
  webhook.body = message(command, conversation, turn);
  return begin(probe_host(), webhook);
}

// Waits for the end of a turn whose caller hears nothing of it. To ask the probe at once would be a
// barge-in, if the hang-up was not noticed yet.
bool ended(const std::string& conversation, const std::string& outcome) {
  return probe_host().logs_line({"conversation=" + conversation, "outcome=" + outcome});
}

// Does a cancel reach an agent that only listens? One that ends its reply before the cancel was
// pushed has no need of it, so a single try may rightly see none.
bool is_pushed(const std::string& reason) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    const std::string conversation = fresh_conversation();
    Line line = begin("never", conversation);
    line.next_event();
    if (reason == "hangup") {
      line.reset();
      if (!ended(conversation, "caller_gone")) return false;
    }
    for (int asked = 0; asked < 50; ++asked) {
      if (tell_probe("cancels", conversation).spoken().find(reason) != std::string::npos)
        return true;
    }
  }
  return false;
}

// The milliseconds in "1: wait: hangup after 12 ms"; nothing where the probe notes no such thing.
std::optional<int> after(const std::string& notes, const std::string& reason) {
  const std::string before = "wait: " + reason + " after ";
  const std::size_t at = notes.find(before);
  if (at == std::string::npos) return std::nullopt;
  return std::stoi(notes.substr(at + before.size()));
}

// How long an agent that computes, and looks up now and then, runs on when its caller leaves
// (hangup) or speaks (barge-in): from its beginning to the cancel, at its best. On a busy machine
// one try says little; a cancel that had to wait for anything would be slow in all of them.
int quickest_cancel(const std::string& reason) {
  int quickest = INT_MAX;
  for (int attempt = 0; attempt < 20 && quickest > 50; ++attempt) {
    const std::string conversation = fresh_conversation();
    Line line = begin("wait", conversation);
    if (reason == "hangup") {
      line.close();
      if (!ended(conversation, "caller_gone")) return INT_MAX;
    }
    for (int asked = 0; asked < 20; ++asked) {
      const auto ms = after(tell_probe("notes", conversation).spoken(), reason);
      if (!ms) continue;  // perhaps it was cancelled before any worker was free
      quickest = std::min(quickest, *ms);
      break;
    }
  }
  return quickest;
}

constexpr const char* apology = "Sorry, something went wrong.";

TEST_SUITE("stream") {
  TEST_CASE(
      "every event is one data line and a blank one, with the turn's id as it came (cases 56, "
      "57)") {
    const std::string turn = "tu\"rn\\\xE2\x98\x95 7";
    Line line = begin("mixed", fresh_conversation(), "probe", turn);
    const std::vector<Json> events = rest_of(line);  // throws where a block is not "data: {json}"
    CHECK(events.size() == 4);
    for (const Json& event : events) CHECK(event["turn_id"] == turn);
  }

  TEST_CASE("hostile text stays one line and comes out as it went in (case 58)") {
    const std::string text = "say a\nb\"c\\d\xE2\x80\xA8\xE2\x80\xA9\xF0\x9F\x98\x80\r\n\t\x01z";
    CHECK(tell_probe(text).spoken() == text.substr(4));
    CHECK(tell_probe("bytes 6100 62").spoken().substr(0, 2) == std::string("a\0", 2));
    CHECK(tell_probe("big 1048576").spoken().size() == 1048576);
    CHECK(tell_probe("big 1048577").spoken().find("VAP_E_LIMIT") != std::string::npos);
  }

  TEST_CASE("bytes that are no UTF-8 become U+FFFD, and never break the stream (case 59)") {
    CHECK(tell_probe("bytes 61FF62C0AF63EDA08064")
              .spoken()
              .starts_with("a\xEF\xBF\xBD"
                           "b"));
  }

  TEST_CASE("a word is heard before the agent thinks of the next (case 60)") {
    Line line = begin("wait", fresh_conversation());
    // `drip` would sleep; an agent that waits for its cancel can never have said a second word.
    line.close();
    Line dripping = begin("drip 3 200", fresh_conversation());
    const auto start = std::chrono::steady_clock::now();
    CHECK(dripping.next_event()->at("content") == "1 ");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(200 * 2));
    CHECK(ends_once(rest_of(dripping)));
  }

  TEST_CASE(
      "a stream ends exactly once, whether the agent ends it never, once or twice (cases 61, 62)") {
    for (const char* command : {"say x", "end twice", "say after end", "end and return", "async 5",
                                "thread 5", "empty"}) {
      const std::string conversation = fresh_conversation();
      const Answer answer = tell_probe(command, conversation);
      CAPTURE(command);
      CHECK(answer.whole);
      CHECK(ends_once(answer.events()));
    }
    const std::string conversation = fresh_conversation();
    CHECK(tell_probe("say after end", conversation).spoken() == "before");
    CHECK(tell_probe("notes", conversation).spoken().find("VAP_E_ENDED") != std::string::npos);
  }

  TEST_CASE("an agent that fails before its first word is heard to apologise (case 63)") {
    for (const char* command : {"fail", "throw", "fail later 5", "drop"}) {
      const Answer answer = tell_probe(command, fresh_conversation());
      CAPTURE(command);
      CHECK(answer.status == 200);
      CHECK(answer.spoken() == apology);
      CHECK(ends_once(answer.events()));
    }
    CHECK(probe_host().logs("outcome=failed why=\"told to fail\""));
  }

  TEST_CASE("an agent that fails in the middle apologises after what it said (case 64)") {
    for (const char* command : {"throw after word", "fail after word"}) {
      const Answer answer = tell_probe(command, fresh_conversation());
      CHECK(answer.spoken() == std::string("word ") + apology);
      CHECK(ends_once(answer.events()));
      CHECK(answer.body.find("told to") == std::string::npos);
    }
  }

  TEST_CASE(
      "a turn that is never ended is ended at its deadline, with the agent's own line (case 65)") {
    for (const char* command : {"never", "block 1500", "wait"}) {
      const Answer answer = say(probe_host().port(), "brief", command, fresh_conversation());
      CAPTURE(command);
      CHECK(answer.spoken().ends_with("I am out of time."));
      CHECK(ends_once(answer.events()));
    }
    CHECK(probe_host().logs("outcome=timed_out"));
  }

  TEST_CASE("a stream stays open while the agent is silent (case 66)") {
    CHECK(tell_probe("gap 3000", fresh_conversation()).spoken() == "one two");
  }

  TEST_CASE("a caller who goes away cancels an agent that is thinking (case 67)") {
    const std::string conversation = fresh_conversation();
    Line line = begin("late", conversation);
    CHECK(line.next_event()->at("content") == "waiting");  // so it is at work, and not still queued
    line.close();
    CHECK(ended(conversation, "caller_gone"));
    CHECK(eventually([&] {
      return tell_probe("notes", conversation).spoken().find("VAP_E_CANCELLED") !=
             std::string::npos;
    }));
  }

  TEST_CASE("a cancel reaches an agent within 50 ms, also while it computes (cases 67, 68)") {
    CHECK(quickest_cancel("hangup") <= 50);
    CHECK(quickest_cancel("barge-in") <= 50);
  }

  TEST_CASE("a connection that is reset is a caller who goes away") {
    const std::string conversation = fresh_conversation();
    Line line = begin("never", conversation);
    line.next_event();
    line.reset();
    CHECK(ended(conversation, "caller_gone"));
    CHECK(is_pushed("hangup"));
  }

  TEST_CASE("a new message takes the word from the turn before, which ends at once (case 68)") {
    const std::string conversation = fresh_conversation();
    Line old = begin("never", conversation);
    CHECK(old.next_event()->at("content") == "waiting");
    CHECK(tell_probe("say new", conversation).spoken() == "new");
    CHECK(ends_once(rest_of(old)));
    CHECK(is_pushed("barge-in"));
  }

  TEST_CASE("a turn that was talked over can neither speak nor write (case 68)") {
    const std::string conversation = fresh_conversation();
    Line old = begin("late", conversation);
    CHECK(old.next_event()->at("content") == "waiting");
    tell_probe("say new", conversation);
    rest_of(old);
    CHECK(eventually([&] {
      return tell_probe("notes", conversation).spoken().find("VAP_E_CANCELLED") !=
             std::string::npos;
    }));
    CHECK(tell_probe("notes", conversation).spoken().find("VAP_OK") == std::string::npos);
  }

  TEST_CASE("a deaf agent does not hold up the turn that follows it (case 68)") {
    const std::string conversation = fresh_conversation();
    Line old = begin("block 2000", conversation);
    const auto start = std::chrono::steady_clock::now();
    CHECK(tell_probe("say new", conversation).spoken() == "new");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(2000));
    CHECK(spoken(rest_of(old)).empty());
  }

  TEST_CASE("conversations are answered beside each other (case 71)") {
    std::vector<Line> lines;
    for (int i = 0; i < 200; ++i)
      lines.push_back(begin(i % 2 == 0 ? "async 50" : "gap 50", fresh_conversation()));
    Webhook lifecycle;
    lifecycle.path = "/agents/probe";
    lifecycle.body = event("session.update", "", fresh_conversation());
    CHECK(send(probe_host().port(), lifecycle).status == 200);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::vector<Json> events = rest_of(lines[i]);
      CHECK(ends_once(events));
      CHECK(spoken(events) == (i % 2 == 0 ? "later" : "one two"));
    }
  }

  TEST_CASE("a reader who stops reading is waited for, then given up (case 73)") {
    const std::string conversation = fresh_conversation();
    Line line(probe_host().port());
    Webhook webhook;
    webhook.path = "/agents/brief";
    webhook.body = message("spam", conversation);
    line.send(webhook.request());
    CHECK(ended(conversation, "timed_out"));
    line.close();
    const std::string notes = say(probe_host().port(), "brief", "notes", conversation).spoken();
    CHECK(notes.find("VAP_E_") != std::string::npos);
  }

  TEST_CASE("an agent that will not wait for a slow reader is told so") {
    const std::string conversation = fresh_conversation();
    Line line(probe_host().port());
    Webhook webhook;
    webhook.path = "/agents/probe";
    webhook.body = message("rush 100000", conversation);
    line.send(webhook.request());
    CHECK(probe_host().logs_line({"conversation=" + conversation, "outcome="}));
    line.close();
    CHECK(tell_probe("notes", conversation).spoken().find("VAP_E_AGAIN") != std::string::npos);
  }

  TEST_CASE("data for the screen is sent in order with what is said, and only if it is JSON") {
    const Answer answer = tell_probe(R"(data {"isThinking":true})");
    CHECK(answer.events().front()["type"] == "response.data");
    CHECK(answer.events().front()["content"] == Json{{"isThinking", true}});
    CHECK(tell_probe("data-invalid").spoken() == "VAP_E_INVALID");
    const std::vector<Json> events = tell_probe("mixed").events();
    CHECK(events[0]["type"] == "response.tts");
    CHECK(events[1]["type"] == "response.data");
    CHECK(events[2]["type"] == "response.tts");
  }

  TEST_CASE("an agent can hang up, after which it has nothing more to say") {
    const std::string conversation = fresh_conversation();
    const std::vector<Json> events = tell_probe("hangup", conversation).events();
    REQUIRE(events.size() == 3);
    CHECK(events[0]["content"] == "Goodbye.");
    CHECK(events[1]["type"] == "response.hangup");
    CHECK(events[2]["type"] == "response.end");
    CHECK(tell_probe("notes", conversation).spoken().find("say after it VAP_E_ENDED") !=
          std::string::npos);
  }

  TEST_CASE("a number that is stale or foreign does nothing") {
    const std::string conversation = fresh_conversation();
    tell_probe("say first", conversation);
    CHECK(tell_probe("stale", conversation).spoken() == "VAP_E_ENDED");
    CHECK(tell_probe("foreign", conversation).spoken() == "VAP_E_ENDED");
  }

  TEST_CASE("a conversation's memory is its own, and compares revisions") {
    const std::string conversation = fresh_conversation();
    CHECK(tell_probe("state put k one two", conversation).spoken() == "VAP_OK");
    CHECK(tell_probe("state get k", conversation).spoken() == "one two");
    CHECK(tell_probe("state get k", fresh_conversation()).spoken() == "nothing");
    CHECK(say(probe_host().port(), "silent", "state get k", conversation).spoken() == "nothing");
    CHECK(tell_probe("state conflict k", conversation).spoken() == "VAP_OK VAP_E_CONFLICT");
    CHECK(tell_probe("state big k 65537", conversation).spoken() == "VAP_E_LIMIT");
    CHECK(tell_probe("state fill 300", fresh_conversation()).spoken() == "257 VAP_E_LIMIT");
  }

  TEST_CASE("tasks, the log and the metrics are there; what is not answers null") {
    CHECK(tell_probe("task cancel 5000").spoken() == "cancelled");
    CHECK(tell_probe("log a line of the agent's").spoken() == "logged");
    CHECK(probe_host().logs("agent says agent=probe message=\"a line of the agent's\""));
    CHECK(tell_probe("metrics").spoken() == "counted");
    const std::string metrics = get(probe_host().port(), "/metrics").body;
    CHECK(metrics.find("agent_probe_turns{agent=\"probe\"} 1") != std::string::npos);
    CHECK(metrics.find(
              "patchbay_turns_total{agent=\"probe\",event=\"message\",outcome=\"answered\"}") !=
          std::string::npos);
    for (const char* id :
         {"vap.state/1", "vap.task/1", "vap.call/1", "vap.metrics/1", "vap.http/1"})
      CHECK(tell_probe(std::string("extension ") + id).spoken() == "yes");
    for (const char* id : {"vap.state/2", "vap.state/10", "vap.http/2", "vap.state", ""})
      CHECK(tell_probe(std::string("extension ") + id).spoken() == "no");
  }

  TEST_CASE("the log tells an agent that is silent on purpose from one that says nothing") {
    const std::string passing = fresh_conversation();
    CHECK(tell_probe("pass", passing).spoken().empty());
    CHECK(probe_host().logs_line({"conversation=" + passing, "why=\"silent on purpose\""}));
    const std::string mute = fresh_conversation();
    CHECK(tell_probe("say ", mute).spoken().empty());
    CHECK(probe_host().logs_line({"conversation=" + mute, "outcome=answered"}));
    const std::string log = probe_host().log();
    const std::string line = log.substr(log.rfind("conversation=" + mute));
    CAPTURE(line);
    CHECK(line.substr(0, line.find('\n')).ends_with("outcome=answered"));
  }

  TEST_CASE("no caller's words are in the log above debug") {
    HostProcess quiet(serving(plugin_directory(), {"--agent", "echo"}));
    CHECK(say(quiet.port(), "echo", "my card number is 4242").spoken().find("4242") !=
          std::string::npos);
    CHECK(quiet.logs("outcome=answered"));
    CHECK(quiet.log().find("4242") == std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay::test
