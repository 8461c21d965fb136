// SPDX-License-Identifier: MIT
//
// functions.hpp - functions that other agents may call, in C++ (vap.tool/1). Include it beside
// vap.hpp, and derive from vap::functions as well:
//
//   struct Bakery : vap::agent, vap::functions {
//     void start() override {
//       offer({"stock", "How many of a thing are left today.",
//              R"({"required":["item"],"properties":{"item":{"type":"string"}}})"},
//             [this](vap::function_call& c) { return left_of(c.argument("item")); });
//     }
//   };
//
// How to call them stands in tool.hpp; the rules of threads and lifetime in vap_tool.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "host.hpp"
#include "json.hpp"
#include "vap.hpp"
#include "vap_tool.h"

namespace vap {

// A call of a function of ours. Moves, never copies: keep it where the answer comes later. One that
// is dropped without an end is in doubt, so that its caller does not wait. [any]
class function_call {
 public:
  function_call() = default;
  function_call(const host& h, const vap_tool_call_t& call)
      : host_(h),
        there_(host_.find<vap_ext_tool_host_t>(VAP_EXT_TOOL)),
        id_(call.id),
        name_(view(call.name)),
        arguments_(view(call.arguments)),
        caller_(view(call.caller)),
        conversation_id_(view(call.conversation_id)),
        turn_id_(view(call.turn_id)) {}
  function_call(function_call&& other) noexcept { *this = std::move(other); }
  function_call& operator=(function_call&& other) noexcept {
    if (this == &other) return *this;
    drop();
    host_ = other.host_;
    there_ = other.there_;
    id_ = std::exchange(other.id_, 0);
    name_ = std::move(other.name_);
    arguments_ = std::move(other.arguments_);
    caller_ = std::move(other.caller_);
    conversation_id_ = std::move(other.conversation_id_);
    turn_id_ = std::move(other.turn_id_);
    return *this;
  }
  ~function_call() { drop(); }

  explicit operator bool() const noexcept { return id_ != 0; }
  std::uint64_t id() const noexcept { return id_; }  // what on_function_cancel names
  const std::string& name() const noexcept { return name_; }
  const std::string& arguments() const noexcept { return arguments_; }  // one JSON object
  const std::string& caller() const noexcept { return caller_; }        // an agent's name
  const std::string& conversation_id() const noexcept { return conversation_id_; }
  const std::string& turn_id() const noexcept { return turn_id_; }
  // An argument, as json_field() has it: call.argument<int>("count").
  template <class T = std::string>
  std::optional<T> argument(std::string_view path) const {
    return json_field<T>(arguments_, path);
  }

  bool cancelled() const noexcept {
    return id_ == 0 || there_ == nullptr || there_->cancelled(host_.abi, id_) != VAP_CANCEL_NONE;
  }
  std::int64_t time_left_ms() const noexcept {
    return id_ != 0 && there_ != nullptr ? there_->time_left_ms(host_.abi, id_) : 0;
  }

  // It was done: text, as a rule JSON. False: nobody heard it, or it is too long, and then the call
  // is still to be ended.
  bool end(std::string_view result) noexcept { return finish(VAP_OK, result, {}); }
  // It was not done: it failed, or (refuse) the arguments are none, for the caller to mend.
  void fail(std::string_view why) noexcept { finish(VAP_E_FAILED, {}, why); }
  void refuse(std::string_view why) noexcept { finish(VAP_E_INVALID, {}, why); }
  // Nobody knows whether it was done.
  void doubt(std::string_view why) noexcept { finish(VAP_E_IN_DOUBT, {}, why); }
  bool finish(vap_status_t status, std::string_view result, std::string_view why) noexcept {
    if (id_ == 0 || there_ == nullptr) return false;
    vap_error_t error{};
    if (status < 0) explain(&error, status, why);
    const vap_status_t told = there_->end(host_.abi, id_, status, str(result), &error);
    if (told != VAP_E_LIMIT) id_ = 0;
    return told >= 0;
  }

 private:
  void drop() noexcept {
    if (id_ != 0) doubt("the call was dropped without an end");
  }

