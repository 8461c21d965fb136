// SPDX-License-Identifier: MIT
//
// greeter - welcomes callers, and knows the name of one who has told it before. Shows the memory of
// a conversation (vap.state/1) and a setting that the operator may change.
#include <cctype>
#include <string>
#include <string_view>
#include <vap/vap.hpp>

namespace {

using std::string;
using std::string_view;

constexpr string_view name_key = "name";
constexpr std::size_t longest_name = 60;  // bytes; more is a speech, not a name

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// "my name is" in "Hi, MY name is Ada"; npos where it is not, or not at the front of a word.
std::size_t find_phrase(string_view text, string_view phrase) {
  for (std::size_t at = 0; at + phrase.size() <= text.size(); ++at) {
    if (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1]))) continue;
    std::size_t same = 0;
    while (same < phrase.size() && lower(text[at + same]) == phrase[same]) ++same;
    if (same == phrase.size()) return at;
  }
  return string_view::npos;
}

// Letters of any language, and what names have inside: O'Neill, Anne-Marie.
bool is_name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalpha(byte) || c == '\'' || c == '-';
}

// A name begins with a capital, or with a letter beyond ASCII, of which we cannot say.
bool looks_like_name(string_view word) {
  const auto first = static_cast<unsigned char>(word.empty() ? ' ' : word.front());
  return std::isupper(first) || first >= 0x80;
}

string_view next_word(string_view& rest) {
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  std::size_t n = 0;
  while (n < rest.size() && is_name_byte(rest[n])) ++n;
  const string_view word = rest.substr(0, n);
  rest.remove_prefix(n);
  return word;
}

// "Ada Lovelace", of the text behind "my name is". Ends at the first word that is no name.
string name_at(string_view rest, bool capital_or_not) {
  const string_view first = next_word(rest);
  if (first.empty() || !(capital_or_not || looks_like_name(first))) return {};
  string name(first);
  for (;;) {
    const string_view word = next_word(rest);
    if (!looks_like_name(word)) break;
    name.append(" ").append(word);
  }
  return name.size() <= longest_name ? name : string();
}

// The name that the caller tells us, or nothing. "I'm hungry" has no capital, so it is no name.
string told_name(string_view text) {
  for (const string_view phrase : {"my name is ", "my name's ", "my name’s "}) {
    const std::size_t at = find_phrase(text, phrase);
    if (at != string_view::npos) return name_at(text.substr(at + phrase.size()), true);
  }
  for (const string_view phrase : {"call me ", "i'm ", "i’m ", "i am ", "this is "}) {
    const std::size_t at = find_phrase(text, phrase);
    if (at == string_view::npos) continue;
    if (string name = name_at(text.substr(at + phrase.size()), false); !name.empty()) return name;
  }
  return {};
}

bool asks_for_name(string_view text) {
  for (const string_view phrase : {"what's my name", "what’s my name", "what is my name",
                                   "know my name", "remember my name", "who am i"}) {
    if (find_phrase(text, phrase) != string_view::npos) return true;
  }
  return false;
}

class Greeter : public vap::agent {
 public:
  void start() override {
    greeting_ = vap::json_field(config(), "greeting").value_or("Hello, and welcome.");
  }

  void on_session_start(vap::turn& t) override {
    if (const auto name = t.state().get(name_key)) {
      t.say("Welcome back, " + *name + ".");
    } else {
      t.say(greeting_ + " What is your name?");
    }
  }

  void on_message(vap::turn& t) override {
    if (const string name = told_name(t.text()); !name.empty()) return remember(t, name);
    const auto known = t.state().get(name_key);
    if (!known) {
      t.say("I don't think we have met. What is your name?");
    } else if (asks_for_name(t.text())) {
      t.say("Your name is " + *known + ".");
    } else {
      t.say("Greeting people is all I can do, " + *known + ", but I do it gladly.");
    }
  }

 private:
  // Stores before it speaks: whoever hears us say the name can rely on it.
  void remember(vap::turn& t, const string& name) {
    if (t.state().put(name_key, name)) {
      t.say("Nice to meet you, " + name + ".");
    } else if (!t.cancelled()) {
      t.fail("the host could not store the name");
    }
  }

  string greeting_;
};

}  // namespace

VAP_AGENT(Greeter, R"({
  "id": "patchbay.greeter", "name": "Greeter", "version": "1.0.0", "license": "MIT",
  "uses": ["vap.state/1"],
  "config_schema": {
    "type": "object",
    "properties": {
      "greeting": {
        "type": "string", "minLength": 1, "maxLength": 500,
        "description": "What a caller hears first, before being asked for a name."
      }
    },
    "additionalProperties": false
  }
})")
