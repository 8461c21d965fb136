// SPDX-License-Identifier: MIT
#include "script.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace model {
namespace {

void skip_spaces(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}

std::string_view trimmed(std::string_view text) {
  skip_spaces(text);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_ms(std::string_view text, Ms& out) {
  std::int64_t count = 0;
  if (!read_number(text, count) || count < 0) return false;
  out = Ms(count);
  return true;
}

bool read_place(std::string_view text, std::optional<std::size_t>& out) {
  return read_number(text, out.emplace());
}

// One word of the line. A value in quotes, or in braces, may have spaces in it.
std::string_view next_word(std::string_view& rest) {
  skip_spaces(rest);
  std::size_t at = 0;
  bool quoted = false;
  int depth = 0;
  for (; at < rest.size(); ++at) {
    const char c = rest[at];
    if (c == '\\' && quoted) {
      ++at;
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (c == '{' && !quoted) ++depth;
    if (c == '}' && !quoted) --depth;
    if (c == ' ' && !quoted && depth <= 0) break;
  }
  at = std::min(at, rest.size());
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(at);
  return word;
}

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  std::string out;
  for (std::size_t at = 1; at + 1 < value.size(); ++at) {
    if (value[at] != '\\') {
      out += value[at];
    } else if (const char escaped = value[++at]; escaped == 'n') {
      out += '\n';
    } else {
      out += escaped;
    }
  }
  return out;
}

bool take_tool(std::string_view value, Script& out) {
  const std::size_t colon = value.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  out.tools.push_back({std::string(value.substr(0, colon)), std::string(value.substr(colon + 1))});
  return true;
}

bool take_flag(std::string_view word, Script& out) {
  if (word == "echo") return out.echo = true;
  if (word == "stamp") return out.stamp = true;
  if (word == "always") return out.always = true;
  if (word == "norole") return !(out.role = false);
  return false;
}

bool take_place(std::string_view key, std::string_view value, Script& out) {
  if (key == "stall") return read_place(value, out.stall_at);
  if (key == "cut") return read_place(value, out.cut_at);
  if (key == "garbage") return read_place(value, out.garbage_at);
  if (key == "error") return read_place(value, out.error_at);
  return false;
}

bool take_value(std::string_view key, std::string_view value, Script& out) {
  if (key == "text") return out.text = unquoted(value), true;
  if (key == "before") return out.before = unquoted(value), true;
  if (key == "finish") return out.finish = value, true;
  if (key == "tool") return take_tool(value, out);
  if (key == "words") return read_number(value, out.words);
  if (key == "chunk") return read_number(value, out.chunk);
  if (key == "empty") return read_number(value, out.empty);
  if (key == "wire") return read_number(value, out.wire);
  if (key == "status") return read_number(value, out.status);
  if (key == "retry_after") return read_number(value, out.retry_after);
  if (key == "first") return read_ms(value, out.first);
  if (key == "gap") return read_ms(value, out.gap);
  if (key == "keepalive") return read_ms(value, out.keep_alive);
  return false;
}

bool take(std::string_view word, Script& out) {
  const std::size_t mark = word.find_first_of("=@");
  if (mark == std::string_view::npos) return take_flag(word, out);
  const std::string_view key = word.substr(0, mark), value = word.substr(mark + 1);
  return word[mark] == '@' ? take_place(key, value, out) : take_value(key, value, out);
}

// "a: stall@3" is for the model a; "text=..." for any.
std::string_view script_for(std::string_view line, std::string_view model, bool& fits) {
  const std::size_t colon = line.find(':');
  const bool named = colon != std::string_view::npos &&
                     line.substr(0, colon).find_first_of(" =@\"{") == std::string_view::npos;
  fits = !named || trimmed(line.substr(0, colon)) == model;
  return named ? line.substr(colon + 1) : line;
}

// The scripts for this model in one thing that the user said, one after another.
std::optional<std::string> scripts_in(std::string_view said, std::string_view model) {
  std::optional<std::string> found;
  for (std::size_t at = 0; (at = said.find("[[", at)) != std::string_view::npos;) {
    const std::size_t end = said.find("]]", at);
    if (end == std::string_view::npos) break;
    bool fits = false;
    const auto script = script_for(trimmed(said.substr(at + 2, end - at - 2)), model, fits);
    if (fits) found = found.value_or("").append(" ").append(script);
    at = end;
  }
  return found;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Both in lower case.
bool fits(const Rule& rule, const Asked& asked, std::string_view last_words) {
  if (!rule.model.empty() && rule.model != asked.model) return false;
  return rule.words.empty() || last_words.find(rule.words) != std::string_view::npos;
}

}  // namespace

std::optional<Script> parse_script(std::string_view line, std::size_t rounds, std::string& wrong) {
  Script script;
  for (;;) {
    const std::string_view word = next_word(line);
    const bool goes_on = word == "then" && rounds > 0;
    if (word.empty() && rounds > 0 && !script.always) script.tools.clear();  // they were called
    if (word.empty() || (word == "then" && !goes_on)) return script;
    if (goes_on) {
      --rounds;
      script = Script{};
      continue;
    }
    if (take(word, script)) continue;
    wrong = word;
    return std::nullopt;
  }
}

std::vector<std::string> pieces_of(const Script& script, std::string_view text) {
  std::vector<std::string> pieces;
  for (std::size_t n = 1; n <= script.words; ++n)
    pieces.push_back((n > 1 ? " word" : "word") + std::to_string(n));
  if (script.words > 0) return pieces;
  while (!text.empty()) {
    std::size_t end = text.find_first_of(" \n", 1);  // a word keeps the space before it
    if (script.chunk > 0) end = script.chunk;
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), pieces.back().size()));
  }
  return pieces;
}

std::vector<Rule> parse_rules(std::string_view file) {
  std::vector<Rule> rules;
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    const std::string_view line = trimmed(file.substr(0, end));
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    const std::size_t colon = line.find(": ");
    if (line.empty() || line.front() == '#' || colon == std::string_view::npos) continue;
    Rule rule;
    const std::string_view when = line.substr(0, colon);
    if (when.substr(0, 6) == "model=") {
      rule.model = when.substr(6);
    } else if (when != "*") {
      rule.words = lower(when);
    }
    rule.script = line.substr(colon + 2);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::optional<Script> choose(const std::vector<Rule>& rules, const Asked& asked,
                             std::string& wrong) {
  std::string_view last_words;
  for (auto message = asked.messages.rbegin(); message != asked.messages.rend(); ++message) {
    if (message->role != "user") continue;
    if (last_words.empty()) last_words = message->text;
    if (const auto script = scripts_in(message->text, asked.model))
      return parse_script(*script, asked.rounds, wrong);
  }
  const std::string words = lower(last_words);
  for (const Rule& rule : rules)
    if (fits(rule, asked, words)) return parse_script(rule.script, asked.rounds, wrong);
  return Script{};
}

}  // namespace model
