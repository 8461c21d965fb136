// SPDX-License-Identifier: MIT
//
// What functions.hpp and tool.hpp promise to the author of an agent, on a host that carries calls
// when the test says so. No two agents meet.
#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vap/tool.hpp>
#include <vap/vap.hpp>
#include <vector>

#include "harness.h"

namespace {

using abi::ToyHost;
using namespace std::chrono_literals;

// vap.tool/1 of a host in memory. One at a time: its C functions have nothing to know it by.
class Carrier {
 public:
  explicit Carrier(ToyHost& host) {
    static const vap_ext_tool_host_t table{list, call, cancel, end, cancelled, time_left};
    host.further[VAP_EXT_TOOL] = &table;
    current() = this;
  }
  ~Carrier() { current() = nullptr; }
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  struct Made {  // a call that an agent makes
    std::string agent, name, arguments;
    vap_reply_t reply = 0;
    std::uint32_t timeout_ms = 0;
    vap_tool_order_flags_t flags = 0;
    void(VAP_CALL* on_end)(void*, const vap_tool_end_t*) = nullptr;
    void* user = nullptr;
    bool cancelled = false;
  };
  struct Ended {  // a call that an agent has answered
    std::uint64_t id;
    vap_status_t status;
    std::string result, why;
  };
  std::deque<Made> made;
  std::vector<Ended> ended;
  vap_status_t refusal = VAP_OK;
  vap_cancel_t cut = VAP_CANCEL_NONE;  // what an agent hears that asks
  std::size_t most_result = 1000;

  void finish(std::size_t i, vap_status_t status, std::string_view result,
              std::string_view why = "", vap_tool_end_flags_t flags = VAP_TOOL_BEGUN) {
    const vap_tool_end_t how{sizeof how, flags, status, 0, abi::str(result), abi::str(why), 7};
    made[i].on_end(made[i].user, &how);
  }

