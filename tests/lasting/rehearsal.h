// SPDX-License-Identifier: MIT
// Does what a schedule says, against whatever host is up, and knows at the end what must stand in
// the conversation's history. One thread's.
#pragma once
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lasting/doors.h"
#include "lasting/hearing.h"
#include "lasting/schedule.h"
#include "support/line.h"

namespace patchbay::test {

class Rehearsal {
 public:
  // Each delivery goes through any of the doors. Both outlive it.
  Rehearsal(const Schedule& schedule, const Doors& doors)
      : schedule_(schedule), doors_(doors), done_(schedule.steps.size()), random_(schedule.seed) {}

  // Takes all turns, asks for the history, and judges it.
  void run();
  // The agent ran once in each turn that said something. `runs`: "conv_1 turn_2" and how often.
  void judge_runs(const std::map<std::string, int>& runs);
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  // What the host must have on record of a step.
  struct Done {
    std::string body;                  // of its request
    int least = 0;                     // words that were sent
    int most = 0;                      // the same; how many of them left is not always seen
    std::optional<std::string> heard;  // what a later message has told of it
  };
  struct Note {  // something to tell
    std::size_t step = 0;
    int words = 0;
    int messages_to_go = 0;
  };

  void take(std::size_t step);
  void begin(std::size_t step, std::list<Hearing>& hearings);
  int begin_and_hang_up(std::size_t step, std::list<Hearing>& hearings);
  void deliver(std::size_t step, int times, std::list<Hearing>& hearings);
  void finish_hearing();
  void deliver_again(std::size_t step);
  void break_off(const std::string& body);
  void send_data();
  static std::string request_of(const std::string& body);
  [[nodiscard]] std::string text_of(std::size_t step) const;
  std::string body_of(std::size_t step);
  void note(std::size_t step, int heard);
  void tell(const Note& note, Json& body);
  std::string ask_for_history();
  void judge(const std::string& history);
  std::uint16_t host();  // waits until one is up

  const Schedule& schedule_;
  const Doors& doors_;
  std::vector<Done> done_;
  std::deque<Note> notes_;
  std::list<Hearing> running_;  // of the step that is about to be talked over
  std::size_t running_step_ = 0;
  int session_ = 1;
  std::mt19937 random_;  // which door
  std::vector<std::string> faults_;
};

}  // namespace patchbay::test
