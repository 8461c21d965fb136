// SPDX-License-Identifier: MIT
//
// vap.hpp - the C++17 face of vap.h. Header only; an agent is a class with one method:
//
//   #include <vap/vap.hpp>
//
//   struct Echo : vap::agent {
//     void on_message(vap::turn& t) override { t.say("You said: "), t.say(t.text()); }
//   };
//   VAP_AGENT(Echo, R"({"id":"com.example.echo","name":"Echo","version":"1.0.0"})")
//
// Exceptions never leave a plugin: one that escapes a method below is a failed turn, create or
// self-test, with what() in the host's log. Threads and lifetimes are those of vap.h.
// Nothing here has a static of vague linkage: g++ would mark it STB_GNU_UNIQUE, and the version
// before a reload would share it with the version after.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "host.hpp"
#include "json.hpp"
#include "reply.hpp"
#include "vap.h"

namespace vap {

template <class A>
struct glue;
template <class A, class = void>
struct further;

// One event and its answer. All that it hands out dies when the method it was given to returns:
// copy what a task or thread shall keep. [turn]
class turn : public speech {
 public:
  turn(const host* h, const vap_turn_t& abi, vap_reply_t id) noexcept : speech(h, id), abi_(abi) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  std::string_view event() const noexcept { return view(abi_.event); }  // eg: "message"
  std::string_view text() const noexcept { return view(abi_.text); }    // what the caller said
  std::string_view json() const noexcept { return view(abi_.json); }    // the whole event
  std::string_view conversation_id() const noexcept { return view(abi_.conversation_id); }
  std::string_view session_id() const noexcept { return view(abi_.session_id); }
  std::string_view turn_id() const noexcept { return view(abi_.turn_id); }

  // Answer later, from any thread: the turn goes on until the reply is ended. Call it once.
  [[nodiscard]] reply defer() noexcept {
    deferred_ = true;
    return {host_, id_};
  }

  // Silent on purpose: there is nothing to say to this, and nobody need say it in your place.
  void pass() noexcept { passed_ = true; }

  // The turn failed: the caller hears the fallback line, the log says why.
  void fail(std::string_view why) {
    failed_ = true;
    why_ = why;
  }

 private:
  template <class A>
  friend struct glue;

  vap_status_t outcome(vap_error_t* e) const noexcept {
    if (failed_) return explain(e, VAP_E_FAILED, why_);
    if (deferred_) return VAP_ASYNC;
    return passed_ ? VAP_PASS : VAP_OK;
  }

  const vap_turn_t& abi_;
  bool deferred_ = false;
  bool passed_ = false;
  bool failed_ = false;
  std::string why_;
};

enum class level : vap_log_level_t {
  debug = VAP_LOG_DEBUG,
  info = VAP_LOG_INFO,
  warn = VAP_LOG_WARN,
  error = VAP_LOG_ERROR
};

// What create() was given: lives until it returns.
struct creation {
  const vap_host_t* host;
  const vap_config_t* config;
};

// One configured agent. Derive from it, override on_message and whatever else you want to hear.
// Turns of different conversations run at once: a member that they share needs a lock.
//
// config(), log() and all that asks the host work from start() on. To have them in the constructor
// too, even for the first member, write `using vap::agent::agent;` into the class.
class agent {
 public:
  agent() = default;
  explicit agent(const creation& c) { settle(c); }
  agent(const agent&) = delete;
  agent& operator=(const agent&) = delete;
  virtual ~agent() = default;

  // After the constructor, before the first turn; may block. Throw to refuse. [control]
  virtual void start() {}
  // Before the destructor, when no turn is left, and after a start() that threw: join your threads
  // here or there. [control]
  virtual void stop() {}

  virtual void on_message(turn&) = 0;       // the caller said t.text() [turn]
  virtual void on_session_start(turn&) {}   // a caller is there: speak first, if you like [turn]
  virtual void on_data(turn&) {}            // the screen sent t.json(): answer with data() [turn]
  virtual void on_session_update(turn&) {}  // nobody listens [turn]
  virtual void on_session_end(turn&) {}     // nobody listens [turn]
  virtual void on_event(turn&) {}           // every other, a start without a turn_id too [turn]

  // The host asks for these only where you override them.
  virtual void on_cancel(vap_reply_t, vap_cancel_t) {}  // vap.cancel/1; the number is t.id() [turn]
  virtual void selftest() {}                            // vap.selftest/1; throw: unfit [control]
  virtual std::string save() { return {}; }             // vap.handover/1, the old version [control]
  virtual void load(std::string_view from_version, std::string_view bytes) {  // the new [control]
    (void)from_version, (void)bytes;  // throw to refuse: the old version goes on serving
  }

