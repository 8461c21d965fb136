// SPDX-License-Identifier: MIT
// An agent that says what the host remembers for it. Its turns:
//   history      what vap.history/1 gives: "caller: Hi | agent: One [interrupted] | caller: ..."
//   count        one more in vap.state/1, and a step of the journal, whose deed is a line in the
//                file of its configuration: says "count 7" only where all of it was written down;
//                "late 7" where the store will have it later; "doubt 7" where nobody knows of the
//                step
//   get          the count as it is
//   tell N MS X  N words, each an event, with so many milliseconds before each: "turn_7.1 turn_7.2
//   ",
//                and a line in that file; X is whatever tells the caller's turns apart. Talks on
//                when it is cancelled
//   talk         says "one two three" and then waits until it is cancelled
//   say X        says X, and asks the host for nothing
//   slow N       leaves a line in the file, whether it did so before or not; says "one" between two
//                things for the screen, and N milliseconds later "two"
// A data event is answered with whether the conversation is known, {"known":true}.
#include <fcntl.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vap/vap.hpp>

namespace {

using std::string;
using std::string_view;

// "7 turn_9": a turn that comes again, since its host was killed, counts once.
struct Count {
  int number = 0;
  string turn;

  static Count read(const string& text) {
    const std::size_t gap = text.find(' ');
    if (gap == string::npos) return {};
    return {std::stoi(text), text.substr(gap + 1)};
  }
};

class Diary : public vap::agent {
 public:
  void start() override { file_ = vap::json_field(config(), "file").value_or(""); }

  void on_data(vap::turn& t) override {
    t.data(t.history().status() < 0 ? R"({"known":false})" : R"({"known":true})");
  }

  void on_message(vap::turn& t) override {
    const string_view text = t.text();
    if (text == "history") return tell_history(t);
    if (text == "count") return count_turn(t);
    if (text == "get") return get(t);
    if (text == "talk") return talk(t);
    if (text.substr(0, 5) == "tell ") return tell(t);
    if (text.substr(0, 5) == "slow ") return speak_slowly(t, std::stoi(string(text.substr(5))));
    if (text.substr(0, 4) == "say ") t.say(text.substr(4));
  }

 private:
  static string stored(const vap::turn& t) { return t.state().get("count").value_or(""); }

  static void get(vap::turn& t) { t.say("at " + std::to_string(Count::read(stored(t)).number)); }

  static void talk(vap::turn& t) {
    t.say("one two three");
    while (!t.cancelled()) ::usleep(1000);
  }

  void tell(vap::turn& t) const {
    do_deed(t);
    std::istringstream order(string(t.text().substr(5)));
    int words = 0;
    int pause_ms = 0;
    order >> words >> pause_ms;
    for (int i = 1; i <= words; ++i) {
      ::usleep(static_cast<useconds_t>(pause_ms) * 1000);
      t.say(string(t.turn_id()) + "." + std::to_string(i) + " ");
    }
  }

  void speak_slowly(vap::turn& t, int ms) const {
    t.state().put("spoke", "slowly");  // what was handed to the store before is written now
    do_deed(t);
    t.data(R"({"first":1})");
    t.say("one");
    t.data(R"({"second": "2"})");
    for (; ms > 0 && !t.cancelled(); --ms) ::usleep(1000);
    t.say(" two");
  }

  static void tell_history(vap::turn& t) {
    const vap::history talk = t.history();
    if (talk.status() < 0) return t.fail("no history");
    string all;
    for (const vap::line& line : talk) {
      all += all.empty() ? "" : " | ";
      all += line.from_caller ? "caller: " : "agent: ";
      all += string(line.text) + (line.interrupted ? " [interrupted]" : "");
    }
    t.say(all);
  }

  // By the C side, which tells what is written from what is late.
  vap_status_t raise(const vap::turn& t, Count& count) const {
    const vap_ext_state_t& state = *extension<vap_ext_state_t>(VAP_EXT_STATE);
    const vap_str_t key{"count", 5};
    for (;;) {
      vap_str_t value{};
      std::uint64_t revision = 0;
      const vap_status_t got = state.get(abi(), t.id(), key, &value, &revision);
      if (got < 0 && got != VAP_E_NOT_FOUND) return got;
      count = Count::read(revision == 0 ? "" : string(value.ptr, value.len));
      if (count.turn == t.turn_id()) return VAP_OK;
      ++count.number;
      count.turn = string(t.turn_id());
      const string after = std::to_string(count.number) + " " + count.turn;
      const vap_status_t put =
          state.put(abi(), t.id(), key, {after.data(), after.size()}, revision);
      if (put != VAP_E_CONFLICT) return put;
    }
  }

  void count_turn(vap::turn& t) {
    Count count;
    const vap_status_t raised = raise(t, count);
    if (raised < 0) return t.fail("the count could not be stored");
    const vap::step done = t.once(string(t.turn_id()), [&] { do_deed(t); });
    const string number = std::to_string(count.number);
    if (!done && !done.in_doubt()) return t.fail("the step could not be done");
    const bool is_late = raised != VAP_OK || done.status() != VAP_OK;
    const char* word = done.in_doubt() ? "doubt " : is_late ? "late " : "count ";
    t.say(word + number);
  }

  void do_deed(const vap::turn& t) const {
    const string line = string(t.conversation_id()) + " " + string(t.turn_id()) + "\n";
    const int file = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::runtime_error("no file");
    const bool whole = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!whole) throw std::runtime_error("half a line");
  }

  string file_;
};

}  // namespace

VAP_AGENT(Diary, R"({"id":"test.diary","name":"Diary","version":"1.0.0",
                     "uses":["vap.state/1","vap.history/1","vap.journal/1"],
                     "config_schema":{"type":"object","properties":{"file":{"type":"string"},
                                                    "edition":{"type":"integer"}},
                                      "additionalProperties":false}})")
