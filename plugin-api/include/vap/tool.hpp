// SPDX-License-Identifier: MIT
//
// tool.hpp - calls of other agents' functions, in C++ (vap.tool/1). Include it beside vap.hpp:
//
//   struct Shop : vap::agent {
//     using vap::agent::agent;
//     void on_message(vap::turn& t) override {
//       tools.call("bakery", "stock", R"({"item":"baguette"})")
//           .on_end([](vap::reply& r, const vap::tool_end& e) { r.say(e.result); })
//           .send(t.defer());
//     }
//     vap::tools tools{abi()};
//   };
//
// Whom it may call is the operator's: [agents.NAME] may_call. How to offer functions stands in
// functions.hpp; the rules of threads, order and lifetime in vap_tool.h.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flights.hpp"
#include "functions.hpp"
#include "host.hpp"
#include "reply.hpp"
#include "vap_tool.h"

namespace vap {

using tool_id = std::uint64_t;  // 0: none

// How a call ended. Borrowed, as all that handlers are given.
struct tool_end {
  vap_status_t status = VAP_OK;
  bool begun = false;  // the called agent got to know of it
  std::string_view result;
  std::string_view message;  // why status is below 0
  std::chrono::milliseconds whole{0};

  bool ok() const noexcept { return status >= 0; }
  std::string_view why() const noexcept { return message; }
  bool cancelled() const noexcept { return status == VAP_E_CANCELLED; }
  // False also where nobody knows.
  bool surely_not_done() const noexcept {
    if (ok() || status == VAP_E_IN_DOUBT || status == VAP_E_EXCEPTION) return false;
    return !begun || (status != VAP_E_CANCELLED && status != VAP_E_DEADLINE);
  }
};

class tools;

// A call that is being written. [any]
class tool_call {
 public:
  tool_call(tool_call&&) = default;
  tool_call& operator=(tool_call&&) = default;

  tool_call& timeout(std::chrono::milliseconds t) {
    timeout_ = t;
    return *this;
  }
  // It goes on where its turn is cut.
  tool_call& keep() {
    flags_ |= VAP_TOOL_KEEP;
    return *this;
  }
  // f(vap::reply&, const tool_end&), or without the reply: the one that send() was given, else an
  // empty one. Once, and last: also where the host refuses the call, and then before send()
  // returns.
  template <class F>
  tool_call& on_end(F&& f) {
    on_end_ = handler_of<tool_end>(std::forward<F>(f));
    return *this;
  }

  // Makes it, once. With a kept reply: that is ended after on_end, where on_end has left it; as a
  // failure, where the call was no success. With somebody else's reply or turn (of which only the
  // number is taken): of that. With nothing: the agent's own. 0: it was refused.
  tool_id send(reply&& r) {
    const vap_reply_t of = r.id();  // before it moves
    return dispatch(of, std::move(r));
  }
  tool_id send(const speech& of) { return dispatch(of.id(), {}); }
  tool_id send() { return dispatch(0, {}); }

 private:
  friend class tools;
  tool_call(tools& home, std::string_view agent, std::string_view name, std::string_view arguments)
      : home_(&home), agent_(agent), name_(name), arguments_(arguments) {}
  inline tool_id dispatch(vap_reply_t of, reply owned);

  tools* home_;
  std::string agent_, name_, arguments_;
  std::chrono::milliseconds timeout_{0};
  vap_tool_order_flags_t flags_ = 0;
  handler_of<tool_end> on_end_;
};

// The functions of other agents, as one agent has them: a member of the agent, `vap::tools
// tools_{abi()};`. Where the host carries no calls, each is refused with VAP_E_UNSUPPORTED. [any]
class tools {
 public:
  explicit tools(const vap_host_t* h)
      : host_(h), there_(host_.find<vap_ext_tool_host_t>(VAP_EXT_TOOL)) {}
  tools(const tools&) = delete;
  tools& operator=(const tools&) = delete;

  explicit operator bool() const noexcept { return there_ != nullptr; }

  // What that agent offers now. Below 0: see vap_ext_tool_host; *why says it for a person.
  vap_status_t list(std::string_view agent, std::vector<function_facts>& out,
                    std::string* why = nullptr) const {
    out.clear();
    vap_error_t error{};
    const vap_status_t status = there_ ? there_->list(host_.abi, str(agent), &out, take, &error)
                                       : explain(&error, VAP_E_UNSUPPORTED, without);
    if (status < 0 && why) *why = error.message;
    return status;
  }

  tool_call call(std::string_view agent, std::string_view name, std::string_view arguments = "{}") {
    return {*this, agent, name, arguments};
  }
  // True: it was under way, and its on_end comes soon, with VAP_E_CANCELLED.
  bool cancel(tool_id id) const noexcept { return there_ && there_->cancel(host_.abi, id) >= 0; }

 private:
  friend class tool_call;
  static constexpr const char* without = "this host has no vap.tool/1";

  // One call on its way.
  struct flight {
    flight(tool_call&& c, reply&& r) : call(std::move(c)), answer(std::move(r)) {}
    tool_call call;
    reply answer;
    std::uint64_t number = 0;  // ours: known before the host's
    tool_id id = 0;            // the host's: written before its end can come
  };

  static void VAP_CALL take(void* out, const vap_tool_t* tool) noexcept {
    guarded(nullptr, [&] {
      static_cast<std::vector<function_facts>*>(out)->push_back(
          {std::string(view(tool->name)), std::string(view(tool->description)),
           std::string(view(tool->parameters)), (tool->flags & VAP_TOOL_MUTATING) != 0});
    });
  }

  tool_id send(vap_reply_t of, std::unique_ptr<flight> owned) {
    vap_error_t why{};
    vap_status_t status = VAP_E_UNSUPPORTED;
    tool_id id = 0;
    const auto begin = [&](flight& f) {
      const tool_call& call = f.call;
      const auto ms = std::clamp<std::int64_t>(call.timeout_.count(), 0, UINT32_MAX);
      const vap_tool_order_t order{sizeof order,
                                   call.flags_,
                                   str(call.agent_),
                                   str(call.name_),
                                   str(call.arguments_),
                                   static_cast<std::uint32_t>(ms),
                                   0};
      status = there_->call(host_.abi, of, &order, on_end, &f, &f.id, &why);
      id = f.id;
      return status;
    };
    if (there_ != nullptr) {
      owned = flights_.launch(std::move(owned), begin);
    } else {
      explain(&why, status, without);
    }
    if (!owned) return id;
    end(*owned, {status, false, {}, why.message, {}});
    return 0;
  }

  static void VAP_CALL on_end(void* user, const vap_tool_end_t* how) noexcept {
    const flight& lent = *static_cast<flight*>(user);
    tools& home = *lent.call.home_;
    const std::unique_ptr<flight> f = home.flights_.land(lent);
    home.end(*f, {how->status, (how->flags & VAP_TOOL_BEGUN) != 0, view(how->result),
                  view(how->message), std::chrono::milliseconds(how->whole_ms)});
  }

  void end(flight& f, const tool_end& how) noexcept {
    say_last(host_, f.answer, how, f.call.on_end_);
  }

  const host host_;
  const vap_ext_tool_host_t* const there_;
  flights<flight> flights_;
};

inline tool_id tool_call::dispatch(vap_reply_t of, reply owned) {
  tools& home = *home_;
  return home.send(of, std::make_unique<tools::flight>(std::move(*this), std::move(owned)));
}

}  // namespace vap
