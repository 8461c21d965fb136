// SPDX-License-Identifier: MIT
#include "joint.h"

#include <cctype>
#include <utility>

namespace llm {
namespace {

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

std::size_t front_of_last_word(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && !is_space(text[at - 1])) --at;
  return at;
}

std::size_t front_of_last_sentence(std::string_view text) {
  if (text.size() < 2) return 0;
  std::size_t at = text.find_last_of(".!?", text.size() - 2);
  if (at == std::string_view::npos) return 0;
  while (at < text.size() && !is_space(text[at])) ++at;
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

bool starts_with(std::string_view text, std::string_view front) {
  return text.substr(0, front.size()) == front;
}

// "..." in front of a continuation is no part of it.
void skip_ellipsis(std::string& text) {
  std::size_t at = 0;
  for (bool more = true; more;) {
    more = false;
    while (at < text.size() && is_space(text[at])) ++at;
    for (const std::string_view dots : {"...", "…"})
      if (starts_with(std::string_view(text).substr(at), dots)) at += dots.size(), more = true;
  }
  text.erase(0, at);
}

}  // namespace

Joint::Joint(std::string said) : said_(std::move(said)), joined_(said_.empty()) {
  while (!said_.empty() && is_space(said_.back())) {
    spaced_ = true;
    said_.pop_back();
  }
  for (const std::size_t at :
       {std::size_t{0}, front_of_last_sentence(said_), front_of_last_word(said_)})
    if (at < said_.size()) fronts_.push_back(at);
}

std::string Joint::take(std::string_view text) {
  if (joined_) return std::string(text);
  held_.append(text);
  skip_ellipsis(held_);
  if (held_.size() < 3 && (starts_with("...", held_) || starts_with("…", held_))) return {};
  const std::string_view said = said_;
  for (const std::size_t front : fronts_)  // could it still become a repetition?
    if (held_.size() <= said.size() - front && starts_with(said.substr(front), held_)) return {};
  return release();
}

std::string Joint::finish() {
  return joined_ ? std::string() : release();
}

std::string Joint::release() {
  joined_ = true;
  if (held_.empty()) return {};
  const std::string_view said = said_;
  for (const std::size_t front : fronts_) {  // the longest first
    const std::string_view part = said.substr(front);
    if (!starts_with(held_, part)) continue;
    const bool whole_word = held_.size() == part.size() || !is_letter(held_[part.size()]);
    if (whole_word || part.size() >= 3) return held_.substr(part.size());
  }
  const std::string_view sticks = ".,;:!?)'";
  const bool needs_space = !spaced_ && sticks.find(held_.front()) == std::string_view::npos;
  return needs_space ? " " + held_ : held_;
}

}  // namespace llm
