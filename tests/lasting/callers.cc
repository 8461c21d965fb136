// SPDX-License-Identifier: MIT
#include "lasting/callers.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>

#include "support/line.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

constexpr std::size_t most_turns = 190;  // a history keeps 200
constexpr std::size_t most_attempts = 500;
// People listen, and think, each in his own time.
std::chrono::milliseconds pause_of(const Talk& talk) {
  const std::size_t any = talk.name.size() + static_cast<std::size_t>(talk.name.back()) * 37;
  return std::chrono::milliseconds(50 + (any + talk.turns.size() * 53) % 100);
}
constexpr std::chrono::milliseconds between_attempts{10};

}  // namespace

bool Turn::failed_in_words() const {
  return heard == "Sorry, I am having trouble right now. Could you say that again?";
}

std::size_t Talk::failures() const {
  std::size_t all = 0;
  for (const Turn& turn : turns) all += turn.failures.size();
  return all;
}

Callers::Callers(std::uint16_t port, int count) : port_(port) {
  for (int number = 1; number <= count; ++number) {
    Talk& talk = talks_.emplace_back();
    talk.name = "conv_" + std::to_string(number);
    std::atomic<int>& answered = answered_.emplace_back(0);
    threads_.emplace_back([this, &talk, &answered] { call(talk, answered); });
  }
}

bool Callers::go_on(int turns) const {
  std::vector<int> goals;
  for (const std::atomic<int>& answered : answered_) goals.push_back(answered + turns);
  return eventually([&] {
    return std::equal(answered_.begin(), answered_.end(), goals.begin(),
                      [](const std::atomic<int>& answered, int goal) { return answered >= goal; });
  });
}

void Callers::hang_up() {
  closing_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::size_t Callers::failures_in_words() const {
  std::ptrdiff_t all = 0;
  for (const Talk& talk : talks_)
    all += std::count_if(talk.turns.begin(), talk.turns.end(),
                         [](const Turn& turn) { return turn.failed_in_words(); });
  return static_cast<std::size_t>(all);
}

std::string Callers::summary() const {
  std::size_t turns = 0;
  std::map<std::string, int> failures;
  for (const Talk& talk : talks_) {
    turns += talk.turns.size();
    for (const Turn& turn : talk.turns) {
      for (const std::string& failure : turn.failures) ++failures[failure];
    }
  }
  std::string text = std::to_string(turns) + " turns; the agent failed in " +
                     std::to_string(failures_in_words()) + "; deliveries that failed:";
  for (const auto& [how, times] : failures) text += ' ' + std::to_string(times) + " x " + how;
  return text;
}

void Callers::call(Talk& talk, std::atomic<int>& answered) {
  while (!closing_ && talk.turns.size() < most_turns && talk.faults.empty()) {
    Turn& turn = talk.turns.emplace_back();
    turn.text = std::to_string(talk.turns.size());
    turn.id = talk.name + "_turn_" + turn.text;
    take(talk, turn);
    ++answered;
    std::this_thread::sleep_for(pause_of(talk));
  }
}

void Callers::take(Talk& talk, Turn& turn) {
  while (talk.faults.empty()) {
    try {
      const std::string failure = attempt(talk, turn);
      if (failure.empty()) return;
      turn.failures.push_back(failure);
    } catch (const std::exception& wrong) {
      talk.faults.push_back(turn.id + ": " + wrong.what());
    }
    ++failures_;
    if (turn.failures.size() > most_attempts) talk.faults.push_back(turn.id + " is never answered");
    std::this_thread::sleep_for(between_attempts);
  }
}

// Empty where it was answered, else how it failed.
std::string Callers::attempt(const Talk& talk, Turn& turn) const {
  Webhook webhook;
  webhook.path = "/agents/witness";
  webhook.body = message(turn.text, talk.name, turn.id);
  const Answer answer = send(port_, webhook);
  if (answer.status != 200) return std::to_string(answer.status);
  if (!answer.whole || answer.ends() != 1) return "cut";
  turn.heard = answer.spoken();
  return {};
}

}  // namespace patchbay::test
