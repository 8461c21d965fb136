// SPDX-License-Identifier: MIT
#include "lasting/hearing.h"

#include <sys/socket.h>

#include <limits>
#include <stdexcept>

#include "lasting/scene.h"

namespace patchbay::test {
namespace {

constexpr std::string_view accepted = "HTTP/1.1 200";
constexpr std::string_view last_chunk = "0\r\n\r\n";

std::string word(const Step& step, int number) {
  return step.turn + "." + std::to_string(number) + " ";
}

}  // namespace

Hearing::Hearing(std::uint16_t port, const std::string& request, const Step& step,
                 std::vector<std::string>& faults)
    : line_(port), step_(step), faults_(faults) {
  line_.send(request);
}

void Hearing::fault(const std::string& what) {
  faults_.push_back(step_.turn + ": " + what);
}

Hearing::Begun Hearing::read_head() {
  const int status = line_.read_head().status;
  if (status == 200) return Begun::yes;
  if (status != 0 && status != 503) fault("status " + std::to_string(status));
  return Begun::no;
}

void Hearing::read_events(int most) {
  for (int i = 0; (i < most || (step_.after_a_word && words_ == 0)) && !is_over_; ++i) {
    const auto event = line_.next_event();
    is_over_ = !event;
    if (event) take(*event);
  }
}

void Hearing::read_to_end() {
  read_events(std::numeric_limits<int>::max());
  if (ends_ != 1) fault("a stream with " + std::to_string(ends_) + " ends");
}

Hearing::Begun Hearing::read_and_hang_up(int bytes, bool with_reset) {
  std::string response;
  while (!response.ends_with(last_chunk) &&
         (static_cast<int>(response.size()) < bytes || (step_.after_a_word && words_ == 0))) {
    char piece[64];
    const ssize_t got = ::recv(line_.socket(), piece, sizeof piece, 0);
    if (got <= 0) break;
    response.append(piece, static_cast<std::size_t>(got));
    while (response.find('"' + word(step_, words_ + 1)) != std::string::npos) ++words_;
  }
  with_reset ? line_.reset() : line_.close();
  return response.starts_with(accepted) ? Begun::yes : Begun::no;
}

// A repeat may bring several words in one event.
bool Hearing::take_words(std::string_view content) {
  if (had_host_line_) return false;
  while (!content.empty()) {
    const std::string next = word(step_, words_ + 1);
    if (!content.starts_with(next)) return false;
    content.remove_prefix(next.size());
    ++words_;
  }
  return true;
}

void Hearing::take(const Json& event) {
  const std::string type = event.value("type", "");
  const std::string content = event.value("content", "");
  if (ends_ > 0) fault("after its end came " + event.dump());
  if (event.value("turn_id", "") != step_.turn) fault("of another turn came " + event.dump());
  if (type == "response.end") {
    ++ends_;
  } else if (type == "response.tts" && content.ends_with(failure_line) && !had_host_line_) {
    had_host_line_ = true;
  } else if (type != "response.tts" || !take_words(content)) {
    fault("after " + std::to_string(words_) + " words came " + event.dump());
  }
}

}  // namespace patchbay::test
