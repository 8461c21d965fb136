// SPDX-License-Identifier: MIT
#include "flow/retirement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace patchbay {
namespace {

// After the cut: long enough for a plugin that notices cancels.
constexpr Milliseconds grace{5'000};
constexpr std::size_t most_named = 5;  // turns; the rest is a number

std::string name_of(const Reply& reply, Moment now) {
  const auto age = std::chrono::duration_cast<Seconds>(now - reply.opened()).count();
  return fmt::format("{} {} of {} for {} s{}", reply.facts().event,
                     reply.facts().turn.value_or("-"), reply.facts().conversation, age,
                     reply.cancelled() == VAP_CANCEL_NONE ? "" : ", which was cancelled");
}

}  // namespace

void Retirement::begin(const VersionPtr& version, Patience patience) {
  house_.timers.cancel(version->alarm);  // of its probation, where it was on any
  // While conversations are pinned to it, it serves; its time runs from the end of theirs.
  const bool is_pinned = house_.pins.held(*version->generation) > 0;
  at(patience.turns + (is_pinned ? patience.pins : Milliseconds{0}), version, &Retirement::cut_off);
  when_unused(version);  // last: from here the lane may take its generation away
}

// Told by the generation under its lock, so it only posts. Weakly, for the version holds the
// generation.
void Retirement::when_unused(const VersionPtr& version) {
  version->generation->when_unused([this, weak = std::weak_ptr(version)] {
    house_.lane.post([this, weak] {
      if (const VersionPtr waited = weak.lock()) retire(waited);
    });
  });
}

void Retirement::retire(const VersionPtr& version) {
  Generation& generation = *version->generation;
  if (!generation.close()) return when_unused(version);  // a thread of its own posted a task
  // An alarm that waits would hold the version's memory until it rings.
  house_.timers.cancel(version->alarm);
  gone_(version, generation.retire());
}

void Retirement::at(Milliseconds later, const VersionPtr& version,
                    void (Retirement::*then)(const VersionPtr&)) {
  version->alarm =
      house_.timers.at(Clock::now() + later, [this, then, weak = std::weak_ptr(version)] {
        house_.lane.post([this, then, weak] {
          const VersionPtr still = weak.lock();
          if (still && still->state == VersionState::draining) (this->*then)(still);
        });
      });
}

// Its time is over: whoever waits for its turns is told, and its pinned conversations move on.
void Retirement::cut_off(const VersionPtr& version) {
  Generation& generation = *version->generation;
  house_.log.info("a replaced version is cut off", {{"plugin", version->plugin_id},
                                                    {"version", version->version},
                                                    {"generation", version->number},
                                                    {"waits_for", what_for(generation)}});
  generation.wind_down();  // else a task that posts itself again would hold it for ever
  house_.pins.release_all_of(generation);
  house_.turns.cancel_all_of(generation);
  house_.tasks.hurry(generation);
  house_.requests.cut(generation);
  house_.tool_calls.cut(generation);
  at(grace, version, &Retirement::complain);
}

// Its code may be running this moment: it is never unmapped under it, however long that takes.
void Retirement::complain(const VersionPtr& version) {
  house_.log.error("a replaced version does not let go",
                   {{"plugin", version->plugin_id},
                    {"version", version->version},
                    {"generation", version->number},
                    {"waits_for", what_for(*version->generation)},
                    {"next", "it stays loaded until it does; see patchbay agents"}});
}

std::string Retirement::what_for(const Generation& generation) const {
  return fmt::format("{}", fmt::join(waits_for(generation, open_turns()), "; "));
}

Retirement::OpenTurns Retirement::open_turns() const {
  OpenTurns open;
  for (std::shared_ptr<Reply>& reply : house_.replies.all()) {
    const Generation* const whose = &reply->agent().generation();
    open[whose].push_back(std::move(reply));
  }
  return open;
}

std::vector<std::string> Retirement::waits_for(const Generation& generation,
                                               const OpenTurns& open) const {
  const Moment now = Clock::now();
  const std::size_t leases = generation.leases();
  std::vector<std::string> found;
  std::size_t turns = 0;
  if (const auto its = open.find(&generation); its != open.end()) {
    turns = its->second.size();
    for (std::size_t i = 0; i < std::min(turns, most_named); ++i)
      found.push_back(name_of(*its->second[i], now));
  }
  if (turns > most_named) found.push_back(fmt::format("{} more turns", turns - most_named));
  const std::size_t tasks = house_.tasks.waiting(generation);
  if (tasks > 0) found.push_back(fmt::format("{} waiting tasks", tasks));
  const std::size_t pins = house_.pins.held(generation);
  if (pins > 0) found.push_back(fmt::format("{} pinned conversations", pins));
  const std::size_t requests = house_.requests.open(generation);
  if (requests > 0) found.push_back(fmt::format("{} open requests", requests));
  const std::size_t calls = house_.tool_calls.open(generation);
  if (calls > 0) found.push_back(fmt::format("{} open calls of functions", calls));
  const std::size_t known = turns + tasks + pins + requests + calls;
  if (leases > known) found.push_back(fmt::format("{} running tasks or cancels", leases - known));
  return found;
}

}  // namespace patchbay
