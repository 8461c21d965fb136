// SPDX-License-Identifier: MIT
//
// host.hpp - what the host does for an agent, in C++: strings and errors for the border, the host
// and its extensions, the memory of a conversation, tasks. Knows nothing of turns and agents.
// Authors include vap.hpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "vap.h"

namespace vap {

inline vap_str_t str(std::string_view s) noexcept {
  return {s.data(), s.size()};
}
inline std::string_view view(vap_str_t s) noexcept {
  return s.len ? std::string_view(s.ptr, s.len) : std::string_view("");
}

// Fills e, if there is one, and hands the code back.
inline vap_status_t explain(vap_error_t* e, vap_status_t code, std::string_view why) noexcept {
  if (e == nullptr) return code;
  const std::size_t n = std::min(why.size(), sizeof e->message - 1);
  e->code = code;
  std::memcpy(e->message, why.data(), n);
  e->message[n] = '\0';
  return code;
}

// Runs f; an exception becomes a status and never crosses the border. f may say its own status.
template <class F>
vap_status_t guarded(vap_error_t* e, F&& f) noexcept {
  try {
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      return VAP_OK;
    } else {
      return f();
    }
  } catch (const std::exception& x) {
    return explain(e, VAP_E_EXCEPTION, x.what());
  } catch (...) {
    return explain(e, VAP_E_EXCEPTION, "an exception that is no std::exception");
  }
}

// The host as one agent sees it, its extensions (null where it has none) looked up once.
struct host {
  const vap_host_t* abi = nullptr;
  const vap_ext_state_t* state = nullptr;
  const vap_ext_history_t* history = nullptr;
  const vap_ext_journal_t* journal = nullptr;
  const vap_ext_task_t* task = nullptr;
  const vap_ext_call_t* call = nullptr;
  const vap_ext_metrics_t* metrics = nullptr;

  host() = default;
  explicit host(const vap_host_t* h) noexcept
      : abi(h),
        state(find<vap_ext_state_t>(VAP_EXT_STATE)),
        history(find<vap_ext_history_t>(VAP_EXT_HISTORY)),
        journal(find<vap_ext_journal_t>(VAP_EXT_JOURNAL)),
        task(find<vap_ext_task_t>(VAP_EXT_TASK)),
        call(find<vap_ext_call_t>(VAP_EXT_CALL)),
        metrics(find<vap_ext_metrics_t>(VAP_EXT_METRICS)) {}

  template <class Extension>
  const Extension* find(const char* id) const noexcept {
    return static_cast<const Extension*>(abi->get_extension(abi, id));
  }

  void log(vap_log_level_t level, std::string_view text) const noexcept {
    if (abi) abi->log(abi, level, str(text));
  }
};

// What the agent wants to remember of one conversation, across turns and reloads. False, or
// nothing, also where the host has no vap.state/1 or no store, and where the turn was cancelled.
// [any]
class state {
 public:
  struct entry {
    std::optional<std::string> value;
    std::uint64_t rev = 0;  // for compare_and_set; 0: the key is absent
  };

  state(const host* h, vap_reply_t reply) noexcept : host_(h), reply_(reply) {}

  entry read(std::string_view key) const {
    entry found;
    vap_str_t value{};
    if (!there() || host_->state->get(host_->abi, reply_, str(key), &value, &found.rev) < 0)
      return {};
    if (found.rev != 0) found.value = std::string(view(value));
    return found;
  }
  std::optional<std::string> get(std::string_view key) const { return read(key).value; }

  // An empty value removes the key.
  bool put(std::string_view key, std::string_view value) const noexcept {
    return compare_and_set(key, VAP_REV_ANY, value);
  }
  bool erase(std::string_view key) const noexcept { return put(key, {}); }

  // Stores only if nobody has changed the key since it was read with this rev.
  bool compare_and_set(std::string_view key, std::uint64_t rev,
                       std::string_view value) const noexcept {
    return store(key, rev, value) >= 0;
  }

  // Replaces a value by f(value), and again if somebody else was faster:
  // t.state().update("count", [](const std::optional<std::string>& old) { return ...; });
  template <class F>
  bool update(std::string_view key, F&& f) const {
    for (;;) {
      const entry old = read(key);
      const std::string value = f(old.value);
      const vap_status_t status = store(key, old.rev, value);
      if (status != VAP_E_CONFLICT) return status >= 0;
    }
  }

 private:
  bool there() const noexcept { return host_ && host_->state; }
  vap_status_t store(std::string_view key, std::uint64_t rev,
                     std::string_view value) const noexcept {
    if (!there()) return VAP_E_UNSUPPORTED;
    return host_->state->put(host_->abi, reply_, str(key), str(value), rev);
  }

  const host* host_;
  vap_reply_t reply_;
};

using task_id = std::uint64_t;

// Callables on their way through the host's vap.task/1. It owns each until it has run, was
// cancelled or the agent goes, so nothing leaks, whatever the host does with the number. [any]
class task_list {
 public:
  task_list() = default;
  task_list(const task_list&) = delete;
  task_list& operator=(const task_list&) = delete;

  template <class F>
  task_id post(const host& h, std::chrono::milliseconds delay, F&& f) {
    if (!h.task) return 0;
    auto owned = std::make_unique<task_of<std::decay_t<F>>>(std::decay_t<F>(std::forward<F>(f)));
    owned->home = this;
    owned->on = &h;
    const auto ms = std::clamp<std::int64_t>(delay.count(), 0, UINT32_MAX);

    std::unique_ptr<task> gone;  // destroyed after the lock: what it captured may call back
    const std::lock_guard<std::mutex> lock(mutex_);  // run() waits for it, and finds a whole task
    const task_id id = owned->id = ++last_id_;
    task* const user = tasks_.emplace(id, std::move(owned)).first->second.get();
    const vap_status_t status =
        h.task->post(h.abi, static_cast<std::uint32_t>(ms), run, user, &user->host_id);
    if (status >= 0) return id;
    gone = extract(id);
    return 0;
  }

  // True: it will not run. False: it has run, is running, or never was.
  bool cancel(const host& h, task_id id) {
    std::unique_ptr<task> gone;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = tasks_.find(id);
    if (found == tasks_.end()) return false;
    if (h.task->cancel(h.abi, found->second->host_id) != VAP_OK) return false;
    gone = extract(id);
    return true;
  }

  void drop_all() noexcept {
    std::map<task_id, std::unique_ptr<task>> gone;
    const std::lock_guard<std::mutex> lock(mutex_);
    gone.swap(tasks_);
  }

 private:
  struct task {
    virtual ~task() = default;
    virtual void call() = 0;
    task_list* home = nullptr;
    const host* on = nullptr;
    task_id id = 0;  // ours: known before the host's
    std::uint64_t host_id = 0;
  };
  template <class F>
  struct task_of final : task {
    explicit task_of(F&& callable) : f(std::move(callable)) {}
    void call() override { f(); }
    F f;
  };

  static void VAP_CALL run(void* user) noexcept {
    const auto* const it = static_cast<const task*>(user);
    const auto mine = it->home->take(it->id);
    vap_error_t error{};
    if (guarded(&error, [&] { mine->call(); }) < 0) mine->on->log(VAP_LOG_ERROR, error.message);
  }

  std::unique_ptr<task> take(task_id id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return extract(id);
  }
  std::unique_ptr<task> extract(task_id id) { return std::move(tasks_.extract(id).mapped()); }

  std::mutex mutex_;
  task_id last_id_ = 0;
  std::map<task_id, std::unique_ptr<task>> tasks_;
};

}  // namespace vap
