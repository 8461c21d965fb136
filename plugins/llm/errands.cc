// SPDX-License-Identifier: MIT
#include "errands.h"

#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "judge.h"

namespace llm {
namespace {

constexpr const char* called_twice =
    "It was called twice with the same arguments, and is done once: see the result of the other "
    "call.";

// FNV-1a: keys are told apart by it, and nobody has to be kept from finding two that are the same,
// since both would be his own.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[hash >> shift & 15U];
  return out;
}

// The key of a step: what is done, and whose deed it is. Arguments that mean the same have the
// same.
std::string step_of(const Tool& tool, const nlohmann::json& arguments, std::string_view act) {
  // nlohmann's objects are sorted, so this is the same whatever order the model wrote them in.
  const std::string canonical = json_look(arguments);
  std::string key = "tool " + tool.name + " " + hash_of(canonical) + " ";
  constexpr std::size_t longest = 100;  // of what others have named; a key has 256 bytes
  return key += act.size() <= longest ? std::string(act) : hash_of(act);
}

}  // namespace

void Errands::run(const Tools& tools, const std::vector<Call>& calls, Acts& acts) {
  outcomes_.resize(calls.size());
  left_ = calls.size();
  std::vector<std::shared_ptr<Errand>> errands;
  std::set<std::string> steps;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    const Call& call = calls[at];
    Judged judged = judge(tools, call);
    if (judged.tool == nullptr) {
      wrong_ = true;
      settle(at, {call.id, call.name, judged.complaint, true});
      continue;
    }
    const Tool& tool = *judged.tool;
    const std::string step =
        tool.mutating ? step_of(tool, judged.arguments, acts.begin(of_)) : std::string();
    if (!step.empty() && !steps.insert(step).second) {
      settle(at, {call.id, call.name, called_twice, true});
      continue;
    }
    errands.push_back(std::make_shared<Errand>(
        house_, of_, Errand::Order{&tool, std::move(judged.arguments), call, step},
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
