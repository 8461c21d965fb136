// SPDX-License-Identifier: MIT
//
// reply.hpp - the open answer to a turn, in C++: what one can say into it, and what it remembers of
// its conversation. Authors include vap.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "history.hpp"
#include "host.hpp"
#include "journal.hpp"
#include "vap.h"

namespace vap {

// What a turn and a kept reply have in common: one open answer to speak into. [any]
class speech {
 public:
  // False: stop, nothing was sent. The caller is gone or spoke again, the time is over, this event
  // has no listener, or the host refused the text. Both wait while the listener is slow.
  bool say(std::string_view text) const noexcept { return send_text(text, 0) >= 0; }
  bool data(std::string_view json) const noexcept { return send_json(json, 0) >= 0; }

  // The same without waiting: VAP_E_AGAIN while the listener is slow.
  vap_status_t try_say(std::string_view text) const noexcept { return send_text(text, VAP_NOWAIT); }
  vap_status_t try_data(std::string_view json) const noexcept {
    return send_json(json, VAP_NOWAIT);
  }

  bool cancelled() const noexcept { return cancel_reason() != VAP_CANCEL_NONE; }
  vap_cancel_t cancel_reason() const noexcept {
    return id_ ? host_->abi->cancelled(host_->abi, id_) : vap_cancel_t{VAP_CANCEL_HANGUP};
  }
  std::int64_t time_left_ms() const noexcept {
    return id_ ? host_->abi->time_left_ms(host_->abi, id_) : 0;
  }

  // Hangs up once everything said so far has been heard. False where the host cannot.
  bool hangup() const noexcept {
    return id_ && host_->call && host_->call->hangup(host_->abi, id_) >= 0;
  }

  // What the host remembers: values of your own, the talk, the steps that must run once.
  vap::state state() const noexcept { return {id_ ? host_ : nullptr, id_}; }
  vap::history history(std::size_t most = 0, std::size_t most_bytes = 0) const {
    return {id_ ? host_ : nullptr, id_, most, most_bytes};
  }
  vap::journal journal() const noexcept { return {id_ ? host_ : nullptr, id_}; }
  // Runs f() unless this conversation has done so under this key already: t.once("order", [&] {
  // return shop.place(order); }). More in journal.hpp; ask() is for a step in doubt.
  template <class F>
  step once(std::string_view key, F&& f) const {
    return journal().once(key, std::forward<F>(f));
  }
  template <class F, class Ask>
  step once(std::string_view key, F&& f, Ask&& ask) const {
    return journal().once(key, std::forward<F>(f), std::forward<Ask>(ask));
  }

  vap_reply_t id() const noexcept { return id_; }  // what on_cancel names; 0 when there is none

 protected:
  speech() = default;
  speech(const host* h, vap_reply_t id) noexcept : host_(h), id_(id) {}

  const host* host_ = nullptr;
  vap_reply_t id_ = 0;

 private:
  vap_status_t send_text(std::string_view text, vap_emit_flags_t flags) const noexcept {
    return id_ ? host_->abi->say(host_->abi, id_, str(text), flags) : VAP_E_ENDED;
  }
  vap_status_t send_json(std::string_view json, vap_emit_flags_t flags) const noexcept {
    return id_ ? host_->abi->data(host_->abi, id_, str(json), flags) : VAP_E_ENDED;
  }
};

// The answer to a turn that outlives on_turn. Moves, never copies. One that is dropped without
// end() counts as a failed turn, so that a forgotten caller hears the fallback line. [any]
class reply : public speech {
 public:
  reply() = default;
  reply(const host* h, vap_reply_t id) noexcept : speech(h, id) {}
  reply(reply&& other) noexcept : speech(other.host_, std::exchange(other.id_, 0)) {}
  reply& operator=(reply&& other) noexcept {
    if (this == &other) return *this;
    drop();
    host_ = other.host_;
    id_ = std::exchange(other.id_, 0);
    return *this;
  }
  ~reply() { drop(); }

  explicit operator bool() const noexcept { return id_ != 0; }

  void end() noexcept { finish(VAP_OK, nullptr); }
  void pass() noexcept { finish(VAP_PASS, nullptr); }  // the same, silent on purpose
  void fail(std::string_view why) noexcept {
    vap_error_t error{};
    finish(explain(&error, VAP_E_FAILED, why), &error);
  }

 private:
  void drop() noexcept {
    if (id_) fail("the reply was dropped without end()");
  }
  void finish(vap_status_t status, const vap_error_t* error) noexcept {
    if (const vap_reply_t id = std::exchange(id_, 0)) {
      host_->abi->end(host_->abi, id, status, error);
    }
  }
};

}  // namespace vap