  host host_;
  const vap_ext_tool_host_t* there_ = nullptr;
  std::uint64_t id_ = 0;
  std::string name_, arguments_, caller_, conversation_id_, turn_id_;
};

// What the caller is told of a function. The texts are copied.
struct function_facts {
  std::string name, description;
  std::string parameters = {};  // a JSON schema of an object; empty: it takes none
  bool mutating = false;        // it changes something
};

// Derive from it, beside vap::agent, and offer() in the constructor or in start().
class functions {
 public:
  functions() = default;
  functions(const functions&) = delete;
  functions& operator=(const functions&) = delete;
  virtual ~functions() = default;

  // Nobody waits for that call any more; it is still to be ended. [turn]
  virtual void on_function_cancel(std::uint64_t, vap_cancel_t) {}

 protected:
  // f(function_call&) ends the call, or moves it away to end it later; where it gives text, that is
  // the result. An exception of it leaves the call in doubt: refuse() and fail() say that nothing
  // was done. Calls may come at once. [turn]
  template <class F>
  void offer(function_facts facts, F&& f) {
    all_.push_back({std::move(facts), runner(std::forward<F>(f))});
  }

 private:
  template <class A, class Enabled>
  friend struct further;
  using Run = std::function<void(function_call&)>;
  struct Offered {
    function_facts facts;
    Run run;
  };

  template <class F>
  static Run runner(F&& f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, function_call&>>) {
      return std::forward<F>(f);
    } else {
      return [f = std::decay_t<F>(std::forward<F>(f))](function_call& call) mutable {
        const std::string result = f(call);
        if (call && !call.end(result) && call) call.fail("the result is too long");
      };
    }
  }

  void list(void* ctx, void(VAP_CALL* put)(void*, const vap_tool_t*)) const {
    for (const Offered& each : all_) {
      const vap_tool_t tool{
          sizeof tool, each.facts.mutating ? vap_tool_flags_t{VAP_TOOL_MUTATING} : 0,
          str(each.facts.name), str(each.facts.description), str(each.facts.parameters)};
      put(ctx, &tool);
    }
  }
  vap_status_t run(const host& h, const vap_tool_call_t& abi, vap_error_t* e) const {
    for (const Offered& each : all_) {
      if (each.facts.name != view(abi.name)) continue;
      function_call call(h, abi);
      vap_error_t trouble{};
      if (guarded(&trouble, [&] { each.run(call); }) < 0) {
        h.log(VAP_LOG_ERROR, trouble.message);
        call.finish(trouble.code, {}, trouble.message);
      }
      return VAP_OK;
    }
    return explain(e, VAP_E_NOT_FOUND, "there is no such function");
  }

  std::vector<Offered> all_;
};

// How an agent that derives from functions is shown to the host: see VAP_ENTRY.
template <class A>
struct further<A, std::enable_if_t<std::is_base_of_v<functions, A>>> {
  vap_ext_tool_t tool{list, call, cancel};

  const void* find(std::string_view id) const noexcept {
    return id == VAP_EXT_TOOL ? &tool : nullptr;
  }

 private:
  static const functions& of(vap_agent_t* p) noexcept {
    return static_cast<const A&>(*reinterpret_cast<agent*>(p));
  }
  static vap_status_t VAP_CALL list(vap_agent_t* p, void* ctx,
                                    void(VAP_CALL* put)(void*, const vap_tool_t*),
                                    vap_error_t* e) noexcept {
    return guarded(e, [&] { of(p).list(ctx, put); });
  }
  static vap_status_t VAP_CALL call(vap_agent_t* p, const vap_tool_call_t* call,
                                    vap_error_t* e) noexcept {
    return guarded(e, [&] { return of(p).run(reinterpret_cast<agent*>(p)->host_, *call, e); });
  }
  static void VAP_CALL cancel(vap_agent_t* p, std::uint64_t id, vap_cancel_t why) noexcept {
    agent& self = *reinterpret_cast<agent*>(p);
    vap_error_t error{};
    functions& its = static_cast<A&>(self);
    if (guarded(&error, [&] { its.on_function_cancel(id, why); }) < 0)
      self.host_.log(VAP_LOG_ERROR, error.message);
  }
};

}  // namespace vap
