// SPDX-License-Identifier: MIT
//
// The shipped agents as plugins, in front of a host in memory.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "harness.h"

namespace {

using abi::Answer;
using abi::LoadedPlugin;
using abi::MadeAgent;
using abi::ToyHost;

// A plugin with one agent, and its host.
struct Scene {
  explicit Scene(const char* file, const std::string& config = "{}")
      : plugin(file), agent(host, *plugin, config) {}

  Answer hears(const std::string& text) { return agent.hears(text); }
  Answer gets(const std::string& event, const std::string& json = "{}") {
    return agent.gets(event, "", "conv_1", json);
  }

  ToyHost host;
  LoadedPlugin plugin;
  MadeAgent agent;
};

}  // namespace

TEST_SUITE("agents") {
  TEST_CASE("echo answers messages, and is content with every other event") {
    Scene echo(ECHO_SO);
    CHECK(echo.hears("two coffees").said == "You said: two coffees");
    for (const char* event : {"session.start", "session.end", "session.update", "data", "later"})
      CHECK(echo.gets(event).status == VAP_OK);
  }

  TEST_CASE("greeter knows the name that it was told in this conversation, and in no other") {
    Scene greeter(GREETER_SO, R"({"greeting":"Good day."})");
    CHECK(greeter.gets("session.start").said == "Good day. What is your name?");
    CHECK(greeter.hears("Hi, my name is ada").said == "Nice to meet you, ada.");
    CHECK(greeter.hears("Call me Ada Lovelace, please").said == "Nice to meet you, Ada Lovelace.");
    CHECK(greeter.hears("I'm hungry").said.find("Ada Lovelace") != std::string::npos);
    CHECK(greeter.hears("What's my name?").said == "Your name is Ada Lovelace.");
    CHECK(greeter.gets("session.start").said == "Welcome back, Ada Lovelace.");
    const Answer other = greeter.agent.gets("message", "what's my name?", "conv_2");
    CHECK(other.said == "I don't think we have met. What is your name?");
  }

  TEST_CASE("greeter stores and says nothing in a turn that was cancelled") {
    Scene greeter(GREETER_SO);
    const vap_reply_t reply = greeter.host.open();
    greeter.host.cancel(reply, VAP_CANCEL_BARGE_IN);
    CHECK(greeter.host.call(*greeter.plugin, greeter.agent.get(),
                            {"message", "I'm Ada", "conv_1", "{}", "turn_1"}, reply) == VAP_OK);
    CHECK(greeter.host.answer(reply).said.empty());
    CHECK(greeter.hears("who am I?").said.find("met") != std::string::npos);
  }

  TEST_CASE("slow speaks in parts, with the gap of its configuration") {
    Scene slow(SLOW_SO, R"({"parts":3,"gap_ms":1234})");
    CHECK(slow.hears("hello").said ==
          "Let me check that for you. One more moment, please. "
          "Thank you for waiting, here is your answer.");
    CHECK(slow.host.last_delay_ms == 1234);
    CHECK(Scene(SLOW_SO, R"({"parts":0})").agent.status() < 0);
  }

  TEST_CASE("slow ends at once when it is interrupted, and leaves no task behind") {
    Scene slow(SLOW_SO);
    const auto* const cancel =
        static_cast<const vap_ext_cancel_t*>(slow.plugin->get_extension(VAP_EXT_CANCEL));
    REQUIRE(cancel);
    const vap_reply_t reply = slow.host.open();
    CHECK(slow.host.call(*slow.plugin, slow.agent.get(),
                         {"message", "hi", "conv_1", "{}", "turn_1"}, reply) == VAP_ASYNC);
    CHECK(slow.host.tasks() == 1);
    slow.host.cancel(reply, VAP_CANCEL_BARGE_IN);
    cancel->on_cancel(slow.agent.get(), reply, VAP_CANCEL_BARGE_IN);
    CHECK(slow.host.answer(reply).ended);
    CHECK(slow.host.answer(reply).status == VAP_OK);
    CHECK(slow.host.tasks() == 0);
  }

  TEST_CASE("slow ends a turn that was cancelled before it could be kept") {
    Scene slow(SLOW_SO);
    const vap_reply_t reply = slow.host.open();
    slow.host.cancel(reply, VAP_CANCEL_HANGUP);
    slow.host.call(*slow.plugin, slow.agent.get(), {"message", "hi", "conv_1", "{}", "turn_1"},
                   reply);
    CHECK(slow.host.answer(reply).ended);
    CHECK(slow.host.tasks() == 0);
  }

  TEST_CASE("slow fails the turn where the host takes no tasks") {
    Scene slow(SLOW_SO);
    slow.host.refuse_tasks = true;
    CHECK(slow.hears("hi").status == VAP_E_FAILED);
  }

  TEST_CASE("bakery shows every change on the screen, and the screen changes what is heard") {
    Scene bakery(BAKERY_SO);
    const Answer first = bakery.hears("two croissants and a baguette please");
    REQUIRE(first.data.size() == 1);
    CHECK(first.data[0] == R"({"order":{"items":[{"name":"croissant","quantity":2,"price":2.2},)"
                           R"({"name":"baguette","quantity":1,"price":1.8}],"total":6.2,)"
                           R"("status":"open"}})");
    const Answer shown =
        bakery.gets("data", R"({"type":"data","data":{"action":"remove","item":"baguette"}})");
    REQUIRE(shown.data.size() == 1);
    CHECK(shown.data[0].find("\"total\":4.4") != std::string::npos);
    CHECK(bakery.hears("what's my order?").said.find("two croissants, for") != std::string::npos);
  }

  TEST_CASE("bakery changes nothing in a turn that was cancelled") {
    Scene bakery(BAKERY_SO);
    const vap_reply_t reply = bakery.host.open();
    bakery.host.cancel(reply, VAP_CANCEL_BARGE_IN);
    CHECK(bakery.host.call(*bakery.plugin, bakery.agent.get(),
                           {"message", "two croissants", "conv_1", "{}", "turn_1"},
                           reply) == VAP_OK);
    CHECK(bakery.hears("what's my order?").said ==
          "Your order is still empty. What can I get you?");
  }

  TEST_CASE("bakery takes a message once that is delivered twice") {
    Scene bakery(BAKERY_SO);
    const auto says = [&](const char* turn) {
      return bakery.agent.gets("message", "two more croissants", "conv_1", "{}", turn);
    };
    CHECK(says("turn_1").said == says("turn_1").said);
    CHECK(says("turn_2").said.find("four croissants") != std::string::npos);
  }

  TEST_CASE("bakery loses no change that voice and screen make at once") {
    Scene bakery(BAKERY_SO);
    const std::string add = R"({"data":{"action":"add","item":"croissant","quantity":1}})";
    std::atomic<int> taken{0};
    const auto tap = [&] {
      for (int i = 0; i < 20; ++i)
        if (bakery.gets("data", add).status == VAP_OK) ++taken;
    };
    std::thread one(tap), two(tap);
    one.join();
    two.join();
    CHECK(taken == 40);
    const Answer shown = bakery.gets("data", R"({"data":{"action":"show"}})");
    REQUIRE(shown.data.size() == 1);
    CHECK(shown.data[0].find("\"quantity\":40") != std::string::npos);
  }

  TEST_CASE("bakery hangs up after goodbye") {
    Scene bakery(BAKERY_SO, R"({"hours":{"sunday":"00:00-24:00","monday":"00:00-24:00",
      "tuesday":"00:00-24:00","wednesday":"00:00-24:00","thursday":"00:00-24:00",
      "friday":"00:00-24:00","saturday":"00:00-24:00"}})");
    for (const char* text : {"a coffee", "that's all", "Ada", "tomorrow at noon", "yes"})
      CHECK_FALSE(bakery.hears(text).hung_up);
    CHECK(bakery.host.metrics["bakery_orders_placed"] == 1);
    CHECK(bakery.hears("goodbye").hung_up);
  }

  // A caller on the way to a yes, and the book that his order goes into.
  struct Ordering {
    explicit Ordering(const std::string& name) : file("bakery_" + name + ".jsonl") {
      std::remove(file.c_str());
    }
    ~Ordering() { std::remove(file.c_str()); }
    Ordering(const Ordering&) = delete;

    void until_yes() {
      for (const char* text : {"two coffees", "that's all", "Ada", "tomorrow at noon"})
        says("t" + std::to_string(++turns), text);
    }
    Answer says(const std::string& turn, const std::string& text) {
      return scene.agent.gets("message", text, "conv_1", "{}", turn);
    }
    std::vector<std::string> book() const {
      std::vector<std::string> lines;
      std::ifstream in(file);
      for (std::string line; std::getline(in, line);) lines.push_back(line);
      return lines;
    }
    bool is_placed_once() const { return book().size() == 1; }
    double counted() { return scene.host.metrics["bakery_orders_placed"]; }

    std::string file;
    int turns = 0;
    Scene scene{BAKERY_SO, R"({"order_book":")" + file + R"(","hours":{"sunday":"00:00-24:00",
      "monday":"00:00-24:00","tuesday":"00:00-24:00","wednesday":"00:00-24:00",
      "thursday":"00:00-24:00","friday":"00:00-24:00","saturday":"00:00-24:00"}})"};
  };

  TEST_CASE("bakery enters a confirmed order in its book, and the next one beside it") {
    Ordering caller("book");
    caller.until_yes();
    CHECK(caller.book().empty());
    CHECK(caller.says("yes", "yes").said.find("your order is placed") != std::string::npos);
    REQUIRE(caller.is_placed_once());
    CHECK(caller.book()[0].rfind(R"({"id":"conv_1/1","order":{"items":[{"name":"coffee",)", 0) ==
          0);
    caller.says("more", "thank you");
    CHECK(caller.is_placed_once());
    caller.says("new", "I'd like a new order");
    caller.until_yes();
    caller.says("yes again", "yes");
    CHECK(caller.book().size() == 2);
    CHECK(caller.counted() == 2);
  }

  TEST_CASE("bakery places an order once, though its turn is delivered again and again") {
    Ordering caller("again");
    caller.until_yes();
    const std::string first = caller.says("yes", "yes").said;
    CHECK(caller.says("yes", "yes").said == first);
    CHECK(caller.says("yes", "yes").said == first);
    CHECK(caller.is_placed_once());
    CHECK(caller.counted() == 1);
  }

  TEST_CASE("bakery places an order once, though the caller speaks into it") {
    Ordering caller("interrupted");
    caller.until_yes();
    caller.scene.host.interrupts_steps = true;
    CHECK(caller.says("yes", "yes").said == "");
    CHECK(caller.is_placed_once());
    caller.scene.host.interrupts_steps = false;
    CHECK(caller.says("yes", "yes").said.find("your order is placed") != std::string::npos);
    caller.says("next", "hello? yes");
    CHECK(caller.is_placed_once());
    CHECK(caller.counted() == 1);
  }

  TEST_CASE("bakery places an order once, though its host dies before or after it is in the book") {
    Ordering after("after");
    after.until_yes();
    after.scene.host.dies_in_steps = true;
    after.says("yes", "yes");
    after.scene.host.dies_in_steps = false;
    CHECK(after.says("next", "thanks").status == VAP_OK);
    CHECK(after.is_placed_once());

    Ordering before("before");
    const vap_reply_t lost = before.scene.host.open("conv_1");
    const auto* const journal = static_cast<const vap_ext_journal_t*>(
        before.scene.host.abi()->get_extension(before.scene.host.abi(), VAP_EXT_JOURNAL));
    vap_str_t none{};
    CHECK(journal->begin(before.scene.host.abi(), lost, abi::str("order/1"), &none) ==
          VAP_E_NOT_FOUND);
    before.scene.host.finish(lost, VAP_OK);
    before.until_yes();
    before.says("yes", "yes");
    CHECK(before.is_placed_once());
  }

  TEST_CASE("bakery says of no order that it is placed until it is, and tries again") {
    Ordering caller("unavailable");
    caller.until_yes();
    caller.scene.host.journal_is = VAP_E_UNAVAILABLE;
    const Answer sorry = caller.says("yes", "yes");
    CHECK(sorry.said == "");
    CHECK(sorry.why == "the order could not be placed");
    CHECK(caller.book().empty());
    caller.scene.host.journal_is = VAP_OK;
    caller.scene.agent.gets("session.end", "", "conv_1", "{}", "");
    CHECK(caller.is_placed_once());
  }

  TEST_CASE("bakery takes no yes to a question of which the caller heard half") {
    Ordering caller("half");
    caller.until_yes();
    caller.scene.host.told = {{VAP_ROLE_AGENT, "So that is two coffees for", VAP_LINE_INTERRUPTED},
                              {VAP_ROLE_CALLER, "yes", VAP_LINE_CURRENT}};
    const std::string asked = caller.says("yes", "yes").said;
    CHECK(asked.rfind("Let me say it to the end. So that is two coffees for Ada", 0) == 0);
    CHECK(caller.book().empty());
    caller.scene.host.told = {{VAP_ROLE_AGENT, asked}, {VAP_ROLE_CALLER, "yes", VAP_LINE_CURRENT}};
    caller.says("yes, really", "yes");
    CHECK(caller.is_placed_once());
  }

  TEST_CASE("bakery refuses a configuration that makes no sense") {
    const Scene bakery(BAKERY_SO, R"({"menu":[]})");
    CHECK(bakery.agent.status() < 0);
    CHECK(bakery.agent.why() == "config: menu has no item");
  }

  TEST_CASE("the probe counts a start without a turn, where nobody listens") {
    Scene probe(PROBE_SO);
    CHECK(probe.agent.gets("session.start", "", "conv_1", "{}", "turn_0").said == "Welcome.");
    probe.agent.gets("session.start", "", "conv_1", "{}", "");
    CHECK(probe.hears("lifecycle").said.rfind("started 2, updated 0, ended 0, other 0", 0) == 0);
  }

  TEST_CASE("the probe keeps a reply until it is cancelled, and can tell of it") {
    Scene probe(PROBE_SO);
    const auto* const cancel =
        static_cast<const vap_ext_cancel_t*>(probe.plugin->get_extension(VAP_EXT_CANCEL));
    REQUIRE(cancel);
    const vap_reply_t reply = probe.host.open();
    CHECK(probe.host.call(*probe.plugin, probe.agent.get(),
                          {"message", "never", "conv_1", "{}", "turn_1"}, reply) == VAP_ASYNC);
    probe.host.cancel(reply, VAP_CANCEL_HANGUP);
    cancel->on_cancel(probe.agent.get(), reply, VAP_CANCEL_HANGUP);
    CHECK(probe.host.answer(reply).ended);
    CHECK(probe.hears("cancels").said.rfind("1: hangup after ", 0) == 0);
    CHECK(probe.hears("say after end").said == "before");
    CHECK(probe.hears("notes").said.find("say VAP_E_ENDED") != std::string::npos);
  }
}
