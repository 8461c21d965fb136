// SPDX-License-Identifier: MIT
//
// What vap.hpp promises to the author of an agent.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vap/vap.hpp>

#include "harness.h"

namespace {

using abi::Answer;
using abi::MadeAgent;
using abi::ToyHost;
using namespace std::chrono_literals;

// The tables that VAP_ENTRY would make, for many agents in one program.
template <class A>
struct Plugin {
  static const void* VAP_CALL get_extension(const char* id) noexcept {
    return vap::glue<A>::find_extension(tables, id);
  }
  static constexpr vap::tables tables = vap::glue<A>::make_tables(get_extension);
};
template <class A>
const vap_plugin_t& plugin = Plugin<A>::tables.plugin;

struct Quiet : vap::agent {
  void on_message(vap::turn&) override {}
};

TEST_SUITE("sdk") {
  TEST_CASE("an agent answers a message, in order") {
    struct Echo : vap::agent {
      void on_message(vap::turn& t) override {
        t.say("You said: ");
        t.say(t.text());
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Echo>);
    const Answer answer = agent.hears("two coffees");
    CHECK(answer.said == "You said: two coffees");
    CHECK(answer.status == VAP_OK);
    CHECK(answer.ended);
  }

  TEST_CASE("each event reaches its own method, an unknown one on_event") {
    struct Ears : vap::agent {
      void on_message(vap::turn&) override { log(vap::level::info, "message"); }
      void on_session_start(vap::turn& t) override { t.say("Welcome."); }
      void on_data(vap::turn& t) override { t.data(vap::json_raw(t.json(), "data").value()); }
      void on_session_update(vap::turn&) override { log(vap::level::info, "update"); }
      void on_session_end(vap::turn& t) override {
        log(vap::level::info, t.say("too late") ? "spoke" : "mute");
      }
      void on_event(vap::turn& t) override { log(vap::level::info, t.event()); }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Ears>);
    CHECK(agent.gets("session.start").said == "Welcome.");
    CHECK(agent.gets("data", "", "c", R"({"data":{"a":1}})").data.at(0) == R"({"a":1})");
    CHECK(agent.gets("session.start", "", "c", "{}", "").said == "");
    for (const char* event : {"message", "session.update", "session.end", "session.dream"})
      CHECK(agent.gets(event).status == VAP_OK);
    CHECK(host.logged ==
          std::vector<std::string>{"session.start", "message", "update", "mute", "session.dream"});
  }

  TEST_CASE("an exception is a failed turn with its reason, never a crash") {
    struct Thrower : vap::agent {
      void on_message(vap::turn& t) override {
        t.say("Well, ");
        if (t.text() == "odd") throw 42;
        throw std::runtime_error("no table left");
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Thrower>);
    const Answer answer = agent.hears("hi");
    CHECK(answer.said == "Well, ");
    CHECK(answer.status == VAP_E_EXCEPTION);
    CHECK(answer.why == "no table left");
    CHECK(agent.hears("odd").why == "an exception that is no std::exception");
  }

  TEST_CASE("fail() is a failed turn without an exception") {
    struct Failing : vap::agent {
      void on_message(vap::turn& t) override { t.fail("the oven is cold"); }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Failing>);
    CHECK(agent.hears("hi").status == VAP_E_FAILED);
    CHECK(agent.hears("hi").why == "the oven is cold");
  }

  TEST_CASE("start() has the config and may refuse") {
    struct Careful : vap::agent {
      std::string greeting;
      void start() override {
        greeting = vap::json_field(config(), "greeting").value();
        log(vap::level::info, agent_id());
      }
      void on_message(vap::turn& t) override { t.say(greeting); }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Careful>, R"({"greeting":"Moin"})", "night");
    CHECK(agent.hears("").said == "Moin");
    CHECK(host.logged.at(0) == "night");

    const MadeAgent refused(host, plugin<Careful>, "{}");
    CHECK(refused.status() == VAP_E_EXCEPTION);
    CHECK(refused.get() == nullptr);
  }

  TEST_CASE("stop() also follows a start() that threw, so no thread is left behind") {
    struct HalfStarted : Quiet {
      std::thread own;
      void start() override {
        own = std::thread([] {});
        throw std::runtime_error("no model");
      }
      void stop() override { own.join(); }
    };
    ToyHost host;
    const MadeAgent agent(host, plugin<HalfStarted>);
    CHECK(agent.why() == "no model");
  }

  TEST_CASE("with the base's constructors, members are made from the config") {
    struct Early : vap::agent {
      using vap::agent::agent;
      const int tables = vap::json_field<int>(config(), "tables").value_or(4);
      void on_message(vap::turn& t) override { t.say(std::to_string(tables)); }
    };
    ToyHost host;
    MadeAgent nine(host, plugin<Early>, R"({"tables":9})"), none(host, plugin<Early>);
    CHECK(nine.hears("").said == "9");
    CHECK(none.hears("").said == "4");
  }

  TEST_CASE("a deferred reply is answered from another thread, and stop() joins it") {
    struct Threaded : vap::agent {
      std::thread own;
      void on_message(vap::turn& t) override {
        own = std::thread([r = t.defer()]() mutable {
          r.say("from afar");
          r.end();
        });
      }
      void stop() override { own.join(); }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Threaded>);
    CHECK(agent.hears("hi").said == "from afar");
  }

  TEST_CASE("a reply that is dropped without end() has failed") {
    struct Forgetful : vap::agent {
      void on_message(vap::turn& t) override {
        vap::reply first = t.defer(), second = std::move(first);
        CHECK(!first);
        CHECK(!first.say("nobody hears it"));
        CHECK(first.cancelled());
        second.say("wait");
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Forgetful>);
    const Answer answer = agent.hears("hi");
    CHECK(answer.said == "wait");
    CHECK(answer.status == VAP_E_FAILED);
    CHECK(answer.why == "the reply was dropped without end()");
  }

  TEST_CASE("a cancelled turn learns it from say, state and cancelled()") {
    struct Deaf : vap::agent {
      vap::reply kept;
      void on_message(vap::turn& t) override { kept = t.defer(); }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Deaf>);
    const vap_reply_t reply = host.open();
    CHECK(host.call(plugin<Deaf>, agent.get(), {"message", "", "conv_1", "{}", "turn_1"}, reply) ==
          VAP_ASYNC);
    vap::reply& kept = static_cast<Deaf*>(reinterpret_cast<vap::agent*>(agent.get()))->kept;
    CHECK(kept.id() == reply);
    CHECK(kept.say("one"));
    CHECK(kept.time_left_ms() == 30000);
    host.cancel(reply, VAP_CANCEL_BARGE_IN);
    CHECK(!kept.say("two"));
    CHECK(kept.try_say("two") == VAP_E_CANCELLED);
    CHECK(kept.cancel_reason() == VAP_CANCEL_BARGE_IN);
    CHECK(!kept.state().put("key", "late"));
    kept.end();
    CHECK(host.answer(reply).said == "one");
    CHECK(kept.cancelled());
  }

  TEST_CASE("state is read, written, compared and erased, conversation by conversation") {
    struct Memory : vap::agent {
      void on_message(vap::turn& t) override {
        const auto state = t.state();
        t.say(state.get("name").value_or("stranger"));
        if (t.text() == "forget me") {
          CHECK(state.erase("name"));
        } else {
          CHECK(state.put("name", t.text()));
        }
        const auto seen = state.read("visits");
        CHECK(state.compare_and_set("visits", seen.rev, "x"));
        CHECK(!state.compare_and_set("visits", seen.rev, "y"));
        CHECK(!state.put(std::string(257, 'k'), "v"));
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Memory>);
    CHECK(agent.hears("Ada").said == "stranger");
    CHECK(agent.hears("forget me").said == "Ada");
    CHECK(agent.hears("Bob").said == "stranger");
    CHECK(agent.gets("message", "Eve", "conv_2").said == "stranger");
  }

  TEST_CASE("update() tries again until nobody was faster") {
    struct Counter : vap::agent {
      void on_message(vap::turn& t) override {
        int calls = 0;
        CHECK(t.state().update("n", [&](const std::optional<std::string>& old) {
          if (++calls == 1) t.state().put("n", "5");  // somebody else
          return std::to_string(std::stoi(old.value_or("0")) + 1);
        }));
        CHECK(calls == 2);
        t.say(t.state().get("n").value());
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Counter>);
    CHECK(agent.hears("").said == "6");
  }

  TEST_CASE("a host without extensions says no, and nothing breaks") {
    struct Wants : vap::agent {
      void on_message(vap::turn& t) override {
        CHECK(!t.state().get("name"));
        CHECK(!t.state().put("name", "x"));
        CHECK(!t.state().update("name", [](const auto&) { return "x"; }));
        CHECK(!t.hangup());
        CHECK(after(1s, [] {}) == 0);
        CHECK(!cancel_task(1));
        count("calls");
        t.say("fine");
      }
    };
    ToyHost host;
    host.hidden = {VAP_EXT_STATE, VAP_EXT_TASK, VAP_EXT_CALL, VAP_EXT_METRICS};
    MadeAgent agent(host, plugin<Wants>);
    CHECK(agent.hears("").said == "fine");
  }

  TEST_CASE("hangup, count and observe reach the host") {
    struct Busy : vap::agent {
      void on_message(vap::turn& t) override {
        count("orders", 2);
        count("orders");
        observe("seconds", 1.5);
        t.say("Bye.");
        CHECK(t.hangup());
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Busy>);
    CHECK(agent.hears("").hung_up);
    CHECK(host.metrics["orders"] == 3);
    CHECK(host.metrics["seconds"] == 1.5);
  }
}

TEST_SUITE("tasks") {
  TEST_CASE("after() answers later and ends the reply") {
    struct Slow : vap::agent {
      void on_message(vap::turn& t) override {
        t.say("One moment. ");
        after(2s, t.defer(), [](vap::reply& r) { r.say("Here."); });
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Slow>);
    const Answer answer = agent.hears("");
    CHECK(answer.said == "One moment. Here.");
    CHECK(answer.status == VAP_OK);
    CHECK(host.last_delay_ms == 2000);
  }

  TEST_CASE("a task that throws has failed its turn, or is logged") {
    struct Thrower : vap::agent {
      void on_message(vap::turn& t) override {
        after(0s, t.defer(), [](vap::reply&) { throw std::runtime_error("line is dead"); });
      }
      void on_session_start(vap::turn&) override {
        after(-5s, [] { throw std::runtime_error("nobody listens"); });
      }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Thrower>);
    CHECK(agent.hears("").why == "line is dead");
    agent.gets("session.start");
    CHECK(host.last_delay_ms == 0);
    host.run_tasks();
    CHECK(host.logged.at(0) == "nobody listens");
  }

  // Counts how many of what a task captured are alive.
  struct Captured {
    explicit Captured(int& n) : alive(&n) { ++*alive; }
    Captured(Captured&& o) noexcept : alive(o.alive) { ++*alive; }
    Captured(const Captured&) = delete;
    ~Captured() { --*alive; }
    int* alive;
  };

  struct Poster : vap::agent {
    int alive = 0;
    vap::task_id id = 0;
    bool ran = false;
    void on_message(vap::turn& t) override {
      if (t.text() == "cancel") {
        CHECK(cancel_task(id));
        CHECK(!cancel_task(id));
      } else {
        id = after(1h, [this, c = Captured(alive)] { ran = true; });
      }
    }
  };

  TEST_CASE("a task is gone once it ran, was cancelled or refused") {
    ToyHost host;
    MadeAgent agent(host, plugin<Poster>);
    auto& poster = *static_cast<Poster*>(reinterpret_cast<vap::agent*>(agent.get()));
    agent.hears("post");
    CHECK(poster.alive == 1);
    host.run_tasks();
    CHECK(poster.ran);
    CHECK(poster.alive == 0);

    agent.hears("post");
    CHECK(poster.alive == 1);
    agent.hears("cancel");
    CHECK(poster.alive == 0);
    CHECK(host.tasks() == 0);

    host.refuse_tasks = true;
    agent.hears("post");
    CHECK(poster.id == 0);
    CHECK(poster.alive == 0);
  }

  TEST_CASE("tasks that the host dropped go while the agent is still whole") {
    static int alive_at_the_end = -1;
    struct Witness : Poster {
      ~Witness() override { alive_at_the_end = alive; }
    };
    ToyHost host;
    MadeAgent agent(host, plugin<Witness>);
    agent.hears("post");
    host.drop_tasks();
    agent.destroy();
    CHECK(alive_at_the_end == 0);
  }

  TEST_CASE("a reply whose task is refused has failed at once") {
    struct Slow : vap::agent {
      void on_message(vap::turn& t) override {
        after(2s, t.defer(), [](vap::reply& r) { r.say("Here."); });
      }
    };
    ToyHost host;
    host.refuse_tasks = true;
    MadeAgent agent(host, plugin<Slow>);
    CHECK(agent.hears("").status == VAP_E_FAILED);
  }
}

TEST_SUITE("opt-in") {
  template <class Extension, class A>
  const Extension* offered(const char* id) {
    return static_cast<const Extension*>(plugin<A>.get_extension(id));
  }

  TEST_CASE("an agent offers only the extensions that it overrides") {
    for (const char* id : {VAP_EXT_CANCEL, VAP_EXT_SELFTEST, VAP_EXT_HANDOVER})
      CHECK(plugin<Quiet>.get_extension(id) == nullptr);

    struct Cancels : Quiet {
     private:
      void on_cancel(vap_reply_t, vap_cancel_t) override {}
    };
    CHECK(offered<vap_ext_cancel_t, Cancels>(VAP_EXT_CANCEL));
    CHECK(!offered<vap_ext_cancel_t, Cancels>("vap.cancel/10"));
    CHECK(!offered<vap_ext_selftest_t, Cancels>(VAP_EXT_SELFTEST));
    struct Inherits : Cancels {};
    CHECK(offered<vap_ext_cancel_t, Inherits>(VAP_EXT_CANCEL));
  }

  TEST_CASE("on_cancel is told which reply and why, and may throw") {
    struct Cancels : Quiet {
      void on_cancel(vap_reply_t reply, vap_cancel_t why) override {
        throw std::runtime_error(std::to_string(reply) + "/" + std::to_string(why));
      }
    };
    ToyHost host;
    const MadeAgent agent(host, plugin<Cancels>);
    offered<vap_ext_cancel_t, Cancels>(VAP_EXT_CANCEL)->on_cancel(agent.get(), 7, 2);
    CHECK(host.logged.at(0) == "7/2");
  }

  TEST_CASE("a self-test fails by throwing") {
    struct Tested : Quiet {
      void selftest() override { throw std::runtime_error("no model"); }
    };
    ToyHost host;
    const MadeAgent agent(host, plugin<Tested>);
    vap_error_t error{};
    const auto* const test = offered<vap_ext_selftest_t, Tested>(VAP_EXT_SELFTEST);
    CHECK(test->run(agent.get(), &error) == VAP_E_EXCEPTION);
    CHECK(std::string(error.message) == "no model");
  }

  TEST_CASE("what the old version saves, the new one loads or refuses") {
    struct Cache : Quiet {
      std::string warm = "bread";
      std::string save() override { return warm; }
      void load(std::string_view from, std::string_view bytes) override {
        if (bytes != "bread") throw std::runtime_error("garbage from " + std::string(from));
      }
    };
    ToyHost host;
    const MadeAgent agent(host, plugin<Cache>);
    const auto* const handover = offered<vap_ext_handover_t, Cache>(VAP_EXT_HANDOVER);
    std::string bytes;
    const auto put = [](void* ctx, vap_str_t more) {
      *static_cast<std::string*>(ctx) += abi::view(more);
    };
    CHECK(handover->save(agent.get(), &bytes, put) == VAP_OK);
    CHECK(bytes == "bread");
    vap_error_t error{};
    CHECK(handover->load(agent.get(), abi::str("1.0"), abi::str(bytes), &error) == VAP_OK);
    CHECK(handover->load(agent.get(), abi::str("1.0"), abi::str("x"), &error) == VAP_E_EXCEPTION);
    CHECK(std::string(error.message) == "garbage from 1.0");
  }
}

}  // namespace
