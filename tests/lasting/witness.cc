// SPDX-License-Identifier: MIT
// An agent that can be held to account: whatever it does stands in the file $WITNESS_FILE, one line
// each, and it says what the host told it of the talk, so that a wrong history is heard.
//   begun CONVERSATION TURN PID     a turn has begun
//   done CONVERSATION TURN          its deed, a step of the journal
// Its turns:
//   history      all of the talk: "caller: a | agent: a | caller: b | agent: a b | caller: history"
//   stay         says "here" and waits until it is cancelled
//   WORD         says all that the caller has said, in two halves, as if it had to think
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vap/vap.hpp>

namespace {

using std::string;
using std::string_view;

// µs: long enough that a kill finds somebody talking, and a step that wakes few threads.
constexpr useconds_t thought = 40'000, moment = 10'000;

class Witness : public vap::agent {
 public:
  void start() override {
    const char* file = std::getenv("WITNESS_FILE");
    file_ = file == nullptr ? "" : file;
  }

  void on_message(vap::turn& t) override {
    write("begun", t, " " + std::to_string(::getpid()));
    if (t.text() == "history") return tell_talk(t);
    if (t.text() == "stay") return stay(t);
    tell_words(t);
  }

 private:
  static void think(const vap::turn& t) {
    for (useconds_t spent = 0; spent < thought && !t.cancelled(); spent += moment) ::usleep(moment);
  }

  static void stay(vap::turn& t) {
    t.say("here");
    while (!t.cancelled()) ::usleep(moment);
  }

  void tell_words(vap::turn& t) const {
    const string words = words_of(t);
    think(t);
    if (t.cancelled()) return;
    const vap::step deed = t.once(
        string(t.turn_id()), [&] { write("done", t); },
        [&] { return was_done(t) ? std::optional<string>("") : std::nullopt; });
    if (!deed) {
      if (!t.cancelled()) t.fail("the deed could not be done: " + std::to_string(deed.status()));
      return;
    }
    const string_view half = string_view(words).substr(0, words.size() / 2);
    t.say(half);
    think(t);
    t.say(string_view(words).substr(half.size()));
  }

  static string words_of(const vap::turn& t) {
    string words;
    for (const vap::line& line : t.history()) {
      if (line.from_caller) words += (words.empty() ? "" : " ") + string(line.text);
    }
    return words;
  }

  static void tell_talk(vap::turn& t) {
    string all;
    for (const vap::line& line : t.history()) {
      all += all.empty() ? "" : " | ";
      all += line.from_caller ? "caller: " : "agent: ";
      all += string(line.text) + (line.interrupted ? " [interrupted]" : "");
    }
    t.say(all);
  }

  static string line_of(string_view what, const vap::turn& t) {
    return string(what) + ' ' + string(t.conversation_id()) + ' ' + string(t.turn_id());
  }

  void write(string_view what, const vap::turn& t, const string& more = {}) const {
    const string line = line_of(what, t) + more + '\n';
    const int file = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::runtime_error("no file");
    const bool whole = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!whole) throw std::runtime_error("half a line");
  }

  bool was_done(const vap::turn& t) const {
    const string wanted = line_of("done", t);
    std::ifstream file(file_);
    for (string line; std::getline(file, line);) {
      if (line == wanted) return true;
    }
    return false;
  }

  string file_;
};

}  // namespace

VAP_AGENT(Witness, R"({"id":"test.witness","name":"Witness","version":"1.0.0",
                       "uses":["vap.history/1","vap.journal/1"]})")
