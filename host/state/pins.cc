// SPDX-License-Identifier: MIT
#include "state/pins.h"

#include <utility>

#include "codec/event.h"

namespace patchbay {
namespace {

constexpr Seconds forgotten_after{15 * 60};  // longer than a caller stays silent
constexpr std::size_t most_pins =
    100'000;  // beyond, conversations are served by the newest version

}  // namespace

Lease Pins::keep(std::string_view conversation, Lease newest, Moment now) {
  if (conversation.empty()) return newest;
  const std::string name = conversation_name(newest.agent().name(), conversation);
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    found->second.used = now;
    return found->second.lease.again();
  }
  if (by_name_.size() < most_pins) by_name_.emplace(name, Pin{newest.again(), now});
  return newest;
}

void Pins::release(std::string_view agent, std::string_view conversation) {
  const std::string name = conversation_name(agent, conversation);
  decltype(by_name_)::node_type given;
  const std::lock_guard lock(mutex_);
  given = by_name_.extract(name);
}

void Pins::release_all_of(const Generation& generation) {
  Given given;
  const std::lock_guard lock(mutex_);
  given =
      take_locked([&](const Pin& pin) { return &pin.lease.agent().generation() == &generation; });
}

void Pins::sweep(Moment now) {
  Given given;
  const std::lock_guard lock(mutex_);
  given = take_locked([&](const Pin& pin) { return pin.used + forgotten_after <= now; });
}

std::size_t Pins::held(const Generation& generation) const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [name, pin] : by_name_) {
    if (&pin.lease.agent().generation() == &generation) ++count;
  }
  return count;
}

template <class Unwanted>
Pins::Given Pins::take_locked(Unwanted unwanted) {
  Given given;
  for (auto at = by_name_.begin(); at != by_name_.end();) {
    if (!unwanted(at->second)) {
      ++at;
      continue;
    }
    given.push_back(std::move(at->second.lease));
    at = by_name_.erase(at);
  }
  return given;
}

}  // namespace patchbay
