// SPDX-License-Identifier: MIT
#include "cli/dev_screen.h"

#include <cstddef>
#include <cstdio>
#include <string>

#include "ground/text.h"

namespace patchbay {
namespace {

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

// An error may quote what a plugin said: a terminal must not obey that.
void DevScreen::line(Tone tone, std::string_view text) {
  constexpr std::string_view colours[] = {"", "\x1b[2m", "\x1b[1;32m", "\x1b[1;31m"};
  std::string shown;
  if (colour_) shown += colours[static_cast<std::size_t>(tone)];
  for (;;) {
    const std::size_t end = text.find('\n');
    shown += printable(text.substr(0, end));
    if (end == std::string_view::npos) break;
    shown += "\n  ";
    text.remove_prefix(end + 1);
  }
  if (colour_ && tone != Tone::plain) shown += "\x1b[0m";
  shown += '\n';
  log_.flush();
  const std::lock_guard lock(mutex_);
  write(shown);
}

void DevScreen::refusal(std::string_view what, const Error& why) {
  std::string text(what);
  text += why.message;
  if (!why.hint.empty()) text += "\n" + why.hint;
  line(Tone::bad, text);
}

void DevScreen::output(std::string_view text) {
  if (text.empty()) return;
  const std::lock_guard lock(mutex_);
  write(text);
}

}  // namespace patchbay
