// SPDX-License-Identifier: MIT
//
// journal.hpp - steps that run once in a conversation, however often their turn comes, in C++
// (vap.journal/1). Authors include vap.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "host.hpp"
#include "vap.h"

namespace vap {

// What became of a step. True: it was done, now or before, and *step is its result.
class step {
 public:
  explicit operator bool() const noexcept { return result_.has_value(); }
  const std::string& operator*() const noexcept { return *result_; }
  const std::string* operator->() const noexcept { return &*result_; }

  // It ran in this very call; else an earlier turn did it.
  bool ran() const noexcept { return ran_; }
  // Another turn is at it now, or this one in another thread: say that it is on its way.
  bool busy() const noexcept { return status_ == VAP_E_AGAIN; }
  // Somebody began it and did not live to tell. Ask whoever would know, and give once() the answer.
  bool in_doubt() const noexcept { return status_ == VAP_E_IN_DOUBT; }
  // VAP_E_NOT_FOUND: it was to run and said that it was not done. VAP_E_CANCELLED: nobody listens,
  // nothing was begun. VAP_E_UNAVAILABLE, VAP_E_UNSUPPORTED: no journal, nothing was begun. Of a
  // step that was done: below 0 where that could not be written down, so it will be in doubt.
  vap_status_t status() const noexcept { return status_; }

  static step failed(vap_status_t status) noexcept { return step(status, std::nullopt, false); }
  static step found(std::string result) { return step(VAP_OK, std::move(result), false); }
  static step done(vap_status_t status, std::string result) {
    return step(status, std::move(result), true);
  }

 private:
  step(vap_status_t status, std::optional<std::string> result, bool ran)
      : status_(status), result_(std::move(result)), ran_(ran) {}

  vap_status_t status_;
  std::optional<std::string> result_;
  bool ran_;
};

// The C side, for steps that begin in one function and end in another. What is begun and neither
// finished nor dropped before the reply's end is in doubt. [any]
class journal {
 public:
  journal(const host* h, vap_reply_t reply) noexcept : host_(h), reply_(reply) {}

  // VAP_OK: done before, *result is what came of it. VAP_E_NOT_FOUND: run it now, then finish() or
  // drop(). VAP_E_AGAIN, VAP_E_IN_DOUBT, VAP_E_CANCELLED, VAP_E_UNAVAILABLE, ...: do not run it.
  [[nodiscard]] vap_status_t begin(std::string_view key, std::string* result = nullptr) const {
    if (!there()) return VAP_E_UNSUPPORTED;
    vap_str_t out{};
    const vap_status_t status = host_->journal->begin(host_->abi, reply_, str(key), &out);
    if (status >= 0 && result) *result = view(out);
    return status;
  }
  // Both also after the turn was cancelled: what is done is done.
  vap_status_t finish(std::string_view key, std::string_view result) const noexcept {
    if (!there()) return VAP_E_UNSUPPORTED;
    return host_->journal->finish(host_->abi, reply_, str(key), str(result));
  }
  vap_status_t drop(std::string_view key) const noexcept {
    return there() ? host_->journal->drop(host_->abi, reply_, str(key)) : VAP_E_UNSUPPORTED;
  }

  // run() gives the result as text, or nothing at all (void); std::nullopt: it surely was not done,
  // so a later turn may. An exception of it leaves the step in doubt, and goes on to the caller.
  template <class Run>
  step once(std::string_view key, Run&& run) const {
    std::string before;
    const vap_status_t begun = begin(key, &before);
    return perform(key, run, begun, std::move(before));
  }
  // ask() settles a step in doubt: its result where it was done, std::nullopt where it was not, and
  // then run() does it. Where even ask() cannot know, it throws, and the doubt stays.
  template <class Run, class Ask>
  step once(std::string_view key, Run&& run, Ask&& ask) const {
    std::string before;
    const vap_status_t begun = begin(key, &before);
    if (begun != VAP_E_IN_DOUBT) return perform(key, run, begun, std::move(before));
    if (std::optional<std::string> known = ask()) {
      const vap_status_t written = finish(key, *known);
      return written < 0 ? step::failed(written) : step::found(*std::move(known));
    }
    if (const vap_status_t dropped = drop(key); dropped < 0) return step::failed(dropped);
    return once(key, std::forward<Run>(run));
  }

 private:
  bool there() const noexcept { return host_ && host_->journal; }

  template <class Run>
  step perform(std::string_view key, Run& run, vap_status_t begun, std::string before) const {
    if (begun >= 0) return step::found(std::move(before));
    if (begun != VAP_E_NOT_FOUND) return step::failed(begun);
    std::optional<std::string> result = result_of(run);
    if (!result) {
      const vap_status_t dropped = drop(key);
      return step::failed(dropped < 0 ? dropped : VAP_E_NOT_FOUND);
    }
    const vap_status_t written = finish(key, *result);
    return step::done(written, *std::move(result));
  }

  template <class Run>
  static std::optional<std::string> result_of(Run& run) {
    if constexpr (std::is_void_v<decltype(run())>) {
      run();
      return std::string();
    } else {
      return std::optional<std::string>(run());
    }
  }

  const host* host_;
  vap_reply_t reply_;
};

}  // namespace vap
