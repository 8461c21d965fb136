// SPDX-License-Identifier: MIT
#include "talk.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

vap::line caller(std::string_view text, bool current = false) {
  vap::line line;
  line.from_caller = true;
  line.text = text;
  line.current = current;
  return line;
}

vap::line agent(std::string_view text, bool interrupted = false) {
  vap::line line;
  line.text = text;
  line.interrupted = interrupted;
  return line;
}

// "user: hi | assistant: hello"
std::string shown(const llm::Talk& talk) {
  std::string out;
  for (const llm::Message& message : talk.messages)
    out.append(out.empty() ? "" : " | ")
        .append(message.from_user ? "user: " : "assistant: ")
        .append(message.text);
  return out;
}

llm::Talk talk_of(const std::vector<vap::line>& lines, std::string_view asked = "asked") {
  return llm::talk_of("prompt", lines.data(), lines.data() + lines.size(), asked);
}

}  // namespace

TEST_SUITE("talk") {
  TEST_CASE("the lines of the conversation are the messages, the question last") {
    CHECK(shown(talk_of({caller("hi"), agent("Hello."), caller("tea", true)})) ==
          "user: hi | assistant: Hello. | user: tea");
  }

  TEST_CASE("a talk that the agent has begun begins with a word of the user's") {
    CHECK(shown(talk_of({agent("Welcome."), caller("tea", true)})) ==
          "user: (The caller is there.) | assistant: Welcome. | user: tea");
  }

  TEST_CASE("what was interrupted is there as it was heard") {
    CHECK(shown(talk_of({caller("hi"), agent("We have t", true), caller("stop", true)})) ==
          "user: hi | assistant: We have t… | user: stop");
  }

  TEST_CASE("where the history has no question, the turn's own is asked") {
    CHECK(shown(talk_of({})) == "user: asked");
    CHECK(shown(talk_of({caller("hi"), agent("Hello.")})) ==
          "user: hi | assistant: Hello. | user: asked");
    CHECK(shown(talk_of({caller("hi")})) == "user: hi asked");
  }

  TEST_CASE("another model goes on from what was said") {
    const llm::Talk talk = llm::go_on(talk_of({}), "We have");
    CHECK(talk.prompt == "prompt");
    CHECK(shown(talk).rfind("user: asked | assistant: We have | user: (", 0) == 0);
  }
}