 protected:
  std::string_view config() const noexcept { return config_; }      // one JSON object
  std::string_view agent_id() const noexcept { return agent_id_; }  // as the manifest names it
  std::string_view route() const noexcept { return route_; }

  // All of these: [any]
  void log(level l, std::string_view text) const noexcept {
    host_.log(static_cast<vap_log_level_t>(l), text);
  }
  void count(std::string_view name, std::int64_t add = 1) const noexcept {
    if (host_.metrics) host_.metrics->count(host_.abi, str(name), add);
  }
  void observe(std::string_view name, double value) const noexcept {
    if (host_.metrics) host_.metrics->observe(host_.abi, str(name), value);
  }

  // Runs f() once, on a thread of the host's. 0: refused, and f is gone.
  template <class F>
  task_id after(std::chrono::milliseconds delay, F&& f) {
    return tasks_.post(host_, delay, std::forward<F>(f));
  }
  // Runs f(reply&), then ends the reply if f has left it: after(2s, t.defer(), [](vap::reply& r) {
  // r.say("Here you are."); }). Where f throws, the turn has failed.
  template <class F>
  task_id after(std::chrono::milliseconds delay, reply r, F&& f) {
    return after(delay, [r = std::move(r), f = std::decay_t<F>(std::forward<F>(f))]() mutable {
      vap_error_t error{};
      if (guarded(&error, [&] { f(r); }) < 0) {
        r.fail(error.message);
      } else {
        r.end();
      }
    });
  }
  // True: it will not run, and what it captured is gone.
  bool cancel_task(task_id id) { return tasks_.cancel(host_, id); }

  // The C side of it all, for extensions that have no method here (null: the host has none).
  const vap_host_t* abi() const noexcept { return host_.abi; }
  template <class Extension>
  const Extension* extension(const char* id) const noexcept {
    return host_.abi ? host_.find<Extension>(id) : nullptr;
  }

 private:
  template <class A>
  friend struct glue;
  template <class A, class>
  friend struct further;

  void settle(const creation& c) {
    host_ = vap::host(c.host);
    config_ = view(c.config->json);
    agent_id_ = view(c.config->agent_id);
    route_ = view(c.config->route);
  }

  vap::host host_;
  std::string config_, agent_id_, route_;
  task_list tasks_;
};

// Did A override this virtual? One that cannot be named from here is private, so it did.
template <class A, class = void>
struct hears_cancel : std::true_type {};
template <class A>
struct hears_cancel<A, std::enable_if_t<std::is_same_v<decltype(&A::on_cancel),  //
                                                       decltype(&agent::on_cancel)>>>
    : std::false_type {};

template <class A, class = void>
struct tests_itself : std::true_type {};
template <class A>
struct tests_itself<A, std::enable_if_t<std::is_same_v<decltype(&A::selftest),  //
                                                       decltype(&agent::selftest)>>>
    : std::false_type {};

template <class A, class = void>
struct hands_over : std::true_type {};
template <class A>
struct hands_over<A, std::enable_if_t<std::is_same_v<decltype(&A::save), decltype(&agent::save)> &&
                                      std::is_same_v<decltype(&A::load), decltype(&agent::load)>>>
    : std::false_type {};

// What A offers besides, by headers that know of it: see tool.hpp.
template <class A, class>
struct further {
  const void* find(std::string_view) const noexcept { return nullptr; }
};

// What the host is shown. VAP_ENTRY makes one, as a constant of the author's own file.
template <class A>
struct tables {
  vap_plugin_t plugin;
  vap_ext_cancel_t cancel;
  vap_ext_selftest_t selftest;
  vap_ext_handover_t handover;
  further<A> more;
};

// The C functions of one agent class: each checks in at the border, none lets an exception out.
template <class A>
struct glue {
  static_assert(std::is_convertible_v<A*, agent*>, "an agent derives publicly from vap::agent");

  using get_extension_t = const void*(VAP_CALL*)(const char*) noexcept;
  static constexpr tables<A> make_tables(get_extension_t get_extension) noexcept {
    return {{sizeof(vap_plugin_t), VAP_ABI_MINOR, create, destroy, on_turn, get_extension},
            {on_cancel},
            {selftest},
            {save, load},
            {}};
  }

