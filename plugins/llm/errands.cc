// SPDX-License-Identifier: MIT
#include "errands.h"

#include <set>
#include <utility>

#include "judge.h"

namespace llm {

void Errands::run(const Tools& tools, const std::vector<Call>& calls, Acts& acts) {
  outcomes_.resize(calls.size());
  left_ = calls.size();
  std::vector<std::pair<std::size_t, Outcome>> settled;
  std::vector<std::shared_ptr<Errand>> errands;
  std::set<std::string> steps;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    const Call& call = calls[at];
    Judged judged = judge(tools, call);
    if (judged.tool == nullptr) {
      wrong_ = true;
      settled.push_back({at, {call.id, call.name, judged.complaint, true}});
      continue;
    }
    const Tool& tool = *judged.tool;
    const std::string act = tool.mutating ? acts.begin(of_) : "";
    if (tool.mutating && !steps.insert(step_of(tool, judged.arguments, act)).second) {
      settled.push_back({at,
                         {call.id, call.name,
                          "It was called twice with the same arguments, and is done once: see "
                          "the result of the other call.",
                          true}});
      continue;
    }
    errands.push_back(std::make_shared<Errand>(
        house_, of_, Errand::Order{&tool, std::move(judged.arguments), call, act},
        [self = shared_from_this(), at, &tool](const Outcome& outcome) {
          self->hear(at, tool, outcome);
        }));
  }
  bool cancelled = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    running_ = errands;
    cancelled = cancelled_;
  }
  if (cancelled) cancel();
  for (auto& [at, outcome] : settled) settle(at, std::move(outcome));
  for (const auto& errand : errands) errand->begin();
}

void Errands::cancel() {
  std::vector<std::shared_ptr<Errand>> running;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    running = running_;
    cancelled_ = true;  // also for those that are not there yet
  }
  for (const auto& errand : running) errand->cancel();
}

void Errands::hear(std::size_t at, const Tool& tool, const Outcome& outcome) {
  if (!outcome.failed) ears_.result(tool, outcome);
  settle(at, outcome);
}

void Errands::settle(std::size_t at, Outcome outcome) {
  std::vector<Outcome> all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    outcomes_[at] = std::move(outcome);
    if (--left_ > 0) return;
    all = std::move(outcomes_);
    running_.clear();  // each holds us
  }
  ears_.all(std::move(all), wrong_);
}

}  // namespace llm
