// SPDX-License-Identifier: MIT
// The answer to one turn. Asks the first provider that may be asked, and says its words as they
// come. Where that one refuses, breaks, or is silent for too long, the next goes on from what the
// caller was told so far, so that he hears one reply. Where none is left, the turn has failed. Two
// may be asked at once, see race.h; the caller hears the first of them, and no word of the other.
// Where the model calls tools they are run, and it is asked again with what came of them: that is a
// round.
//
// It lives as long as a request, a timer or an errand of its own.
#pragma once
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acts.h"
#include "dialect.h"
#include "errands.h"
#include "house.h"
#include "race.h"
#include "talk.h"

namespace llm {

class Answer : public std::enable_shared_from_this<Answer> {
 public:
  struct Wish {
    Talk talk;
    Acts acts;
    bool ear = true;
    int max_rounds = 5;
    Ms hedge{0};  // how long a provider may be silent before another is asked as well; 0: for good
  };
  Answer(House& house, const Sources& sources, Wish wish, vap::reply reply);

  ~Answer() { house_.farewell(id()); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // Call it once. The reply is ended whatever comes. [turn]
  void begin() { ask_next(Held(mutex_)); }
  // Its turn was cancelled. The host cuts the models' requests; this is for the tools. [turn]
  void cancel();
  vap_reply_t id() const { return of_.id(); }

 private:
  using Held = std::unique_lock<std::mutex>;

  void ask_next(Held held);
  void hedge(Held held, const Runner& attempt);
  void send(Held held, const Runner& attempt);
  void watch(const Runner& attempt);

  // What comes of a request, and of time. Ignored where the attempt is over.
  void hear_head(const Runner& attempt, const vap::http_head& head);
  void hear(const Runner& attempt, std::string_view data);
  void hear_end(const Runner& attempt, const vap::http_end& how);
  void look(const Runner& attempt);

  void take(const Runner& attempt, const Piece& piece);
  void lead(const Runner& attempt);
  void say(const std::string& words);
  void conclude(Held held, const Runner& attempt);
  void finish(const Runner& attempt);
  void flush(Attempt& attempt);
  void done();

  // Rounds.
  bool may_call() const { return talk_.may_call && talk_.offers_tools(); }
  void call_tools(Held held, Attempt& attempt);
  Message take_calls(Attempt& attempt);
  void leave_out(const Attempt& attempt, std::vector<Call>& calls);
  void speak_filler(const std::vector<Call>& calls);
  void show(const Tool& tool, const Outcome& outcome);
  void go_on_with(std::vector<Outcome> outcomes, bool wrong);
  void give_up_on(Held held, const Runner& attempt, const std::string& why);
  void let_go();
  void cut(Attempt& attempt);

  House& house_;
  const int max_rounds_;
  const vap::speech of_;  // the reply as requests name it: the same also when that has ended
  std::mutex mutex_;      // guards everything below; say() may wait for the listener under it
  vap::reply reply_;
  Talk talk_;
  Acts acts_;
  Race race_;
  std::string said_;                  // to the caller, in this round
  bool spoke_ = false;                // the model has said something, in this round or before
  bool filled_ = false;               // a filler was
  bool gap_due_ = false;              // a space has to stand before what is said next
  bool gone_ = false;                 // nobody listens any more
  int rounds_ = 0;                    // in which tools were called
  int corrections_ = 0;               // those of them with calls that could not be run
  std::set<std::string> ids_;         // of calls: no two are the same
  std::string note_;                  // to the model, with what came of its calls
  std::shared_ptr<Errands> errands_;  // null: no tool runs
};

}  // namespace llm