  static const void* find_extension(const tables<A>& all, std::string_view id) noexcept {
    if (hears_cancel<A>() && id == VAP_EXT_CANCEL) return &all.cancel;
    if (tests_itself<A>() && id == VAP_EXT_SELFTEST) return &all.selftest;
    if (hands_over<A>() && id == VAP_EXT_HANDOVER) return &all.handover;
    return all.more.find(id);
  }

 private:
  static agent& self(vap_agent_t* a) noexcept { return *reinterpret_cast<agent*>(a); }

  static std::unique_ptr<agent> make(const creation& c) {
    if constexpr (std::is_constructible_v<A, const creation&>) {
      return std::make_unique<A>(c);
    } else {
      std::unique_ptr<agent> a = std::make_unique<A>();
      a->settle(c);
      return a;
    }
  }

  static vap_status_t VAP_CALL create(const vap_host_t* h, const vap_config_t* c, vap_agent_t** out,
                                      vap_error_t* e) noexcept {
    return guarded(e, [&] {
      auto a = make({h, c});
      try {
        a->start();
      } catch (...) {
        contain(*a, [&] { a->stop(); });
        throw;
      }
      *out = reinterpret_cast<vap_agent_t*>(a.release());
    });
  }

  static void VAP_CALL destroy(vap_agent_t* p) noexcept {
    const std::unique_ptr<agent> a(&self(p));
    contain(*a, [&] { a->stop(); });
    a->tasks_.drop_all();  // what they captured may still need the whole agent
  }

  static vap_status_t VAP_CALL on_turn(vap_agent_t* p, const vap_turn_t* abi, vap_reply_t r,
                                       vap_error_t* e) noexcept {
    return guarded(e, [&] {
      turn t(&self(p).host_, *abi, r);
      dispatch(self(p), t);
      return t.outcome(e);
    });
  }

  static void dispatch(agent& a, turn& t) {
    const std::string_view event = t.event();
    if (event == "message") return a.on_message(t);
    // Without a turn it is only a notice, beside the session.start that has one: no welcome is due.
    if (event == "session.start" && !t.turn_id().empty()) return a.on_session_start(t);
    if (event == "data") return a.on_data(t);
    if (event == "session.update") return a.on_session_update(t);
    if (event == "session.end") return a.on_session_end(t);
    a.on_event(t);
  }

  static void VAP_CALL on_cancel(vap_agent_t* p, vap_reply_t r, vap_cancel_t why) noexcept {
    contain(self(p), [&] { self(p).on_cancel(r, why); });
  }

  static vap_status_t VAP_CALL selftest(vap_agent_t* p, vap_error_t* e) noexcept {
    return guarded(e, [&] { self(p).selftest(); });
  }

  static vap_status_t VAP_CALL save(vap_agent_t* p, void* ctx,
                                    void(VAP_CALL* put)(void*, vap_str_t)) noexcept {
    return contain(self(p), [&] { put(ctx, str(self(p).save())); });
  }

  static vap_status_t VAP_CALL load(vap_agent_t* p, vap_str_t from_version, vap_str_t bytes,
                                    vap_error_t* e) noexcept {
    return guarded(e, [&] { self(p).load(view(from_version), view(bytes)); });
  }

  // For calls that cannot tell the host why they failed: the log does.
  template <class F>
  static vap_status_t contain(const agent& a, F&& f) noexcept {
    vap_error_t error{};
    const vap_status_t status = guarded(&error, std::forward<F>(f));
    if (status < 0) a.host_.log(VAP_LOG_ERROR, error.message);
    return status;
  }
};

}  // namespace vap

// The entry of a plugin whose manifest is a file (vap_add_plugin(... MANIFEST file.json)).
#define VAP_ENTRY(Class)                                                                        \
  static const void* VAP_CALL vap_get_extension_(const char* id) noexcept;                      \
  static constexpr vap::tables vap_tables_ = vap::glue<Class>::make_tables(vap_get_extension_); \
  static const void* VAP_CALL vap_get_extension_(const char* id) noexcept {                     \
    return vap::glue<Class>::find_extension(vap_tables_, id);                                   \
  }                                                                                             \
  extern "C" VAP_EXPORT const vap_plugin_t* VAP_CALL vap_plugin_v1() noexcept {                 \
    return &vap_tables_.plugin;                                                                 \
  }

// The same with the manifest in place, as a string literal.
#define VAP_AGENT(Class, manifest_json) \
  extern "C" {                          \
  VAP_IDENT(manifest_json);             \
  }                                     \
  VAP_ENTRY(Class)
