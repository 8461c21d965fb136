// SPDX-License-Identifier: MIT
#include "cli/admin_client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <string_view>

#include "cli/admin_socket.h"
#include "codec/http_response.h"
#include "codec/json_text.h"
#include "ground/text.h"
#include "machine/local_client.h"
#include "street/unix_listener.h"

namespace patchbay {
namespace {

// As long as anybody waits for an agent to end its last call.
constexpr Milliseconds for_ever = std::chrono::hours{24};
// Between two lines of what is waited for, where they cannot replace each other.
constexpr Seconds between_lines{10};

// More exact than what a connection that failed has to say.
Problem nobody_there(const std::string& socket) {
  constexpr std::string_view hint =
      "see that a host runs, and what it wrote in its log about admin";
  switch (knock(socket)) {
    case Behind::somebody:
      return std::nullopt;
    case Behind::nothing:
      return Error{"no_host", fmt::format("there is no socket {}", socket), std::string(hint)};
    case Behind::nobody:
      return Error{"no_host", fmt::format("nobody answers on {} any more", socket),
                   std::string(hint)};
    case Behind::a_file:
      return Error{"not_a_socket", fmt::format("{} is no socket", socket),
                   "give the one that the host wrote in its log"};
    case Behind::closed_off:
      break;
  }
  return Error{"not_allowed", fmt::format("this user may not ask on {}", socket),
               "ask as the user that the host runs as, or as root: sudo"};
}

// Faults of a configuration file come in several lines.
std::string printable_lines(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

// Shows what is waited for: one line in place on a terminal, else a line now and then.
class WaitingLine {
 public:
  ~WaitingLine() { clear(); }
  void show(const std::string& text) {
    const Moment now = Clock::now();
    if (text.empty() || (!terminal_ && now < next_)) return;
    next_ = now + between_lines;
    // Not wrapped: only one row can be painted over.
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K\x1b[?7l" : "", text,
               terminal_ ? "\x1b[?7h" : "\n");
    std::fflush(stderr);
    shown_ = true;
  }

 private:
  void clear() const {
    if (shown_ && terminal_) fmt::print(stderr, "\r\x1b[K");
  }

  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  Moment next_{};
  bool shown_ = false;
};

}  // namespace

Result<std::string> choose_admin_socket(const std::string& flag) {
  if (!flag.empty()) return flag;
  return find_admin_socket(surroundings());
}

Result<std::string> ask_admin(const std::string& socket, const AdminQuestion& question) {
  if (Problem nobody = nobody_there(socket)) return *std::move(nobody);
  Result<HttpResponse> answer =
      fetch({socket, question.method, question.path, question.body, question.patience});
  if (!answer) return std::move(answer).error();
  if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
  if (const auto error = error_in_body(answer->body)) {
    return Error{error->code, printable_lines(error->message), printable_lines(error->hint)};
  }
  return Error{"not_understood", fmt::format("{} answers {}", socket, answer->status),
               "is it the admin socket of a host?"};
}

Result<Standing> ask_standing(const std::string& socket) {
  const Result<std::string> body = ask_admin(socket, {"GET", "/agents", {}, Seconds(10)});
  if (!body) return body.error();
  return decode_standing(*body);
}

Result<Granted> ask_patiently(const std::string& socket, AdminQuestion question,
                              const std::function<std::string(const Standing&)>& look) {
  question.patience = for_ever;
  auto answer = std::async(std::launch::async, [&] { return ask_admin(socket, question); });
  {
    WaitingLine line;
    while (answer.wait_for(Seconds(1)) != std::future_status::ready) {
      const Result<Standing> standing = ask_standing(socket);
      if (standing) line.show(look(*standing));
    }
  }
  const Result<std::string> body = answer.get();
  if (!body) return body.error();
  return decode_granted(*body);
}

}  // namespace patchbay
