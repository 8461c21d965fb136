// SPDX-License-Identifier: MIT
// The answer to one turn. Asks the first provider that may be asked, and says its words as they
// come. Where that one refuses, breaks, or is silent for too long, the next goes on from what the
// caller was told so far, so that he hears one reply. Where none is left, the turn has failed.
// Where the model calls tools they are run, and it is asked again with what came of them: that is a
// round.
//
// It lives as long as a request, a timer or an errand of its own.
#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acts.h"
#include "dialect.h"
#include "ear.h"
#include "errands.h"
#include "house.h"
#include "joint.h"

namespace llm {

class Answer : public std::enable_shared_from_this<Answer> {
 public:
  struct Wish {
    Talk talk;
    Acts acts;
    bool ear = true;
    int max_rounds = 5;
  };
  Answer(House& house, const Sources& sources, Wish wish, vap::reply reply);

  ~Answer() { house_.farewell(id_); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // Call it once. The reply is ended whatever comes. [turn]
  void begin() { ask_next(); }
  // Its turn was cancelled. The host cuts the model's request; this is for the tools. [turn]
  void cancel();
  vap_reply_t id() const { return id_; }

 private:
  using Clock = std::chrono::steady_clock;

  // One provider that was asked.
  struct Attempt {
    Attempt(Source& s, bool ear, const std::string& said)
        : source(&s), decoder(make_decoder(s.provider.kind)), filter(ear), joint(said) {}
    Source* source;
    std::unique_ptr<Decoder> decoder;
    Ear filter;
    Joint joint;
    vap::http_id request = 0;  // 0: it is not known yet
    vap::task_id alarm = 0;
    Clock::time_point asked = Clock::now();
    Clock::time_point heard = asked;    // of it, something that is progress
    std::chrono::seconds leave_for{0};  // it wants to be left alone so long
    bool spoke = false;
    bool called = false;    // a tool, or has begun to
    bool finished = false;  // has said all; only the end of its stream is missing
    bool works() const { return spoke || called; }
  };
  using Held = std::unique_lock<std::mutex>;

  void ask_next();
  Source* choose();
  void send(const std::shared_ptr<Attempt>& attempt, const Question& question);
  void watch(const std::shared_ptr<Attempt>& attempt, Ms delay);

  // What comes of a request, and of time. Ignored where the attempt was given up.
  void hear_head(const std::shared_ptr<Attempt>& attempt, const vap::http_head& head);
  void hear(const std::shared_ptr<Attempt>& attempt, std::string_view data);
  void hear_end(const std::shared_ptr<Attempt>& attempt, const vap::http_end& how);
  void look(const std::shared_ptr<Attempt>& attempt);

  bool is_current(const std::shared_ptr<Attempt>& attempt) const { return attempt == current_; }
  static Clock::time_point due(const Attempt& attempt);
  void take(Attempt& attempt, const Piece& piece);
  void say(const std::string& words);
  void conclude(Held held, Attempt& attempt);
  void finish(Attempt& attempt);
  void flush(Attempt& attempt);
  void done();

  // Rounds.
  void call_tools(Held held, Attempt& attempt, std::vector<Call> calls);
  void speak_filler(const std::vector<Call>& calls);
  void show(const Tool& tool, const Outcome& outcome);
  void go_on_with(std::vector<Outcome> outcomes, bool wrong);
  void give_up_on(Held held, const std::string& why);
  void let_go();

  House& house_;
  const Sources& sources_;
  const bool ear_;
  const int max_rounds_;
  const vap_reply_t id_;
  std::mutex mutex_;  // guards everything below; say() may wait for the listener under it
  vap::reply reply_;
  Talk talk_;
  Acts acts_;
  std::shared_ptr<Attempt> current_;  // null: between two, or it is over
  std::vector<const Source*> asked_;
  std::string said_;                  // to the caller, in this round
  bool spoke_ = false;                // the model has said something, in this round or before
  bool filled_ = false;               // a filler was
  bool gap_due_ = false;              // a space has to stand before what is said next
  bool gone_ = false;                 // nobody listens any more
  int rounds_ = 0;                    // in which tools were called
  int corrections_ = 0;               // those of them with calls that could not be run
  std::set<std::string> ids_;         // of calls: no two are the same
  std::shared_ptr<Errands> errands_;  // null: no tool runs
};

}  // namespace llm
