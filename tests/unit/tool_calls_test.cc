// SPDX-License-Identifier: MIT
#include "work/tool_calls.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/temp_dir.h"
#include "support/toy_host.h"
#include "support/wait.h"

namespace patchbay {
namespace {

// The host's side as the fixtures call it; the rest of vap_host_t is the toy's.
struct Border {
  static ToolCalls& calls(const vap_host_t* host) {
    return *static_cast<ToolCalls*>(reinterpret_cast<const Agent::Seat*>(host)->api);
  }
  static const Agent& agent(const vap_host_t* host) {
    return *reinterpret_cast<const Agent::Seat*>(host)->agent;
  }
  static vap_status_t VAP_CALL end(const vap_host_t* h, std::uint64_t id, vap_status_t status,
                                   vap_str_t result, const vap_error_t* why) noexcept {
    return calls(h).end(agent(h), id, {status, {result.ptr, result.len}, why->message});
  }
  static vap_cancel_t VAP_CALL cancelled(const vap_host_t* h, std::uint64_t id) noexcept {
    return calls(h).cancelled(agent(h), id);
  }
  static std::int64_t VAP_CALL time_left(const vap_host_t* h, std::uint64_t id) noexcept {
    return calls(h).time_left_ms(agent(h), id);
  }
  static vap_host_t table() {
    static constexpr vap_ext_tool_host_t tool{nullptr, nullptr, nullptr, end, cancelled, time_left};
    vap_host_t table = test::toy_table();
    table.get_extension = [](const vap_host_t*, const char* id) noexcept -> const void* {
      return std::string_view(id) == VAP_EXT_TOOL ? &tool : nullptr;
    };
    return table;
  }
};

// What a caller would be, for one call.
struct Heard {
  static void VAP_CALL on_end(void* user, const vap_tool_end_t* end) noexcept {
    Heard& heard = *static_cast<Heard*>(user);
    {
      const std::lock_guard lock(heard.mutex);
      heard.status = end->status;
      heard.begun = (end->flags & VAP_TOOL_BEGUN) != 0;
      heard.result.assign(end->result.ptr, end->result.len);
      heard.why.assign(end->message.ptr, end->message.len);
    }
    ++heard.ends;
  }
  ToolCall::Caller ear() { return {on_end, this}; }
  // "0: 1: hi", "-1: no flour is left".
  std::string text() {
    REQUIRE(test::eventually([&] { return ends > 0; }));
    const std::lock_guard lock(mutex);
    return std::to_string(status) + ": " + (status < 0 ? why : result);
  }