 private:
  static Carrier*& current() {
    static Carrier* one = nullptr;
    return one;
  }
  static vap_status_t VAP_CALL list(const vap_host_t*, vap_str_t agent, void* ctx,
                                    void(VAP_CALL* put)(void*, const vap_tool_t*),
                                    vap_error_t* why) noexcept {
    if (current()->refusal < 0) return vap::explain(why, current()->refusal, "not to you");
    const std::string of = "Of " + std::string(abi::view(agent)) + ".";
    const vap_tool_t one{sizeof one, VAP_TOOL_MUTATING, abi::str("order"), abi::str(of),
                         abi::str("{}")};
    const vap_tool_t two{sizeof two, 0, abi::str("stock"), abi::str("What is left."), {}};
    put(ctx, &one);
    put(ctx, &two);
    return VAP_OK;
  }
  static vap_status_t VAP_CALL call(const vap_host_t*, vap_reply_t reply, const vap_tool_order_t* o,
                                    void(VAP_CALL* on_end)(void*, const vap_tool_end_t*),
                                    void* user, std::uint64_t* id, vap_error_t* why) noexcept {
    Carrier& me = *current();
    if (me.refusal < 0) return vap::explain(why, me.refusal, "not to you");
    me.made.push_back({std::string(abi::view(o->agent)), std::string(abi::view(o->name)),
                       std::string(abi::view(o->arguments)), reply, o->timeout_ms, o->flags, on_end,
                       user});
    *id = me.made.size();
    return VAP_OK;
  }
  static vap_status_t VAP_CALL cancel(const vap_host_t*, std::uint64_t id) noexcept {
    Carrier& me = *current();
    if (id == 0 || id > me.made.size()) return VAP_E_NOT_FOUND;
    me.made[id - 1].cancelled = true;
    return VAP_OK;
  }
  static vap_status_t VAP_CALL end(const vap_host_t*, std::uint64_t id, vap_status_t status,
                                   vap_str_t result, const vap_error_t* why) noexcept {
    Carrier& me = *current();
    if (result.len > me.most_result) return VAP_E_LIMIT;
    me.ended.push_back({id, status, std::string(abi::view(result)), why ? why->message : ""});
    return me.cut == VAP_CANCEL_NONE ? VAP_OK : VAP_E_CANCELLED;
  }
  static vap_cancel_t VAP_CALL cancelled(const vap_host_t*, std::uint64_t) noexcept {
    return current()->cut;
  }
  static std::int64_t VAP_CALL time_left(const vap_host_t*, std::uint64_t) noexcept { return 1234; }
};

struct Counter : vap::agent, vap::functions {
  void start() override {
    offer({"stock", "What is left.", R"({"required":["item"]})"}, [](vap::function_call& c) {
      const auto item = c.argument("item");
      if (!item) return c.refuse("which item?");
      c.end(*item + " for " + c.caller() + " in " + c.conversation_id() + "/" + c.turn_id());
    });
    offer({"now", "The time."}, [](vap::function_call& c) {
      return c.name() + c.arguments() + std::to_string(c.time_left_ms());
    });
    offer({"order", "Orders.", "", true}, [this](vap::function_call& c) { kept = std::move(c); });
    offer({"drop", "Forgets it."}, [](vap::function_call&) {});
    offer({"burn", "Throws."}, [](vap::function_call&) { throw std::runtime_error("too hot"); });
    offer({"long", "Says much."}, [](vap::function_call&) { return std::string(5000, 'x'); });
    offer({"doubt", "Does not know."}, [](vap::function_call& c) { c.doubt("the till is off"); });
  }
  void on_message(vap::turn&) override {}
  void on_function_cancel(std::uint64_t id, vap_cancel_t why) override {
    log(vap::level::info, "cancelled " + std::to_string(id) + " for " + std::to_string(why));
  }
  vap::function_call kept;
};

struct Mute : vap::agent {
  void on_message(vap::turn&) override {}
};

template <class A>
struct Plugin {
  static const void* VAP_CALL get_extension(const char* id) noexcept {
    return vap::glue<A>::find_extension(tables, id);
  }
  static constexpr vap::tables tables = vap::glue<A>::make_tables(get_extension);
};

// An agent that offers functions, called as a host calls it.
struct Called {
  ToyHost host;
  Carrier carrier{host};
  abi::MadeAgent agent{host, Plugin<Counter>::tables.plugin};
  const vap_ext_tool_t& tool =
      *static_cast<const vap_ext_tool_t*>(Plugin<Counter>::get_extension(VAP_EXT_TOOL));

