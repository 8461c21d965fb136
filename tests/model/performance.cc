// SPDX-License-Identifier: MIT
#include "performance.h"

#include <utility>

namespace model {
namespace {

std::string echo_of(const Asked& asked) {
  std::string text;
  for (const Asked::Message& message : asked.messages)
    text.append(text.empty() ? "" : " | ").append(message.role).append(": ").append(message.text);
  return text;
}

class Writing {
 public:
  Writing(const Script& script, const Dialect& dialect) : script_(script), dialect_(dialect) {}

  std::deque<Step> of(const Asked& asked) && {
    open();
    const bool calls = !script_.tools.empty() && (asked.offers_tools || !script_.always);
    const bool ended =
        calls ? call_tools() : say(script_.echo ? echo_of(asked) : with_results(asked));
    if (ended) return std::move(steps_);
    if (script_.finish != "none") send(dialect_.finish(script_.finish, calls));
    add(Step::Do::end);
    return std::move(steps_);
  }

 private:
  // Until the first piece: what servers send that is no progress.
  void open() {
    if (script_.role) send(dialect_.begin());
    for (std::size_t n = 0; n < script_.empty; ++n) send(dialect_.piece(""));
    wait_ = script_.first;
    if (script_.keep_alive.count() <= 0) return;
    for (; wait_ > script_.keep_alive; wait_ -= script_.keep_alive)
      steps_.push_back({script_.keep_alive, Step::Do::send, dialect_.keep_alive()});
  }

  // True: it ends here, as the script wants.
  bool say(const std::string& text) {
    const std::vector<std::string> pieces = pieces_of(script_, text);
    for (std::size_t n = 0; n < pieces.size(); ++n) {
      if (break_at(n)) return true;
      if (script_.stamp) {
        add(Step::Do::stamp);
      } else {
        send(dialect_.piece(pieces[n]));
      }
      wait_ = script_.gap;
    }
    return break_at(pieces.size());
  }

  std::string with_results(const Asked& asked) const {
    constexpr std::string_view mark = "{result}";
    std::string text = script_.text, results;
    for (const std::string& result : asked.results)  // without the line end that programs print
      results +=
          (results.empty() ? "" : " | ") + result.substr(0, result.find_last_not_of('\n') + 1);
    if (const std::size_t at = text.find(mark); at != std::string::npos)
      text.replace(at, mark.size(), results);
    return text;
  }

  bool call_tools() {
    for (const std::string& piece : pieces_of(Script{}, script_.before)) {
      send(dialect_.piece(piece));
      wait_ = script_.gap;
    }
    for (std::size_t n = 0; n < script_.tools.size(); ++n)
      for (const std::string& part : dialect_.tool(script_.tools[n], n)) {
        send(part);
        wait_ = script_.gap;
      }
    return break_at(script_.tools.size());
  }

  bool break_at(std::size_t n) {
    if (script_.garbage_at == n) send("data: {\"choices\":[{\"delta\":{\"conte\n\n");
    if (script_.error_at == n) return send(dialect_.error()), add(Step::Do::end), true;
    if (script_.stall_at == n) return add(Step::Do::stall), true;
    if (script_.cut_at == n) return add(Step::Do::cut), true;
    return false;
  }

  void send(std::string bytes) { add(Step::Do::send, std::move(bytes)); }
  void add(Step::Do what, std::string bytes = {}) {
    steps_.push_back({std::exchange(wait_, Ms(0)), what, std::move(bytes)});
  }

  const Script& script_;
  const Dialect& dialect_;
  Ms wait_{0};
  std::deque<Step> steps_;
};

}  // namespace

std::deque<Step> steps_of(const Script& script, const Dialect& dialect, const Asked& asked) {
  return Writing(script, dialect).of(asked);
}

}  // namespace model
