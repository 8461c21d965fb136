// SPDX-License-Identifier: MIT
//
// flights.hpp - what an agent has on its way, of http.hpp and tool.hpp alike: requests, and calls
// of other agents' functions. They include it; a plugin needs it for nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include "host.hpp"
#include "reply.hpp"

namespace vap {

// A callable that may be of one owner only, and may or may not care for the reply.
template <class What>
class handler_of {
 public:
  handler_of() = default;
  template <class F>
  explicit handler_of(F&& f)
      : made_(std::make_unique<made_of<std::decay_t<F>>>(std::forward<F>(f))) {}
  explicit operator bool() const noexcept { return made_ != nullptr; }
  void operator()(reply& r, const What& what) { made_->call(r, what); }

 private:
  struct made {
    virtual ~made() = default;
    virtual void call(reply&, const What&) = 0;
  };
  template <class F>
  struct made_of final : made {
    explicit made_of(const F& callable) : f(callable) {}
    explicit made_of(F&& callable) : f(std::move(callable)) {}
    void call(reply& r, const What& what) override {
      if constexpr (std::is_invocable_v<F&, reply&, const What&>) {
        f(r, what);
      } else {
        f(what);
      }
    }
    F f;
  };
  std::unique_ptr<made> made_;
};

// Each is owned here until its end, so nothing leaks, whatever the host does. A Flight has a
// `number`, which is known before the host's. [any]
template <class Flight>
class flights {
 public:
  // Begins it with begin(flight), which gives the host's status. Below 0 the flight comes back;
  // else nothing does, and it may be over by then. An end that comes meanwhile waits, and finds it
  // whole.
  template <class Begin>
  std::unique_ptr<Flight> launch(std::unique_ptr<Flight> owned, Begin&& begin) {
    Flight& flight = *owned;
    const std::lock_guard<std::mutex> lock(mutex_);
    flight.number = ++last_number_;
    open_.emplace(flight.number, std::move(owned));
    return begin(flight) < 0 ? extract(flight.number) : nullptr;
  }

  // It is over, and nobody else's any more.
  std::unique_ptr<Flight> land(const Flight& flight) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return extract(flight.number);
  }

 private:
  std::unique_ptr<Flight> extract(std::uint64_t number) {
    return std::move(open_.extract(number).mapped());
  }

  std::mutex mutex_;  // guards everything below
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Flight>> open_;
};

// The last word on an answer that waited for something: on_end's, and then its end, where on_end
// has left that.
template <class End>
void say_last(const host& h, reply& answer, const End& how, handler_of<End>& on_end) noexcept {
  vap_error_t error{};
  const vap_status_t status = guarded(&error, [&] {
    if (on_end) on_end(answer, how);
    if (!answer) return;
    if (how.ok()) {
      answer.end();
    } else {
      answer.fail(how.why());
    }
  });
  if (status >= 0) return;
  h.log(VAP_LOG_ERROR, error.message);
  if (answer) answer.fail(error.message);
}

}  // namespace vap
