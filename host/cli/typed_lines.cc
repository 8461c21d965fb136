// SPDX-License-Identifier: MIT
#include "cli/typed_lines.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace patchbay {
namespace {

constexpr std::string_view green = "\x1b[32m";

// Who means to speak into the agent's words, and is a moment late, does not mean to end the call.
constexpr Milliseconds late_interruption{400};

// After Ctrl-Z and fg a shell gives the terminal back in its own state, and nobody tells.
constexpr Milliseconds look_around{250};

int columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 8) return 80;
  return size.ws_col;
}

void write_out(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

bool TypedLines::possible() {
  const char* kind = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  const bool dumb = kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb";
  return !dumb && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

TypedLines::TypedLines(CtrlC& ctrl_c, bool colour)
    : ctrl_c_(ctrl_c), painter_("you> ", colour ? green : "") {
  ::tcgetattr(STDIN_FILENO, &before_);
  take_over();
}

TypedLines::~TypedLines() {
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

// Keys come one by one and unseen; Ctrl-C stays a signal.
void TypedLines::take_over() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  raw.c_lflag |= ISIG | NOFLSH;  // what was typed into the agent's words survives Ctrl-C
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

bool TypedLines::still_ours() const {
  termios there{};
  ::tcgetattr(STDIN_FILENO, &there);
  return (there.c_lflag & ICANON) == 0;
}

std::optional<std::string> TypedLines::next() {
  if (!still_ours()) take_over();
  asked_at_ = Clock::now();
  for (;;) {
    const LineEditor::Step step = editor_.feed(keys_);
    show();
    if (step == LineEditor::Step::line) {
      finish("");
      std::string line = editor_.text();
      editor_.clear(true);
      return line;
    }
    if (step == LineEditor::Step::end_of_input) break;
    const Woken woken =
        wait_for(STDIN_FILENO, POLLIN, Clock::now() + look_around, ctrl_c_.interrupt());
    if (woken == Woken::timed_out && !still_ours()) {
      take_over();
      painter_.forget();
    }
    if (woken == Woken::interrupted && wants_to_end()) break;
    if (woken == Woken::ready && !read_keys()) break;
  }
  finish("");
  return std::nullopt;
}

bool TypedLines::wants_to_end() {
  const bool pressed = ctrl_c_.take();
  if (ctrl_c_.must_end()) return true;
  if (!pressed) return false;
  keys_.clear();
  if (!editor_.text().empty()) {
    finish("^C");
    editor_.clear(false);
    return false;
  }
  return Clock::now() - asked_at_ >= late_interruption;
}

bool TypedLines::read_keys() {
  std::array<char, 4096> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size > 0) keys_.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
}

void TypedLines::show() {
  write_out(painter_.paint(editor_.text(), editor_.cursor(), columns()));
}

void TypedLines::finish(std::string_view mark) {
  if (!mark.empty()) {
    const std::string text = editor_.text() + std::string(mark);
    write_out(painter_.paint(text, text.size(), columns()));
  }
  write_out(painter_.finish(columns()));
}

}  // namespace patchbay