  vap_status_t call(std::uint64_t id, std::string name, std::string arguments = "{}",
                    std::string* words = nullptr) {
    std::string caller = "shop", conversation = "conv_1", turn = "turn_1";
    vap_tool_call_t given{sizeof given,
                          0,
                          id,
                          abi::str(name),
                          abi::str(arguments),
                          abi::str(caller),
                          abi::str(conversation),
                          abi::str(turn),
                          5000};
    vap_error_t why{};
    const vap_status_t status = tool.call(agent.get(), &given, &why);
    if (words != nullptr) *words = why.message;
    // Nobody may have kept what was lent.
    for (std::string* lent : {&name, &arguments, &caller, &conversation, &turn})
      lent->assign(lent->size(), '\xA5');
    return status;
  }
  const Carrier::Ended& last() const { return carrier.ended.back(); }
};

// What an agent would have that calls others: the host, and a reply that it kept.
struct Bench {
  ToyHost host;
  Carrier carrier{host};
  vap::host face{host.abi()};
  vap::tools tools{host.abi()};
  vap_reply_t number = host.open();
  vap::reply reply() { return {&face, number}; }
  abi::Answer answer() { return host.answer(number); }
};

TEST_SUITE("tool") {
  TEST_CASE("an agent shows the functions that it offers, and one without any shows none") {
    CHECK(Plugin<Mute>::get_extension(VAP_EXT_TOOL) == nullptr);
    Called c;
    std::string all;
    const auto put = [](void* ctx, const vap_tool_t* tool) {
      *static_cast<std::string*>(ctx) += std::string(abi::view(tool->name)) +
                                         (tool->flags == VAP_TOOL_MUTATING ? "! " : " ") +
                                         std::string(abi::view(tool->parameters));
    };
    CHECK(c.tool.list(c.agent.get(), &all, put, nullptr) == VAP_OK);
    CHECK(all == R"(stock {"required":["item"]}now order! drop burn long doubt )");
  }

  TEST_CASE("a function ends its call, with text or by saying so") {
    Called c;
    CHECK(c.call(1, "stock", R"({"item":"rye"})") == VAP_OK);
    CHECK(c.last().id == 1);
    CHECK(c.last().result == "rye for shop in conv_1/turn_1");
    CHECK(c.call(2, "stock") == VAP_OK);
    CHECK(c.last().status == VAP_E_INVALID);
    CHECK(c.last().why == "which item?");
    CHECK(c.call(3, "now", R"({"a":1})") == VAP_OK);
    CHECK(c.last().result == R"(now{"a":1}1234)");
    CHECK(c.carrier.ended.size() == 3);
  }

  TEST_CASE("whatever a function does, its call ends once") {
    Called c;
    const auto status_of = [&](const char* name) {
      const std::size_t before = c.carrier.ended.size();
      CHECK(c.call(9, name) == VAP_OK);
      CHECK(c.carrier.ended.size() == before + 1);
      return c.last().status;
    };
    CHECK(status_of("drop") == VAP_E_IN_DOUBT);
    CHECK(status_of("burn") == VAP_E_EXCEPTION);
    CHECK(c.last().why == "too hot");
    CHECK(status_of("long") == VAP_E_FAILED);
    CHECK(c.last().why == "the result is too long");
    CHECK(status_of("doubt") == VAP_E_IN_DOUBT);
    std::string why;
    CHECK(c.call(9, "none", "{}", &why) == VAP_E_NOT_FOUND);
    CHECK(why == "there is no such function");
  }

  TEST_CASE("a call that is kept is ended later, also after it was cancelled") {
    Called c;
    Counter& counter = static_cast<Counter&>(*reinterpret_cast<vap::agent*>(c.agent.get()));
    CHECK(c.call(5, "order") == VAP_OK);
    CHECK(c.carrier.ended.empty());
    CHECK_FALSE(counter.kept.cancelled());
    c.carrier.cut = VAP_CANCEL_BARGE_IN;
    c.tool.cancel(c.agent.get(), 5, VAP_CANCEL_BARGE_IN);
    CHECK(c.host.logged.back() == "cancelled 5 for 2");
    CHECK(counter.kept.cancelled());
    CHECK_FALSE(counter.kept.end("number 1"));  // nobody heard it
    CHECK(c.last().result == "number 1");
    CHECK_FALSE(counter.kept);
    // One that its agent takes with it is in doubt.
    CHECK(c.call(6, "order") == VAP_OK);
    c.agent.destroy();
    CHECK(c.last().id == 6);
    CHECK(c.last().status == VAP_E_IN_DOUBT);
  }

  TEST_CASE("the functions of another agent are listed") {
    Bench b;
    std::vector<vap::function_facts> all;
    std::string why;
    CHECK(b.tools.list("bakery", all, &why) == VAP_OK);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "order");
    CHECK(all[0].description == "Of bakery.");
    CHECK(all[0].mutating);
    CHECK_FALSE(all[1].mutating);
    b.carrier.refusal = VAP_E_UNSUPPORTED;
    CHECK(b.tools.list("bakery", all, &why) == VAP_E_UNSUPPORTED);
    CHECK(why == "not to you");
    CHECK(all.empty());
  }

  TEST_CASE("a call goes out as it was written, and its end is heard with the reply") {
    Bench b;
    b.tools.call("bakery", "stock", R"({"item":"rye"})")
        .timeout(2s)
        .keep()
        .on_end([](vap::reply& r, const vap::tool_end& e) { r.say(e.result); })
        .send(b.reply());
    const Carrier::Made& made = b.carrier.made.at(0);
    CHECK(made.agent == "bakery");
    CHECK(made.name == "stock");
    CHECK(made.arguments == R"({"item":"rye"})");
    CHECK(made.reply == b.number);
    CHECK(made.timeout_ms == 2000);
    CHECK(made.flags == VAP_TOOL_KEEP);
    b.carrier.finish(0, VAP_OK, "twelve");
    CHECK(b.answer().said == "twelve");
    CHECK(b.answer().status == VAP_OK);
    CHECK(b.answer().ended);
  }

