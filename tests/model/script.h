// SPDX-License-Identifier: MIT
// What the scripted model does with one request. It is told in a line of text, which stands in a
// rules file or in what the user said, between [[ and ]]:
//
//   text="Two coffees, with pleasure."   what it says (the rest of the line may be more of these)
//   words=N          says word1 to wordN instead     echo      says what it was asked, by role
//   chunk=BYTES      pieces of so many bytes; else each word is one
//   stamp            each piece is the nanosecond it was sent at, by CLOCK_MONOTONIC
//   first=MS gap=MS  until the first piece, and between two
//   keepalive=MS     what servers send so often while they think: a comment, or a ping
//   empty=N          pieces without text before the first; norole: none that only names the role
//   stall@N cut@N garbage@N error@N      after N pieces: silence, the connection closed, a line
//                    that is no JSON, the dialect's own error
//   finish=REASON    stop, length, filter; none: the stream ends without a word about it
//   status=CODE retry_after=S            no stream, but this refusal
//   tool=NAME:{...}  calls a tool, in as many pieces as its dialect has; may be said again. Where
//                    its request has what came of it, the text is said, with that as {result}
//   before="..."     what it says ahead of its calls
//   then             what follows is for the request that has what came of the calls before
//   always           calls the same tools again and again, as long as the request offers any
//   wire=BYTES       the stream in pieces of so many bytes, wherever they cut
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace model {

using Ms = std::chrono::milliseconds;

struct ToolCall {
  std::string name;
  std::string arguments;  // JSON
};

struct Script {
  std::string text = "This is a scripted model. It says what it is told to.";
  std::size_t words = 0;
  bool echo = false;
  std::size_t chunk = 0;
  bool stamp = false;
  Ms first{0}, gap{0}, keep_alive{0};
  std::size_t empty = 0;
  bool role = true;
  std::optional<std::size_t> stall_at, cut_at, garbage_at, error_at;
  std::string finish = "stop";
  int status = 200;
  int retry_after = -1;
  std::vector<ToolCall> tools;
  std::string before;
  bool always = false;
  std::size_t wire = 0;
};

// For the request after so many rounds of calls. Nothing: the line has a word that is none of
// these; `wrong` names it.
std::optional<Script> parse_script(std::string_view line, std::size_t rounds, std::string& wrong);

// The text in the pieces that the script wants.
std::vector<std::string> pieces_of(const Script& script, std::string_view text);

// One line of a rules file: "model=NAME: SCRIPT", "some words: SCRIPT", "*: SCRIPT".
struct Rule {
  std::string model;  // empty: any
  std::string words;  // in the last thing that the user said, in whatever case; empty: any
  std::string script;
};
std::vector<Rule> parse_rules(std::string_view file);

// What was asked, as far as scripts care.
struct Asked {
  std::string model;
  struct Message {
    std::string role;  // as the dialect calls it
    std::string text;
  };
  std::vector<Message> messages;  // the system's first, where there is one
  bool offers_tools = false;
  std::size_t rounds = 0;            // of calls, since the user spoke last
  std::vector<std::string> results;  // of the last of them
};

// The newest user's words with a script for this model win ("[[NAME: ...]]" is for the model of
// that name only), then the first rule that fits, then the script that says who it is.
std::optional<Script> choose(const std::vector<Rule>& rules, const Asked& asked,
                             std::string& wrong);

}  // namespace model
