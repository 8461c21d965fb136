// SPDX-License-Identifier: MIT
//
// toy_host.h - a host in memory, so that the ABI is proven without the real one. No sockets, no
// clock: a task runs when the test says so, a deadline never comes by itself.
#pragma once

#include <vap/vap.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace abi {

inline std::string_view view(vap_str_t s) {
  return {s.len ? s.ptr : "", s.len};
}
inline vap_str_t str(std::string_view s) {
  return {s.data(), s.size()};
}

struct Event {
  std::string type, text, conversation, json, turn_id;
};

// What became of one reply.
struct Answer {
  std::string said;
  std::vector<std::string> data;
  vap_status_t status = VAP_OK;  // what on_turn or end() said
  std::string why;               // the error's text, where there was one
  bool ended = false;
  bool hung_up = false;
};

// What vap.history/1 tells of one line.
struct ToldLine {
  vap_role_t role;
  std::string text;
  vap_line_flags_t flags = 0;
  std::string turn_id = {};
};

class ToyHost {
 public:
  ToyHost() {
    box_.api = {
        sizeof(vap_host_t), VAP_ABI_MINOR, str("toy"), str("0"), get_extension, log, say, data, end,
        cancelled,          time_left_ms};
    box_.home = this;
  }
  ToyHost(const ToyHost&) = delete;

  const vap_host_t* abi() const { return &box_.api; }

  // One whole turn. Runs posted tasks while a kept reply is open; gives up after 10 s.
  Answer turn(const vap_plugin_t& plugin, vap_agent_t* agent, const Event& event) {
    const vap_reply_t reply = open(event.conversation);
    const vap_status_t status = call(plugin, agent, event, reply);
    if (status != VAP_ASYNC) finish(reply, status);
    for (int i = 0; i < 1000 && !wait_for_end(reply); ++i) run_tasks();
    const std::lock_guard<std::mutex> lock(mutex_);
    return replies_.at(reply).answer;
  }

  // The same in steps, for a test that acts in between.
  vap_reply_t open(const std::string& conversation = "conv_1") {
    const std::lock_guard<std::mutex> lock(mutex_);
    const vap_reply_t reply = ++last_reply_ << 32 | 1;
    replies_[reply].conversation = conversation;
    replies_[reply].event = "message";  // until call() says otherwise
    return reply;
  }

