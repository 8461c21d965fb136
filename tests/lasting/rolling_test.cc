// SPDX-License-Identifier: MIT
// The fleet of docs/examples/fleet while fifty people talk: its hosts are restarted one after the
// other, and one is killed. Everybody goes on where he was, and nothing runs twice.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "lasting/callers.h"
#include "lasting/example_fleet.h"
#include "lasting/scene.h"
#include "support/line.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

constexpr int people = 50;

// What the witness saw of one turn.
struct Seen {
  std::vector<pid_t> begun;  // on these hosts
  int done = 0;
};
using Account = std::map<std::string, Seen>;  // by conversation and turn, with a blank between

Account account_of(const ExampleFleet& fleet) {
  Account account;
  for (const std::string& line : fleet.witnessed()) {
    std::istringstream words(line);
    std::string what, conversation, turn;
    pid_t pid = 0;
    words >> what >> conversation >> turn >> pid;
    Seen& seen = account[conversation.append(" ").append(turn)];
    if (what == "begun") seen.begun.push_back(pid);
    if (what == "done") ++seen.done;
  }
  return account;
}

std::map<std::string, std::set<pid_t>> hosts_by_conversation(const ExampleFleet& fleet) {
  std::map<std::string, std::set<pid_t>> hosts;
  for (const auto& [turn, seen] : account_of(fleet))
    hosts[turn.substr(0, turn.find(' '))].insert(seen.begun.begin(), seen.begun.end());
  return hosts;
}

// A history without answers that were cut.
std::string uncut(const std::string& history) {
  std::vector<std::string> lines;
  const std::string caller = "caller:";
  for (std::size_t at = 0, next = 0; next != std::string::npos; at = next + 3) {
    next = history.find(" | ", at);
    const std::string line = history.substr(at, next == std::string::npos ? next : next - at);
    if (line.ends_with(" [interrupted]")) continue;
    if (line.starts_with(caller) && !lines.empty() && lines.back().starts_with(caller)) {
      lines.back() += line.substr(caller.size());
    } else {
      lines.push_back(line);
    }
  }
  std::string all;
  for (const std::string& line : lines) all += (all.empty() ? "" : " | ") + line;
  return all;
}

// Each caller said the numbers of his turns, and was told all of them.
void judge_answers(const Talk& talk) {
  std::string said;
  for (const Turn& turn : talk.turns) {
    CAPTURE(turn.id);
    said += (said.empty() ? "" : " ") + turn.text;
    CHECK(turn.heard == said);
  }
}

// What was said in that talk, but for the answer of one turn.
std::string script_of(const Talk& talk, const Turn* unanswered) {
  std::string all;
  for (const Turn& turn : talk.turns) {
    all += "caller: " + turn.text + " | ";
    if (&turn != unanswered) all += "agent: " + turn.heard + " | ";
  }
  return all + "caller: history";
}

// All that was said stands in it, in its order. A host that is killed takes the answer with it that
// it has given in that very moment.
void judge_history(const ExampleFleet& fleet, const Talk& talk, bool after_kill) {
  const std::string history = say(fleet.port(), "witness", "history", talk.name).spoken();
  CAPTURE(history);
  if (!after_kill) {
    CHECK(history == script_of(talk, nullptr));
    return;
  }
  const std::string is = uncut(history);
  bool holds = is == uncut(script_of(talk, nullptr));
  for (const Turn& turn : talk.turns) holds = holds || is == uncut(script_of(talk, &turn));
  CHECK(holds);
}

// Only a turn that failed has begun again, and of those only one whose host was killed; its step is
// done once all the same.
void judge_steps(const Talk& talk, const Account& account, const std::set<pid_t>& killed) {
  for (const Turn& turn : talk.turns) {
    CAPTURE(turn.id);
    const auto found = account.find(talk.name + ' ' + turn.id);
    REQUIRE(found != account.end());
    const Seen& seen = found->second;
    const auto on_killed = std::count_if(seen.begun.begin(), seen.begun.end(),
                                         [&](pid_t pid) { return killed.contains(pid); });
    CHECK(static_cast<std::ptrdiff_t>(seen.begun.size()) - on_killed <= 1);
    CHECK(seen.begun.size() <= turn.failures.size() + 1);
    const bool is_undone = seen.done == 0 && turn.failed_in_words();
    CHECK((seen.done == 1 || is_undone));
  }
}

