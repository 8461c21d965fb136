// SPDX-License-Identifier: MIT
// Tools that change something run once: whoever interrupts, delivers twice, or kills the host.
#include <signal.h>

#include <atomic>
#include <string>

#include "shop.h"

namespace patchbay::test {
namespace {

constexpr const char* order_soup =
    R"([[tool=order:{"dish":"soup"} then text="So: {result}."]] soup)";

// With a word before it: an answer of which nothing was heard leaves no line between two of the
// caller's, and then both scripts would be one.
constexpr const char* begun_soup =
    R"([[before="Well." tool=order:{"dish":"soup"} then text="So: {result}."]] soup)";

std::string order(const ScriptedServer& service, const std::string& further = "") {
  return tool("order", asks(service, "/order") + takes("dish = { type = \"string\" }") +
                           "mutating = true\ntimeout_ms = 30000\n" + further);
}

// A kitchen that numbers its orders, each when it may.
struct Kitchen {
  std::atomic<int> orders = 0;
  std::atomic<bool> open = true;
  ScriptedServer::Script script() {
    return [this](const Asked&, Voice& voice) {
      const int number = ++orders;
      eventually([&] { return open.load(); });
      voice.answer("200 OK", "number " + std::to_string(number));
    };
  }
};

Webhook turn(const std::string& text, const std::string& id) {
  Webhook webhook;
  webhook.path = "/agents/shop";
  webhook.body = message(text, "conv_1", id);
  return webhook;
}

}  // namespace

TEST_SUITE("deeds") {
  TEST_CASE("a turn that is delivered twice does it once, and both hear of it") {
    Kitchen kitchen;
    Shop shop(
        kitchen.script(), [](const auto& s) { return order(s); }, "", "openai",
        "[webhook]\nduplicates = \"run\"\n");
    const std::uint16_t port = shop.host->process().port();
    CHECK(send(port, turn(order_soup, "turn_1")).spoken() == "So: number 1.");
    CHECK(send(port, turn(order_soup, "turn_1")).spoken() == "So: number 1.");
    CHECK(kitchen.orders == 1);
    // Other arguments are another deed, and so is the same one when it is asked for again.
    CHECK(send(port, turn(R"([[tool=order:{"dish":"cake"} then text="{result}"]])", "turn_1"))
              .spoken() == "number 2");
    CHECK(send(port, turn(order_soup, "turn_2")).spoken() == "So: number 3.");
  }

  TEST_CASE("twice in one round is once") {
    Kitchen kitchen;
    Shop shop(kitchen.script(), [](const auto& s) { return order(s); });
    CHECK(shop.hears(R"([[tool=order:{"dish":"soup"} tool=order:{ "dish" : "soup" }
                         then text="{result}"]])")
              .spoken()
              .rfind("number 1 | It was called twice", 0) == 0);
    CHECK(kitchen.orders == 1);
  }

  TEST_CASE("who interrupts does not undo it, and the turn after it knows what was done") {
    Kitchen kitchen;
    Shop shop(kitchen.script(), [](const auto& s) { return order(s); });
    kitchen.open = false;
    Line line = shop.host->begins("shop", begun_soup);
    CHECK(eventually([&] { return kitchen.orders == 1; }));
    // The caller speaks while it is under way.
    CHECK(shop.hears(order_soup).spoken().find("under way already") != std::string::npos);
    kitchen.open = true;
    CHECK(shop.hears(order_soup).spoken().find("So: number") == 0);
    const int orders = kitchen.orders;
    // That answer was heard, so from here on it is another order.
    CHECK(shop.hears(order_soup).spoken() == "So: number " + std::to_string(orders + 1) + ".");
  }

  TEST_CASE("what an interrupted turn has done is not done again by the next") {
    Kitchen kitchen;
    Shop shop(
        kitchen.script(), [](const auto& s) { return order(s); }, "", "openai",
        "[server]\nmetrics = true\n");
    kitchen.open = false;
    Line line = shop.host->begins("shop", begun_soup);
    CHECK(eventually([&] { return kitchen.orders == 1; }));
    Line stop = shop.host->begins("shop", "[[words=2000 gap=20]] wait");
    REQUIRE(stop.next_event());
    kitchen.open = true;
    CHECK(eventually([&] {
      return get(shop.host->process().port(), "/metrics").body.find("llm_tools_done") !=
             std::string::npos;
    }));
    CHECK(shop.hears(order_soup).spoken() == "So: number 1.");
    CHECK(kitchen.orders == 1);
    CHECK(shop.hears(order_soup).spoken() == "So: number 2.");
  }

  TEST_CASE("where the model fails after the deed, the next turn finds it done") {
    Kitchen kitchen;
    Shop shop(kitchen.script(), [](const auto& s) { return order(s); });
    CHECK(shop.hears(R"([[tool=order:{"dish":"soup"} then status=500]])").spoken() == "It failed.");
    CHECK(shop.hears(order_soup).spoken() == "So: number 1.");
    CHECK(kitchen.orders == 1);
  }

  TEST_CASE("what nobody can know is told as such, and not tried again") {
    Kitchen kitchen;
    kitchen.open = false;
    Shop shop(kitchen.script(), [](const auto& s) {
      std::string tool = order(s);
      return tool.replace(tool.find("30000"), 5, "300");
    });
    const std::string heard = shop.hears(order_soup).spoken();
    CHECK(heard.find("took longer than 300 ms. Nobody knows whether it was done") !=
          std::string::npos);
    CHECK(kitchen.orders == 1);
    kitchen.open = true;
  }

  TEST_CASE("what was surely not done may be tried again") {
    std::atomic<int> asked = 0;
    Shop shop(
        [&](const Asked&, Voice& voice) {
          const bool first = ++asked == 1;
          voice.answer(first ? "409 Conflict" : "200 OK", first ? "closed" : "number 1");
        },
        [](const auto& s) { return order(s); });
    CHECK(shop.hears(R"([[tool=order:{"dish":"soup"} then tool=order:{"dish":"soup"}
                         then text="{result}"]])")
              .spoken() == "number 1");
    CHECK(asked == 2);
  }

  TEST_CASE("a command that changes something is let finish when its turn is cut") {
    const TempDir files;
    Kitchen kitchen;
    Shop shop(kitchen.script(), [&](const auto&) {
      return tool("order", "kind = \"command\"\nmutating = true\ntimeout_ms = 30000\n" +
                               takes("dish = { type = \"string\" }") +
                               "command = [\"/bin/sh\", \"-c\", \"touch $0.begun; while [ ! -e "
                               "$0.open ]; do sleep 0.02; done; echo x >> $0.done\", \"" +
                               files.of("order") + "\"]\n");
    });
    const auto is_there = [&](const std::string& name) {
      return std::ifstream(files.of("order" + name)).good();
    };
    {
      Line line = shop.host->begins("shop", begun_soup);
      CHECK(eventually([&] { return is_there(".begun"); }));
    }
    CHECK(shop.hears(order_soup).spoken().find("under way already") != std::string::npos);
    std::ofstream(files.of("order.open")) << "x";
    CHECK(eventually([&] { return is_there(".done"); }));
  }

  TEST_CASE("a host that is killed leaves what was done done, and what nobody knows in doubt") {
    constexpr const char* late_soup =
        R"([[tool=order:{"dish":"soup"} then first=3000 text="So: {result}."]])";
    const TempDir files;
    Kitchen kitchen;
    const std::string store = "[store]\nurl = \"sqlite:" + files.of("talks.db") + "\"\n";
    Shop shop(
        kitchen.script(), [](const auto& s) { return order(s); }, "", "openai", store);
    const auto restart = [&] {
      shop.host->process().signal(SIGKILL);
      CHECK(shop.host->process().wait() == 128 + SIGKILL);
      shop.host = std::make_unique<Hosting>(shop.toml);
    };
    const auto hears_turn = [&](const std::string& text, const std::string& id) {
      return send(shop.host->process().port(), turn(text, id)).spoken();
    };
    {
      Line line(shop.host->process().port());
      line.send(turn(late_soup, "turn_1").request());
      CHECK(eventually([&] { return shop.model.asked_of("m").size() == 2; }));
      restart();
    }
    CHECK(hears_turn(late_soup, "turn_1") == "So: number 1.");
    CHECK(kitchen.orders == 1);
    kitchen.open = false;
    {
      Line line(shop.host->process().port());
      line.send(turn(order_soup, "turn_2").request());
      CHECK(eventually([&] { return kitchen.orders == 2; }));
      restart();
    }
    kitchen.open = true;
    CHECK(hears_turn(order_soup, "turn_2").find("Nobody knows whether it was done") !=
          std::string::npos);
    CHECK(kitchen.orders == 2);
  }
}

}  // namespace patchbay::test
