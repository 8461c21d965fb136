// SPDX-License-Identifier: MIT
//
// What vap.hpp makes of the history and the journal: the right thing is the easy thing.
#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vap/vap.hpp>

#include "harness.h"

namespace {

using abi::Answer;
using abi::MadeAgent;
using abi::ToyHost;

// Whatever the test wants to be done in a turn. Its global is the test's own: agents are made by
// type.
std::function<void(vap::turn&)> act;

struct Actor : vap::agent {
  void on_message(vap::turn& t) override { act(t); }
};

const void* VAP_CALL no_extension(const char*) noexcept {
  return nullptr;
}
constexpr vap::tables tables = vap::glue<Actor>::make_tables(no_extension);

struct Stage {
  ToyHost host;
  MadeAgent agent{host, tables.plugin};

  Answer does(std::function<void(vap::turn&)> what) {
    act = std::move(what);
    return agent.hears("");
  }
};

// A shop that counts what was ordered, and what once() made of it.
struct Orders {
  int placed = 0;
  std::string place() { return "order " + std::to_string(++placed); }
};

TEST_SUITE("history") {
  TEST_CASE("lines come in their order, with who said them and how far they came") {
    Stage stage;
    stage.host.told = {{VAP_ROLE_CALLER, "A table for two."},
                       {VAP_ROLE_AGENT, "At seven", VAP_LINE_INTERRUPTED | VAP_LINE_HOST, "turn_1"},
                       {VAP_ROLE_CALLER, "At eight.", VAP_LINE_CURRENT, "turn_2"}};
    const Answer answer = stage.does([](vap::turn& t) {
      for (auto& line : t.history(20)) {
        t.say(line.role()), t.say(": "), t.say(line.text);
        t.say(line.interrupted ? " (cut)" : "");
        t.say(line.by_host ? " (host)" : "");
        t.say(line.current ? " (now)\n" : "\n");
      }
      const vap::history all = t.history();
      REQUIRE(all.size() == 3);
      CHECK_FALSE(all.empty());
      CHECK(all[1].turn_id == "turn_1");
      CHECK(all.back().unix_ms == 1000);
      CHECK(all.back().from_caller);
    });
    CHECK(answer.said ==
          "user: A table for two.\nassistant: At seven (cut) (host)\nuser: At eight. (now)\n");
  }

  TEST_CASE("as many lines and bytes come as were asked for, the newest") {
    Stage stage;
    stage.host.told = {{VAP_ROLE_CALLER, "one"}, {VAP_ROLE_AGENT, "two"}, {VAP_ROLE_CALLER, "six"}};
    stage.does([](vap::turn& t) {
      CHECK(t.history(1).size() == 1);
      CHECK(t.history(1)[0].text == "six");
      CHECK(t.history(0, 7).size() == 2);
      CHECK(t.history(0, 2).empty());
    });
  }

  TEST_CASE("a host that has none gives no lines, and says why") {
    Stage stage;
    stage.host.hidden = {VAP_EXT_HISTORY};
    MadeAgent agent(stage.host, tables.plugin);
    act = [](vap::turn& t) {
      CHECK(t.history().empty());
      CHECK(t.history().status() == VAP_E_UNSUPPORTED);
    };
    CHECK(agent.hears("").status == VAP_OK);
  }

  TEST_CASE("a kept reply has the history too, and one that was moved from has none") {
    Stage stage;
    stage.host.told = {{VAP_ROLE_CALLER, "hello"}};
    stage.does([](vap::turn& t) {
      vap::reply kept = t.defer();
      vap::reply moved = std::move(kept);
      CHECK(moved.history().size() == 1);
      CHECK(kept.history().empty());
      CHECK(kept.journal().begin("k") == VAP_E_UNSUPPORTED);
      moved.end();
    });
  }
}

TEST_SUITE("journal") {
  TEST_CASE("a step runs once, and later turns find its result") {
    Stage stage;
    Orders orders;
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once("order", [&] { return orders.place(); });
      REQUIRE(step);
      CHECK(*step == "order 1");
      CHECK(step->size() == 7);
      CHECK(step.ran());
    });
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once("order", [&] { return orders.place(); });
      REQUIRE(step);
      CHECK(*step == "order 1");
      CHECK_FALSE(step.ran());
    });
    CHECK(orders.placed == 1);
  }

  TEST_CASE("a step without a result is done all the same") {
    Stage stage;
    int runs = 0;
    for (int turn = 0; turn < 3; ++turn)
      stage.does([&](vap::turn& t) { CHECK(t.once("mail", [&] { ++runs; })); });
    CHECK(runs == 1);
  }

  TEST_CASE("a step that says it was not done runs again in a later turn") {
    Stage stage;
    stage.does([&](vap::turn& t) {
      const vap::step step =
          t.once("order", []() -> std::optional<std::string> { return std::nullopt; });
      CHECK_FALSE(step);
      CHECK(step.status() == VAP_E_NOT_FOUND);
      CHECK_FALSE(step.in_doubt());
    });
    stage.does([&](vap::turn& t) { CHECK(t.once("order", [] { return "done"; }).ran()); });
  }

  TEST_CASE("an exception fails the turn and leaves the step in doubt, and nobody runs it again") {
    Stage stage;
    int runs = 0;
    const auto breaks = [&]() -> std::string {
      ++runs;
      throw std::runtime_error("the line went dead");
    };
    CHECK(stage.does([&](vap::turn& t) { t.once("order", breaks); }).why == "the line went dead");
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once("order", breaks);
      CHECK_FALSE(step);
      CHECK(step.in_doubt());
    });
    CHECK(runs == 1);
  }

  TEST_CASE("who can ask settles the doubt: found done, or run now") {
    Stage stage;
    Orders orders;
    const auto leave_in_doubt = [&](const char* key) {
      stage.does([&](vap::turn& t) { CHECK(t.journal().begin(key) == VAP_E_NOT_FOUND); });
    };
    leave_in_doubt("a");
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once(
          "a", [&] { return orders.place(); },
          [] { return std::optional<std::string>("order 7"); });
      REQUIRE(step);
      CHECK(*step == "order 7");
      CHECK_FALSE(step.ran());
    });
    CHECK(orders.placed == 0);
    leave_in_doubt("b");
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once(
          "b", [&] { return orders.place(); }, []() -> std::optional<std::string> { return {}; });
      CHECK(step.ran());
    });
    stage.does(
        [&](vap::turn& t) { CHECK(*t.once("b", [&] { return orders.place(); }) == "order 1"); });
  }

  TEST_CASE("a step that another turn is at is busy, and is finished though that was cancelled") {
    Stage stage;
    const vap_reply_t first = stage.host.open();
    const vap_reply_t second = stage.host.open();
    vap::host host(stage.host.abi());
    const vap::journal mine(&host, first), other(&host, second);
    CHECK(mine.begin("order") == VAP_E_NOT_FOUND);
    stage.host.cancel(first, VAP_CANCEL_BARGE_IN);
    CHECK(other.once("order", [] { return "twice"; }).busy());
    CHECK(other.finish("order", "mine") == VAP_E_CONFLICT);
    CHECK(mine.finish("order", "once") == VAP_OK);
    CHECK(*other.once("order", [] { return "twice"; }) == "once");
    CHECK(mine.once("another", [] { return ""; }).status() == VAP_E_CANCELLED);
  }

  TEST_CASE("without a journal or its store nothing is begun") {
    Stage stage;
    bool ran = false;
    stage.host.journal_is = VAP_E_UNAVAILABLE;
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once("order", [&] { ran = true; });
      CHECK_FALSE(step);
      CHECK(step.status() == VAP_E_UNAVAILABLE);
    });
    stage.host.hidden = {VAP_EXT_JOURNAL};
    MadeAgent agent(stage.host, tables.plugin);
    act = [&](vap::turn& t) {
      CHECK(t.once("order", [&] { ran = true; }).status() == VAP_E_UNSUPPORTED);
      CHECK(t.journal().finish("order", "x") == VAP_E_UNSUPPORTED);
      CHECK(t.journal().drop("order") == VAP_E_UNSUPPORTED);
    };
    CHECK(agent.hears("").status == VAP_OK);
    CHECK_FALSE(ran);
  }

  TEST_CASE("what was done but cannot be written down is told as done") {
    Stage stage;
    stage.does([&](vap::turn& t) {
      const vap::step step = t.once("order", [] { return std::string(65537, 'x'); });
      CHECK(step);
      CHECK(step.ran());
      CHECK(step.status() == VAP_E_LIMIT);
    });
  }
}

TEST_SUITE("pass") {
  TEST_CASE("a turn may be silent on purpose") {
    Stage stage;
    CHECK(stage.does([](vap::turn& t) { t.pass(); }).status == VAP_PASS);
    CHECK(stage.does([](vap::turn& t) { t.defer().pass(); }).status == VAP_PASS);
    CHECK(stage.does([](vap::turn& t) { t.pass(), t.fail("not so"); }).status == VAP_E_FAILED);
  }
}

}  // namespace
