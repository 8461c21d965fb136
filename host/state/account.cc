// SPDX-License-Identifier: MIT
#include "state/account.h"

#include <fmt/format.h>

#include <numeric>

namespace patchbay {

bool Account::Sums::adds_up() const {
  return accepted == std::accumulate(ended.begin(), ended.end(), open);
}

bool Account::admit(bool must) {
  const std::lock_guard lock(mutex_);
  if (closed_ || (sums_.open >= most_ && !must)) return false;
  ++sums_.open;
  ++sums_.accepted;
  return true;
}

Error Account::no_room() const {
  if (Problem closed = closing()) return *std::move(closed);
  return {"too_many_turns", fmt::format("{} turns are running, which is the limit", open()),
          "try again; the operator can raise max_turns in [server]"};
}

void Account::turn_away() {
  const std::lock_guard lock(mutex_);
  --sums_.accepted;
  close_one_locked();
}

void Account::leave(Outcome outcome) {
  const std::lock_guard lock(mutex_);
  ++sums_.ended[static_cast<std::size_t>(outcome)];
  close_one_locked();
}

void Account::close_one_locked() {
  if (--sums_.open == 0) none_open_.notify_all();
}

Problem Account::closing() const {
  const std::lock_guard lock(mutex_);
  if (!closed_) return std::nullopt;
  return Error{"draining", "this host is shutting down",
               "send the turn to another host, or try again"};
}

void Account::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool Account::none_open_within(Milliseconds most) {
  std::unique_lock lock(mutex_);
  return none_open_.wait_for(lock, most, [&] { return sums_.open == 0; });
}

std::size_t Account::open() const {
  const std::lock_guard lock(mutex_);
  return sums_.open;
}

Account::Sums Account::sums() const {
  const std::lock_guard lock(mutex_);
  return sums_;
}

void Account::write(Log& log) const {
  const Sums now = sums();
  const auto of = [&](Outcome outcome) { return now.ended[static_cast<std::size_t>(outcome)]; };
  log.write(now.adds_up() ? LogLevel::info : LogLevel::error, "turns accounted",
            {{"accepted", now.accepted},
             {"answered", of(Outcome::answered)},
             {"failed", of(Outcome::failed)},
             {"timed_out", of(Outcome::timed_out)},
             {"interrupted", of(Outcome::interrupted)},
             {"caller_gone", of(Outcome::caller_gone)},
             {"shut_down", of(Outcome::shut_down)},
             {"replaced", of(Outcome::replaced)},
             {"open", now.open},
             {"balance", now.adds_up()}});
}

}  // namespace patchbay
