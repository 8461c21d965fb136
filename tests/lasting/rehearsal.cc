// SPDX-License-Identifier: MIT
#include "lasting/rehearsal.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "lasting/scene.h"
#include "lasting/verdict.h"
#include "support/webhook.h"

namespace patchbay::test {
namespace {

std::string first_words(const Step& step, int count) {
  std::string all;
  for (int i = 1; i <= count; ++i) all += (i == 1 ? "" : " ") + step.turn + "." + std::to_string(i);
  return all;
}

int most_heard(const std::list<Hearing>& hearings) {
  int most = 0;
  for (const Hearing& hearing : hearings) most = std::max(most, hearing.words());
  return most;
}

void keep_begun(std::list<Hearing>& hearings) {
  hearings.remove_if([](Hearing& hearing) { return hearing.read_head() == Hearing::Begun::no; });
}

}  // namespace

void Rehearsal::run() {
  try {
    for (std::size_t step = 0; step < schedule_.steps.size(); ++step) {
      take(step);
      for (std::size_t before = 0; before < step; ++before)
        if (schedule_.steps[before].again_after == static_cast<int>(step - before))
          deliver_again(before);
    }
    const std::string history = ask_for_history();
    finish_hearing();
    judge(history);
  } catch (const std::exception& broken) {
    faults_.emplace_back(broken.what());
  }
}

void Rehearsal::take(std::size_t number) {
  const Step& step = schedule_.steps[number];
  Done& done = done_[number];
  done.body = body_of(number);
  if (step.breaks_off_before) break_off(done.body);
  std::list<Hearing> hearings;
  if (step.way == Step::Way::cut) {
    const int heard = begin_and_hang_up(number, hearings);
    finish_hearing();
    for (Hearing& hearing : hearings) hearing.read_to_end();
    done.least = std::max(heard, most_heard(hearings));
    done.most = step.words;
    return note(number, heard);
  }
  begin(number, hearings);
  finish_hearing();
  if (step.data_beside) send_data();
  if (step.way == Step::Way::talked_over) {
    hearings.front().read_events(step.after);
    note(number, hearings.front().words());
    running_ = std::move(hearings);
    running_step_ = number;
    return;
  }
  for (Hearing& hearing : hearings) hearing.read_to_end();
  done.least = done.most = most_heard(hearings);
  if (done.most != step.words)
    faults_.push_back(step.turn + ": of " + std::to_string(step.words) + " words came " +
                      std::to_string(done.most));
}

// The step and its copies are on their way, and at least one of them was accepted.
void Rehearsal::begin(std::size_t step, std::list<Hearing>& hearings) {
  while (hearings.empty()) {
    deliver(step, 1 + schedule_.steps[step].copies, hearings);
    keep_begun(hearings);
  }
}

// The same, but the first one goes soon; returns how many words it heard until then.
int Rehearsal::begin_and_hang_up(std::size_t number, std::list<Hearing>& hearings) {
  const Step& step = schedule_.steps[number];
  for (;;) {
    deliver(number, 1 + step.copies, hearings);
    if (hearings.empty()) continue;
    const auto begun = hearings.front().read_and_hang_up(step.after, step.with_reset);
    const int heard = hearings.front().words();
    hearings.pop_front();
    keep_begun(hearings);
    if (begun == Hearing::Begun::yes || !hearings.empty()) return heard;
  }
}

// Sends the step so often, as far as there is a host.
void Rehearsal::deliver(std::size_t step, int times, std::list<Hearing>& hearings) {
  try {
    for (int i = 0; i < times; ++i)
      hearings.emplace_back(host(), request_of(done_[step].body), schedule_.steps[step], faults_);
  } catch (const std::runtime_error&) {  // it has just gone
  }
}

void Rehearsal::finish_hearing() {
  if (running_.empty()) return;
  for (Hearing& hearing : running_) hearing.read_to_end();
  done_[running_step_].least = done_[running_step_].most = most_heard(running_);
  running_.clear();
}

// Whatever was on record of it is said again, and nothing else.
void Rehearsal::deliver_again(std::size_t number) {
  const Step& step = schedule_.steps[number];
  Done& done = done_[number];
  // Of a turn that is not over, or may never have begun, this would not be the repeat.
  if (done.least == 0 || (!running_.empty() && running_step_ == number)) return;
  std::list<Hearing> hearings;
  while (hearings.empty()) {
    deliver(number, 1, hearings);
    keep_begun(hearings);
  }
  Hearing& hearing = hearings.front();
  hearing.read_to_end();
  if (hearing.words() < done.least || hearing.words() > done.most)
    faults_.push_back(step.turn + ": its repeat has " + std::to_string(hearing.words()) +
                      " words instead of " + std::to_string(done.least) + " to " +
                      std::to_string(done.most));
  if (hearing.had_host_line() && step.way != Step::Way::cut)
    faults_.push_back(step.turn + ": its repeat has the fallback line");
  done.least = done.most = hearing.words();
}

void Rehearsal::break_off(const std::string& body) {
  const std::string request = request_of(body);
  try {
    const Line line(host());
    line.send(std::string_view(request).substr(0, request.size() / 2));
  } catch (const std::runtime_error&) {  // the host has just gone
  }
}

void Rehearsal::send_data() {
  Webhook webhook;
  webhook.path = "/agents/diary";
  webhook.body =
      event("data", R"("data":{},"turn_id":")" + fresh_turn() + '"', schedule_.conversation);
  for (;;) {
    try {
      const Answer answer = send(host(), webhook);
      if (answer.status == 503 || answer.status == 0) continue;
      if (answer.body != R"({"known":true})") faults_.push_back("data got " + answer.body);
      return;
    } catch (const std::runtime_error&) {  // the host has just gone
    }
  }
}

std::string Rehearsal::request_of(const std::string& body) {
  Webhook webhook;
  webhook.path = "/agents/diary";
  webhook.body = body;
  return webhook.request();
}

std::string Rehearsal::text_of(std::size_t number) const {
  const Step& step = schedule_.steps[number];
  return "tell " + std::to_string(step.words) + ' ' + std::to_string(step.pause_ms) + ' ' +
         step.turn;
}

std::string Rehearsal::body_of(std::size_t number) {
  const Step& step = schedule_.steps[number];
  Json body = Json::parse(message(text_of(number), schedule_.conversation, step.turn));
  if (step.new_session) ++session_;
  body["session_id"] = schedule_.conversation + "_session_" + std::to_string(session_);
  for (Note& note : notes_) --note.messages_to_go;
  const auto due = std::find_if(notes_.begin(), notes_.end(),
                                [](const Note& note) { return note.messages_to_go <= 0; });
  if (due != notes_.end()) {
    tell(*due, body);
    notes_.erase(due);
  }
  return body.dump();
}

void Rehearsal::note(std::size_t number, int heard) {
  const Step& step = schedule_.steps[number];
  const int told = step.told == Step::Told::part_of_text ? heard / 2 : heard;
  if (step.told == Step::Told::nothing || told == 0) return;
  notes_.push_back({number, told, step.told_late ? 2 : 1});
}

void Rehearsal::tell(const Note& note, Json& body) {
  const Step& step = schedule_.steps[note.step];
  Json context{{"previous_turn_interrupted", true}, {"assistant_turn_id", step.turn}};
  std::string heard = first_words(step, note.words);
  if (step.told == Step::Told::nonsense) heard = "zz";
  if (step.told == Step::Told::count) {
    context["words_heard"] = note.words;
  } else {
    context["text_heard"] = heard;
  }
  body["interruption_context"] = context;
  done_[note.step].heard = heard;
}

std::string Rehearsal::ask_for_history() {
  for (;;) {
    try {
      const Heard heard =
          hear(host(), "diary", message("history", schedule_.conversation, "turn_that_asks"));
      if (heard.whole) return heard.words;
    } catch (const std::runtime_error&) {  // the host has just gone
    }
  }
}

void Rehearsal::judge(const std::string& history) {
  std::vector<Expected> turns;
  for (std::size_t i = 0; i < done_.size(); ++i) {
    const Step& step = schedule_.steps[i];
    const bool is_doubled = step.way == Step::Way::cut && step.copies > 0;
    turns.push_back({step.turn, text_of(i), is_doubled, done_[i].least, done_[i].most,
                     done_[i].heard, is_doubled});
  }
  const std::string wrong = judge_history(history, turns);
  if (!wrong.empty()) faults_.push_back("in the history " + wrong + ": " + history);
}

void Rehearsal::judge_runs(const std::map<std::string, int>& runs) {
  for (std::size_t i = 0; i < done_.size(); ++i) {
    const auto found = runs.find(schedule_.conversation + ' ' + schedule_.steps[i].turn);
    const int times = found == runs.end() ? 0 : found->second;
    if (times > 1 || (times == 0 && done_[i].least > 0))
      faults_.push_back(schedule_.steps[i].turn + " ran " + std::to_string(times) + " times");
  }
}

std::uint16_t Rehearsal::host() {
  return doors_.any(random_());
}

}  // namespace patchbay::test
