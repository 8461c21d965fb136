// SPDX-License-Identifier: MIT
#include "blank.h"

#include <cctype>
#include <stdexcept>

namespace llm {
namespace {

using Json = nlohmann::json;

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_name(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text)
    if (!is_letter(c) && std::isdigit(static_cast<unsigned char>(c)) == 0 && c != '-') return false;
  return true;
}

std::string path_of(const std::string& url) {
  const std::size_t host = url.find("://");
  const std::size_t path = url.find('/', host == std::string::npos ? 0 : host + 3);
  return path == std::string::npos ? "" : url.substr(path, url.find_first_of("?#", path) - path);
}

// "/a/../b" is another path than it seems; "//" and a "/" at its end may be another, too.
std::size_t odd_steps(const std::string& path) {
  std::size_t odd = 0;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string step = path.substr(at + 1, end - at - 1);
    if (step.empty() || step == "." || step == "..") ++odd;
    at = end;
  }
  return odd;
}

}  // namespace

Blank::Blank(std::string_view text, const std::set<std::string>& names) {
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) parts_.push_back({false, plain});
    plain.clear();
  };
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    plain += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find('}');
    if (text.substr(0, 2) == "{{") {
      plain += '{';
      text.remove_prefix(2);
    } else if (close == std::string_view::npos || !is_name(text.substr(1, close - 1))) {
      plain += '{';
      text.remove_prefix(1);
    } else {
      const std::string name(text.substr(1, close - 1));
      if (names.count(name) == 0)
        throw std::invalid_argument("has {" + name +
                                    "}, which is none of the parameters; a brace is {{");
      end_plain();
      parts_.push_back({true, name});
      text.remove_prefix(close + 1);
    }
  }
  end_plain();
}

std::string Blank::fill(const Json& arguments, Look look) const {
  std::string filled;
  for (const Part& part : parts_) {
    const auto value = part.is_name ? arguments.find(part.text) : arguments.end();
    filled += !part.is_name ? part.text : look(value == arguments.end() ? Json(nullptr) : *value);
  }
  return filled;
}

std::string Blank::front() const {
  return parts_.empty() || parts_[0].is_name ? "" : parts_[0].text;
}

std::string plain_look(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : json_look(value);
}

std::string percent_look(const Json& value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : plain_look(value)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_safe =
        byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~');
    if (is_safe) {
      out += c;
    } else {
      out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  return out;
}

std::string json_look(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string fill_url(const Blank& url, const Json& arguments) {
  const auto any = [](const Json&) { return std::string("x"); };
  std::string filled = url.fill(arguments, percent_look);
  if (odd_steps(path_of(filled)) != odd_steps(path_of(url.fill(arguments, any))))
    throw std::invalid_argument(
        "an argument that is part of a path may not be empty, \".\" or \"..\"");
  return filled;
}

}  // namespace llm