  // What on_turn returns. The turn's memory is overwritten afterwards: nobody may have kept it.
  vap_status_t call(const vap_plugin_t& plugin, vap_agent_t* agent, Event event,
                    vap_reply_t reply) {
    std::string session = "sess_1";
    vap_turn_t turn{sizeof turn,
                    0,
                    str(event.type),
                    str(event.conversation),
                    str(session),
                    str(event.turn_id),
                    str(event.text),
                    str(event.json),
                    30000};
    vap_error_t error{};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      replies_.at(reply).event = event.type;
    }
    const vap_status_t status = plugin.on_turn(agent, &turn, reply, &error);
    for (auto* s :
         {&event.type, &event.text, &event.conversation, &event.json, &event.turn_id, &session})
      s->assign(s->size(), '\xA5');
    std::memset(static_cast<void*>(&turn), 0xA5, sizeof turn);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status < 0) replies_.at(reply).answer.why = error.message;
    return status;
  }

  void finish(vap_reply_t reply, vap_status_t status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Reply& r = replies_.at(reply);
    if (!r.answer.ended) r.answer.status = status;
    r.answer.ended = true;
  }

  void cancel(vap_reply_t reply, vap_cancel_t why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    replies_.at(reply).cancelled = why;
  }

  Answer answer(vap_reply_t reply) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return replies_.at(reply).answer;
  }

  // Runs what is posted now, on a thread of its own.
  void run_tasks() {
    std::map<uint64_t, Task> due;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      due.swap(tasks_);
    }
    std::thread([&] {
      for (const auto& [id, task] : due) task.fn(task.user);
    }).join();
  }
  void drop_tasks() {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks_.clear();
  }
  std::size_t tasks() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return tasks_.size();
  }

  std::vector<std::string> hidden;             // extensions that this host does not have
  std::map<std::string, const void*> further;  // extensions that a test brings
  std::deque<ToldLine> told;         // the history, the same of every conversation; stays put
  bool interrupts_steps = false;     // the caller speaks again while a step runs
  bool dies_in_steps = false;        // the host does, before it has written that one is finished
  vap_status_t journal_is = VAP_OK;  // below 0: what the whole journal answers, eg. without a store
  std::map<std::string, double> metrics;
  std::vector<std::string> logged;
  uint32_t last_delay_ms = 0;
  bool refuse_tasks = false;

 private:
  struct Box {
    vap_host_t api;  // first: the plugin hands back its address
    ToyHost* home;
  };
  struct Reply {
    std::string conversation, event;
    Answer answer;
    vap_cancel_t cancelled = VAP_CANCEL_NONE;
    std::deque<std::string> lent;  // what state get() and journal begin() gave, until the end
    std::deque<vap_line_t> lines;  // what history read() gave, and the pointers to it
    std::deque<std::vector<const vap_line_t*>> pointers;
  };
  struct Step {
    vap_reply_t holder = 0;  // 0: finished
    std::string result;
  };
  struct Value {
    std::string bytes;
    uint64_t rev = 0;
  };
  struct Task {
    void (*fn)(void*);
    void* user;
  };

  static ToyHost& self(const vap_host_t* h) { return *reinterpret_cast<const Box*>(h)->home; }

  bool wait_for_end(vap_reply_t reply) {
    std::unique_lock<std::mutex> lock(mutex_);
    return ended_.wait_for(lock, std::chrono::milliseconds(10),
                           [&] { return replies_.at(reply).answer.ended; });
  }

  // The open reply of that number, or null. Call it locked.
  Reply* find(vap_reply_t reply, vap_status_t& wrong) {
    const auto found = replies_.find(reply);
    wrong = found == replies_.end() || found->second.answer.ended ? VAP_E_ENDED
            : found->second.cancelled != VAP_CANCEL_NONE          ? VAP_E_CANCELLED
                                                                  : VAP_OK;
    return wrong == VAP_E_ENDED ? nullptr : &found->second;
  }

  static vap_status_t VAP_CALL say(const vap_host_t* h, vap_reply_t reply, vap_str_t text,
                                   vap_emit_flags_t) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t status;
    Reply* const r = me.find(reply, status);
    if (status != VAP_OK) return status;
    if (text.len > 1 << 20) return VAP_E_LIMIT;
    if (r->event != "message" && r->event != "session.start") return VAP_E_UNSUPPORTED;
    r->answer.said += view(text);
    return VAP_OK;
  }

  static vap_status_t VAP_CALL data(const vap_host_t* h, vap_reply_t reply, vap_str_t json,
                                    vap_emit_flags_t) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t status;
    Reply* const r = me.find(reply, status);
    if (status == VAP_OK) r->answer.data.emplace_back(view(json));
    return status;
  }

  static vap_status_t VAP_CALL end(const vap_host_t* h, vap_reply_t reply, vap_status_t status,
                                   const vap_error_t* error) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t wrong;
    Reply* const r = me.find(reply, wrong);
    if (!r) return wrong;
    r->answer.status = status;
    if (error) r->answer.why = error->message;
    r->answer.ended = true;
    me.ended_.notify_all();
    return VAP_OK;
  }

  static vap_cancel_t VAP_CALL cancelled(const vap_host_t* h, vap_reply_t reply) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t status;
    const Reply* const r = me.find(reply, status);
    return r ? r->cancelled : vap_cancel_t{VAP_CANCEL_HANGUP};
  }

  static int64_t VAP_CALL time_left_ms(const vap_host_t* h, vap_reply_t reply) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t status;
    me.find(reply, status);
    return status == VAP_OK ? 30000 : 0;
  }

  static void VAP_CALL log(const vap_host_t* h, vap_log_level_t, vap_str_t text) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    me.logged.emplace_back(view(text));
  }

  static vap_status_t VAP_CALL state_get(const vap_host_t* h, vap_reply_t reply, vap_str_t key,
                                         vap_str_t* out, uint64_t* rev) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    *out = str("");
    if (rev) *rev = 0;
    vap_status_t wrong;
    Reply* const r = me.find(reply, wrong);
    if (!r) return wrong;
    const auto& values = me.state_[r->conversation];
    const auto found = values.find(std::string(view(key)));
    if (found == values.end()) return VAP_E_NOT_FOUND;
    *out = str(r->lent.emplace_back(found->second.bytes));
    if (rev) *rev = found->second.rev;
    return VAP_OK;
  }

  static vap_status_t VAP_CALL state_put(const vap_host_t* h, vap_reply_t reply, vap_str_t key,
                                         vap_str_t value, uint64_t rev) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t status;
    Reply* const r = me.find(reply, status);
    if (status != VAP_OK) return status;
    if (key.len > 256 || value.len > 65536) return VAP_E_LIMIT;
    auto& values = me.state_[r->conversation];
    const std::string name(view(key));
    const auto found = values.find(name);
    const uint64_t old = found == values.end() ? 0 : found->second.rev;
    if (rev != VAP_REV_ANY && rev != old) return VAP_E_CONFLICT;
    if (value.len == 0) {
      values.erase(name);
    } else {
      values[name] = {std::string(view(value)), ++me.last_rev_};
    }
    return VAP_OK;
  }

  static vap_status_t VAP_CALL read(const vap_host_t* h, vap_reply_t reply, size_t most,
                                    size_t most_bytes, const vap_line_t* const** out,
                                    size_t* count) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    *out = nullptr;
    *count = 0;
    vap_status_t wrong;
    Reply* const r = me.find(reply, wrong);
    if (!r) return wrong;
    std::size_t first = me.told.size(), bytes = 0;
    while (first > 0 && (most == 0 || me.told.size() - first < most)) {
      bytes += me.told[first - 1].text.size();
      if (most_bytes != 0 && bytes > most_bytes) break;
      --first;
    }
    auto& pointers = r->pointers.emplace_back();
    for (; first < me.told.size(); ++first) {
      const ToldLine& line = me.told[first];
      pointers.push_back(&r->lines.emplace_back(vap_line_t{
          sizeof(vap_line_t), line.flags, line.role, 0, str(line.text), str(line.turn_id), 1000}));
    }
    *out = pointers.data();
    *count = pointers.size();
    return VAP_OK;
  }

  static vap_status_t VAP_CALL begin_step(const vap_host_t* h, vap_reply_t reply, vap_str_t key,
                                          vap_str_t* out) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    *out = str("");
    vap_status_t status;
    Reply* const r = me.find(reply, status);
    if (status != VAP_OK) return status;
    if (me.journal_is < 0) return me.journal_is;
    const auto [at, is_new] =
        me.steps_[r->conversation].try_emplace(std::string(view(key)), Step{reply, ""});
    if (is_new && me.interrupts_steps) r->cancelled = VAP_CANCEL_BARGE_IN;
    if (is_new) return VAP_E_NOT_FOUND;
    Step& step = at->second;
    if (step.holder == 0) {
      *out = str(r->lent.emplace_back(step.result));
      return VAP_OK;
    }
    if (!me.replies_.at(step.holder).answer.ended) return VAP_E_AGAIN;
    step.holder = reply;
    return VAP_E_IN_DOUBT;
  }

  static vap_status_t VAP_CALL finish_step(const vap_host_t* h, vap_reply_t reply, vap_str_t key,
                                           vap_str_t result) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t wrong;
    Reply* const r = me.find(reply, wrong);
    if (!r) return wrong;
    if (result.len > 65536) return VAP_E_LIMIT;
    if (me.dies_in_steps) return VAP_E_UNAVAILABLE;
    const auto at = me.steps_[r->conversation].find(std::string(view(key)));
    if (at == me.steps_[r->conversation].end()) return VAP_E_NOT_FOUND;
    if (at->second.holder != reply) return VAP_E_CONFLICT;
    at->second = {0, std::string(view(result))};
    return me.journal_is;
  }

  static vap_status_t VAP_CALL drop_step(const vap_host_t* h, vap_reply_t reply,
                                         vap_str_t key) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t wrong;
    Reply* const r = me.find(reply, wrong);
    if (!r) return wrong;
    auto& steps = me.steps_[r->conversation];
    const auto at = steps.find(std::string(view(key)));
    if (at == steps.end()) return VAP_E_NOT_FOUND;
    if (at->second.holder != reply) return VAP_E_CONFLICT;
    steps.erase(at);
    return VAP_OK;
  }

  static vap_status_t VAP_CALL post(const vap_host_t* h, uint32_t delay_ms, void (*fn)(void*),
                                    void* user, uint64_t* id) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    if (me.refuse_tasks) return VAP_E_LIMIT;
    me.last_delay_ms = delay_ms;
    me.tasks_[++me.last_task_] = {fn, user};
    if (id) *id = me.last_task_;
    return VAP_OK;
  }

  static vap_status_t VAP_CALL cancel_task(const vap_host_t* h, uint64_t id) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    return me.tasks_.erase(id) ? VAP_OK : VAP_E_NOT_FOUND;
  }

  static vap_status_t VAP_CALL hangup(const vap_host_t* h, vap_reply_t reply) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    vap_status_t status;
    Reply* const r = me.find(reply, status);
    if (status == VAP_OK) r->answer.hung_up = true;
    return status;
  }

  static void VAP_CALL count(const vap_host_t* h, vap_str_t name, int64_t add) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    me.metrics[std::string(view(name))] += static_cast<double>(add);
  }

  static void VAP_CALL observe(const vap_host_t* h, vap_str_t name, double value) noexcept {
    ToyHost& me = self(h);
    const std::lock_guard<std::mutex> lock(me.mutex_);
    me.metrics[std::string(view(name))] = value;
  }

  static const void* VAP_CALL get_extension(const vap_host_t* h, const char* id) noexcept {
    static const vap_ext_state_t state = {state_get, state_put};
    static const vap_ext_history_t history = {read};
    static const vap_ext_journal_t journal = {begin_step, finish_step, drop_step};
    static const vap_ext_task_t task = {post, cancel_task};
    static const vap_ext_call_t call = {hangup};
    static const vap_ext_metrics_t metrics_of = {count, observe};
    for (const std::string& name : self(h).hidden)
      if (name == id) return nullptr;
    if (const auto found = self(h).further.find(id); found != self(h).further.end())
      return found->second;
    const std::string_view wanted = id;
    if (wanted == VAP_EXT_STATE) return &state;
    if (wanted == VAP_EXT_HISTORY) return &history;
    if (wanted == VAP_EXT_JOURNAL) return &journal;
    if (wanted == VAP_EXT_TASK) return &task;
    if (wanted == VAP_EXT_CALL) return &call;
    if (wanted == VAP_EXT_METRICS) return &metrics_of;
    return nullptr;
  }

  Box box_{};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<vap_reply_t, Reply> replies_;
  std::map<std::string, std::map<std::string, Value>> state_;
  std::map<std::string, std::map<std::string, Step>> steps_;
  std::map<uint64_t, Task> tasks_;
  uint64_t last_reply_ = 0, last_rev_ = 0, last_task_ = 0;
};

}  // namespace abi