  std::mutex mutex;  // guards the four below
  vap_status_t status = VAP_OK;
  bool begun = false;
  std::string result, why;
  std::atomic<int> ends = 0;
};

std::unique_ptr<Generation> load(int version) {
  return *Generation::load(
      *Candidate::stage(test::fixture("offerer/offerer_" + std::to_string(version))),
      test::any_manifest());
}

AgentConfig shop_that_may_call(const std::vector<std::string>& names) {
  AgentConfig config = test::named("shop");
  config.may_call = names;
  return config;
}

struct Home {
  explicit Home(ToolCalls::Limits limits = {}, const AgentConfig& offers = test::named("bakery"))
      : calls({routes, replies, metrics, timers, urgent, log}, limits),
        shop(*shops->make_agent(shop_that_may_call({"bakery", "attic"}), Border::table(), &calls)) {
    serve(1, offers);
  }
  ~Home() {
    calls.close();
    routes.publish(std::make_shared<RouteTable>());
    CHECK(shops->unused_within(Milliseconds{30'000}));
    for (const auto& each : bakeries) CHECK(each->unused_within(Milliseconds{30'000}));
    timers.stop();
    CHECK(calls.idle_within(Milliseconds{30'000}));
    CHECK(urgent.idle_within(Milliseconds{30'000}));
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  // That version of the bakery answers from here on.
  Generation& serve(int version, const AgentConfig& config = test::named("bakery")) {
    bakeries.push_back(load(version));
    Agent* const agent = *bakeries.back()->make_agent(config, Border::table(), &calls);
    auto table = std::make_shared<RouteTable>();
    table->by_name["bakery"].agent = agent;
    routes.publish(std::move(table));
    return *bakeries.back();
  }
  ToolCalls::Answer call(Heard& heard, std::string_view name, std::string_view arguments = "{}",
                         ToolCalls::Id* id = nullptr, Milliseconds timeout = Milliseconds{30'000},
                         vap_reply_t reply = 0, bool keep = false) {
    return calls.call(*shop, reply, {"bakery", name, arguments, timeout, keep}, heard.ear(), id);
  }
  std::string result(std::string_view name, std::string_view arguments = "{}") {
    Heard heard;
    const ToolCalls::Answer answer = call(heard, name, arguments);
    return answer.status < 0 ? "refused " + std::to_string(answer.status) + ": " + answer.why
                             : heard.text();
  }
  std::shared_ptr<Reply> open_reply() {
    auto reply = std::make_shared<Reply>(replies.next_number(), ReplyKind::silent,
                                         TurnFacts{"message", "conv_1", "s", "turn_1"},
                                         Lease(*shop), nullptr, Clock::now(), Seconds{30});
    replies.add(reply);
    return reply;
  }
  // Does the bakery get to know of that call?
  [[nodiscard]] bool begins(ToolCalls::Id id) const {
    const Agent& bakery = *routes.find("bakery")->route->agent;
    return test::eventually([&] { return calls.cancelled(bakery, id) == VAP_CANCEL_NONE; });
  }
  [[nodiscard]] bool counts(const std::string& name, const std::string& outcome, int times) const {
    return metrics.text().find(
               "patchbay_tool_calls_total{agent=\"shop\",of=\"bakery\",function=\"" + name +
               "\",outcome=\"" + outcome + "\"} " + std::to_string(times)) != std::string::npos;
  }

  Log log{LogLevel::off, LogFormat::text};
  Routes routes;
  Replies replies;
  Metrics metrics;
  Timers timers;
  Workers urgent{4};
  std::unique_ptr<Generation> shops = load(1);
  std::vector<std::unique_ptr<Generation>> bakeries;
  ToolCalls calls;
  Agent* shop;
};

TEST_SUITE("tool_calls") {
  TEST_CASE("a function is run with its arguments, and its caller hears what came of it") {
    Home home;
    CHECK(home.result("echo", R"({"text":"hi"})") == "0: 1: hi");
    CHECK(home.result("fail") == "-1: no flour is left");
    CHECK(home.result("doubt") == "-13: the till is broken");
    CHECK(home.result("forget") == "-13: the call was dropped without an end");
    CHECK(home.result("echo", R"({"txt":"hi"})") == "-2: text is missing");
    CHECK(home.counts("echo", "done", 1));
    CHECK(home.counts("echo", "refused", 1));
    CHECK(home.counts("fail", "failed", 1));
    CHECK(home.metrics.text().find("patchbay_tool_calls_open{agent=\"shop\"} 0") !=
          std::string::npos);
  }

  TEST_CASE("what cannot be called is refused, and the reason says what to do") {
    Home home;
    CHECK(home.result("sing").find("refused -8: agent bakery offers no function 'sing' (it offers "
                                   "echo, ") == 0);
    CHECK(home.result("echo", "[]") ==
          "refused -2: the arguments are no JSON object, at most 64 levels deep");
    CHECK(home.result("echo", "{").find("refused -2") == 0);
    CHECK(home.result("echo", "{\"text\":\"" + std::string(2 << 20, 'x') + "\"}")
              .find("refused -10") == 0);
    Heard heard;
    const auto attic =
        home.calls.call(*home.shop, 0, {"attic", "echo", "{}"}, heard.ear(), nullptr);
    CHECK(attic.status == VAP_E_UNAVAILABLE);
    CHECK(attic.why == "agent attic is not loaded (patchbay agents shows why)");
    const auto bank = home.calls.call(*home.shop, 0, {"bank", "echo", "{}"}, heard.ear(), nullptr);
    CHECK(bank.status == VAP_E_UNSUPPORTED);
    CHECK(bank.why.find("add it to may_call in [agents.shop]") != std::string::npos);
    CHECK(home.call(heard, "echo", "{}", nullptr, {}, 77).status == VAP_E_ENDED);
    CHECK(heard.ends == 0);
  }

  TEST_CASE("the list is what the version that serves offers") {
    Home home;
    const auto names = [&](std::string_view agent) {
      std::string all;
      const auto answer = home.calls.list(*home.shop, agent,
                                          [&](const ToolFacts& tool) { all += tool.name + " "; });
      return answer.status < 0 ? std::to_string(answer.status) : all;
    };
    CHECK(names("bakery").find("echo whose hold") == 0);
    CHECK(names("bakery").find("news") == std::string::npos);
    home.serve(2);
    CHECK(names("bakery").find("news") != std::string::npos);
    CHECK(names("attic") == "-12");
    CHECK(names("bank") == "-3");
    CHECK(names("") == "-3");
  }

  TEST_CASE("a call ends in the version that it began in, and the next is of the newer one") {
    Home home;
    Generation& first = *home.bakeries[0];
    Heard held;
    ToolCalls::Id id = 0;
    home.call(held, "hold", "{}", &id);
    CHECK(home.begins(id));
    Generation& second = home.serve(2);
    CHECK(home.result("echo", R"({"text":"hi"})") == "0: 2: hi");
    CHECK(first.leases() > 0);  // it cannot be unmapped
    CHECK(!first.close());
    home.calls.cut(first);
    CHECK(held.text() == "-4: a version that was replaced has to go");
    CHECK(held.begun);
    CHECK(first.unused_within(Milliseconds{30'000}));  // its on_function_cancel has ended it
    CHECK(test::eventually([&] { return home.calls.open(second) == 0; }));
  }

  TEST_CASE("a call whose time is over is heard of at once, and its agent is told") {
    Home home;
    Heard held, blocked;
    home.call(held, "hold", "{}", nullptr, Milliseconds{50});
    CHECK(held.text() == "-5: it took longer than 50 ms");
    home.call(blocked, "block", "{}", nullptr, Milliseconds{50});
    CHECK(blocked.text() == "-5: it took longer than 50 ms");
    CHECK(home.counts("hold", "timed_out", 1));
    CHECK(home.bakeries[0]->unused_within(Milliseconds{30'000}));
    CHECK(held.ends == 1);
  }

  TEST_CASE("a call goes with its turn, unless it is to be kept") {
    Home home;
    Heard cut, kept, ended;
    const auto reply = home.open_reply();
    ToolCalls::Id id = 0;
    home.call(cut, "hold", "{}", nullptr, Seconds{30}, reply->number());
    home.call(kept, "hold", "{}", &id, Seconds{30}, reply->number(), true);
    reply->cancel(VAP_CANCEL_BARGE_IN);
    CHECK(cut.text() == "-4: its turn is over");
    CHECK(kept.ends == 0);
    // A cancelled turn begins nothing.
    CHECK(home.call(ended, "hold", "{}", nullptr, Seconds{30}, reply->number()).status ==
          VAP_E_CANCELLED);
    CHECK(
        test::eventually([&] { return home.result("release") == "0: released" && kept.ends > 0; }));
    CHECK(kept.text() == "0: 1 has waited");
    CHECK(home.calls.cancel(*home.shop, id) == VAP_E_NOT_FOUND);
    home.replies.take(reply->number(), *home.shop);
  }

  TEST_CASE("the called agent knows who calls, and in which turn") {
    Home home;
    const auto reply = home.open_reply();
    Heard heard;
    home.call(heard, "whose", "{}", nullptr, Seconds{30}, reply->number());
    CHECK(heard.text() == "0: shop conv_1 turn_1");
    CHECK(home.result("whose") == "0: shop  ");
    home.replies.take(reply->number(), *home.shop);
  }

  TEST_CASE("only its caller can cancel a call, and it ends once") {
    Home home;
    Heard held;
    ToolCalls::Id id = 0;
    home.call(held, "hold", "{}", &id);
    const Agent& bakery = *home.routes.find("bakery")->route->agent;
    CHECK(home.calls.cancel(bakery, id) == VAP_E_NOT_FOUND);
    CHECK(home.calls.end(*home.shop, id, {}) == VAP_E_ENDED);
    CHECK(home.calls.cancel(*home.shop, id) == VAP_OK);
    CHECK(held.text() == "-4: its caller has cancelled it");
    CHECK(home.calls.cancel(*home.shop, id) == VAP_E_NOT_FOUND);
    CHECK(home.bakeries[0]->unused_within(Milliseconds{30'000}));
    CHECK(held.ends == 1);
  }

  TEST_CASE("functions that block hold their agent's share of threads and no more") {
    AgentConfig offers = test::named("bakery");
    offers.max_workers = 1;
    Home home({}, offers);
    Heard blocked, waits;
    ToolCalls::Id id = 0;
    home.call(blocked, "block", "{}", &id);
    CHECK(home.begins(id));
    // There is no thread left for it, so it is never begun: surely nothing was done.
    home.call(waits, "count", R"({"text":"x"})", nullptr, Milliseconds{80});
    CHECK(waits.text() == "-5: it took longer than 80 ms");
    CHECK(!waits.begun);
    CHECK(home.calls.cancel(*home.shop, id) == VAP_OK);
    CHECK(home.result("count", R"({"text":"x"})") == "0: number 1");
  }

  TEST_CASE("no more calls are open at once than may be") {
    Heard a, b, c;  // before the home, which cuts their calls as it goes
    Home home({.open = 2});
    home.call(a, "hold");
    home.call(b, "hold");
    const auto full = home.call(c, "hold");
    CHECK(full.status == VAP_E_LIMIT);
    CHECK(full.why == "2 calls of functions are open, 2 of them by this agent, 2 of agent bakery");
  }

  TEST_CASE("calls that an agent never ends count until it has, though their callers have heard") {
    Home home({.open_of_one = 1});
    Heard held, again;
    ToolCalls::Id id = 0;
    home.call(held, "block", "{}", &id);
    CHECK(home.begins(id));
    const auto full = home.call(again, "echo", R"({"text":"hi"})");
    CHECK(full.status == VAP_E_LIMIT);
    CHECK(home.calls.cancel(*home.shop, id) == VAP_OK);
    CHECK(test::eventually(
        [&] { return home.call(again, "echo", R"({"text":"hi"})").status == VAP_OK; }));
    CHECK(again.text() == "0: 1: hi");
  }

  TEST_CASE("when the host goes down calls are cut, and no more are made") {
    Home home;
    Heard held, late;
    home.call(held, "hold");
    home.calls.close();
    CHECK(held.text() == "-4: the host goes down");
    CHECK(home.call(late, "echo", R"({"text":"hi"})").status == VAP_E_CANCELLED);
  }

  TEST_CASE("a version that winds down calls nobody, and what it has called is cut") {
    Home home;
    Heard held, late;
    home.call(held, "hold");
    home.shops->wind_down();
    home.calls.cut(*home.shops);
    CHECK(held.text().find("-4: ") == 0);
    CHECK(home.call(late, "echo", R"({"text":"hi"})").status == VAP_E_CANCELLED);
    CHECK(home.shops->unused_within(Milliseconds{30'000}));
  }
}

}  // namespace
}  // namespace patchbay