// Where the machine is so busy that Redis takes longer than a turn may wait for it, an agent fails,
// and what is still to be written dies with a host that is killed: of such a talk only the steps
// can be judged.
void judge(const ExampleFleet& fleet, Callers& callers, const std::set<pid_t>& killed = {}) {
  callers.hang_up();
  MESSAGE(callers.summary());
  const Account account = account_of(fleet);
  for (const Talk& talk : callers.talks()) {
    CAPTURE(talk.name);
    for (const std::string& fault : talk.faults) FAIL_CHECK(fault);
    judge_steps(talk, account, killed);
    if (std::any_of(talk.turns.begin(), talk.turns.end(),
                    [](const Turn& turn) { return turn.failed_in_words(); }))
      continue;
    judge_answers(talk);
    judge_history(fleet, talk, !killed.empty());
  }
}

// A turn that goes on until its caller has gone, and the host that it is on.
struct Stay {
  Line line;
  std::size_t host;
};

Stay begin_stay(const ExampleFleet& fleet, const std::string& caller) {
  Line line = begin(fleet.port(), "witness", message("stay", caller, "turn_1"));
  const pid_t pid = account_of(fleet)[caller + " turn_1"].begun.front();
  return {std::move(line), pid == fleet.pid(0) ? std::size_t{0} : std::size_t{1}};
}

// Kills a host in the middle of turns, and starts it again.
void kill_one(ExampleFleet& fleet, const Callers& callers, std::set<pid_t>& killed) {
  Stay stay = begin_stay(fleet, "zoe");
  killed.insert(fleet.pid(stay.host));
  REQUIRE(eventually([&] { return fleet.turns_open(stay.host) > 5; }));
  fleet.kill(stay.host);
  CHECK(!stay.line.next_event());  // it ends without its end
  REQUIRE(callers.go_on(2));
  CHECK(callers.failures() > 0);
  fleet.start(stay.host);
  REQUIRE(callers.go_on(2));
}

void restart_each(ExampleFleet& fleet, const Callers& callers, bool taking_out) {
  for (std::size_t which = 0; which < ExampleFleet::hosts; ++which) {
    if (taking_out) fleet.take_out(which);
    CHECK(fleet.stop(which) == 0);
    REQUIRE(callers.go_on(1));
    fleet.start(which);
    REQUIRE(callers.go_on(1));
  }
}

TEST_SUITE("rolling") {
  TEST_CASE("while hosts are restarted, one after the other, every turn is answered at once") {
    ExampleFleet fleet(Balancer::haproxy);
    Callers callers(fleet.port(), people);
    REQUIRE(callers.go_on(3));
    std::set<pid_t> used;
    for (const auto& talk : hosts_by_conversation(fleet)) {
      CAPTURE(talk.first);
      CHECK(talk.second.size() == 1);  // it stays where it is
      used.insert(talk.second.begin(), talk.second.end());
    }
    CHECK(used.size() == ExampleFleet::hosts);
    restart_each(fleet, callers, true);
    CHECK(callers.failures() == 0);
    judge(fleet, callers);
  }

  TEST_CASE(
      "a host that ends without being taken out before finishes the turns that it has begun") {
    ExampleFleet fleet(Balancer::haproxy);
    Callers callers(fleet.port(), people);
    REQUIRE(callers.go_on(1));
    restart_each(fleet, callers, false);
    judge(fleet, callers);
  }

  TEST_CASE("when a host is killed its turns fail for all to see, and go on at the other") {
    ExampleFleet fleet(Balancer::haproxy);
    Callers callers(fleet.port(), people);
    REQUIRE(callers.go_on(2));
    std::set<pid_t> killed;
    kill_one(fleet, callers, killed);
    judge(fleet, callers, killed);
  }

  TEST_CASE("behind nginx hosts are restarted and killed just so") {
    ExampleFleet fleet(Balancer::nginx);
    Callers callers(fleet.port(), people);
    REQUIRE(callers.go_on(1));
    restart_each(fleet, callers, false);
    std::set<pid_t> killed;
    kill_one(fleet, callers, killed);
    judge(fleet, callers, killed);
  }

  TEST_CASE("through the balancer a host hears at once that a caller has gone") {
    for (const Balancer balancer : {Balancer::haproxy, Balancer::nginx}) {
      const ExampleFleet fleet(balancer);
      Stay stay = begin_stay(fleet, "eve");
      stay.line.close();
      CHECK(fleet.host(stay.host).logs_line(
          {R"("conversation":"eve")", R"("outcome":"caller_gone")"}));
    }
  }
}

}  // namespace
}  // namespace patchbay::test