  TEST_CASE("a call that fails fails its turn, and says what is known of it") {
    Bench b;
    std::vector<bool> sure;
    const auto call = [&] {
      b.tools.call("bakery", "order")
          .on_end([&](const vap::tool_end& e) { sure.push_back(e.surely_not_done()); })
          .send();
    };
    const std::pair<vap_status_t, vap_tool_end_flags_t> ends[] = {{VAP_OK, VAP_TOOL_BEGUN},
                                                                  {VAP_E_FAILED, VAP_TOOL_BEGUN},
                                                                  {VAP_E_INVALID, VAP_TOOL_BEGUN},
                                                                  {VAP_E_IN_DOUBT, VAP_TOOL_BEGUN},
                                                                  {VAP_E_EXCEPTION, VAP_TOOL_BEGUN},
                                                                  {VAP_E_DEADLINE, VAP_TOOL_BEGUN},
                                                                  {VAP_E_DEADLINE, 0},
                                                                  {VAP_E_CANCELLED, VAP_TOOL_BEGUN},
                                                                  {VAP_E_CANCELLED, 0}};
    for (const auto& [status, flags] : ends) {
      call();
      b.carrier.finish(b.carrier.made.size() - 1, status, "", "why", flags);
    }
    CHECK(sure == std::vector<bool>{false, true, true, false, false, false, true, false, true});
    b.tools.call("bakery", "order").send(b.reply());
    b.carrier.finish(b.carrier.made.size() - 1, VAP_E_FAILED, "", "no flour");
    CHECK(b.answer().status == VAP_E_FAILED);
    CHECK(b.answer().why == "no flour");
  }

  TEST_CASE("what the host refuses ends at once, the same way") {
    Bench b;
    b.carrier.refusal = VAP_E_UNAVAILABLE;
    int ends = 0;
    const vap::tool_id id = b.tools.call("bakery", "stock")
                                .on_end([&](const vap::tool_end& e) {
                                  ++ends;
                                  CHECK(e.status == VAP_E_UNAVAILABLE);
                                  CHECK(e.message == "not to you");
                                  CHECK(e.surely_not_done());
                                })
                                .send(b.reply());
    CHECK(id == 0);
    CHECK(ends == 1);
    CHECK(b.answer().why == "not to you");
  }

  TEST_CASE("on a host without vap.tool/1 every call is refused") {
    ToyHost host;
    vap::tools tools(host.abi());
    CHECK_FALSE(tools);
    std::string why;
    tools.call("a", "b").on_end([&](const vap::tool_end& e) { why = e.message; }).send();
    CHECK(why == "this host has no vap.tool/1");
    std::vector<vap::function_facts> all;
    CHECK(tools.list("a", all) == VAP_E_UNSUPPORTED);
    CHECK_FALSE(tools.cancel(1));
  }

  TEST_CASE("a handler that throws fails the turn, and nothing crosses the border") {
    Bench b;
    b.tools.call("bakery", "stock")
        .on_end([](vap::reply&, const vap::tool_end&) { throw std::runtime_error("not this"); })
        .send(b.reply());
    b.carrier.finish(0, VAP_OK, "twelve");
    CHECK(b.answer().why == "not this");
  }

  TEST_CASE("an agent that goes leaves nothing behind of what never ended") {
    const auto token = std::make_shared<int>(0);
    {
      Bench b;
      const vap::tool_id id =
          b.tools.call("a", "b").on_end([token](const vap::tool_end&) {}).send(b.reply());
      CHECK(token.use_count() == 2);
      CHECK(b.tools.cancel(id));
      CHECK(b.carrier.made.at(0).cancelled);
    }
    CHECK(token.use_count() == 1);
  }
}

}  // namespace
