// SPDX-License-Identifier: MIT
#include "codec/refused_event.h"

#include <doctest/doctest.h>

#include "codec/json_text.h"

namespace patchbay {
namespace {

HttpAnswerHead head(int status, std::string reason = "") {
  return {status, std::move(reason), {}};
}

TEST_SUITE("refused_event") {
  TEST_CASE("the host's own refusal is told in its own words") {
    const Error error = explain_refused_event(
        head(404, "Not Found"), error_body({"unknown_agent", "no agent 'x'", "see the list"}));
    CHECK(error.code == "http_404");
    CHECK(error.message == "the agent's server answers 404 Not Found: no agent 'x'");
    CHECK(error.hint == "see the list");
  }

  TEST_CASE("a 401 says what to check, whatever the server says") {
    for (const std::string_view body : {"", "nope", R"({"error":{"message":"m","hint":"h"}})"}) {
      const Error error = explain_refused_event(head(401), body);
      CHECK(error.hint.find("secret") != std::string::npos);
      CHECK(error.hint.find("clocks") != std::string::npos);
    }
  }

  TEST_CASE("the words of other servers are found") {
    CHECK(explain_refused_event(head(400), R"({"error":"bad"})").message.ends_with(": bad"));
    CHECK(explain_refused_event(head(422), R"({"detail":"x"})").message.ends_with(": x"));
    CHECK(explain_refused_event(head(500), "oops").message.ends_with(": oops"));
    CHECK(explain_refused_event(head(500), R"({"error":7})").message.ends_with(R"(: {"error":7})"));
    CHECK(explain_refused_event(head(502, "Bad Gateway"), "").message.ends_with("Bad Gateway"));
    CHECK(explain_refused_event(head(500), std::string(9'000, 'x')).message.size() < 300);
  }

  TEST_CASE("a redirect is named, not followed") {
    HttpAnswerHead moved = head(308);
    moved.headers = {{"location", "https://a.example/agent"}};
    CHECK(explain_refused_event(moved, "").hint.find("https://a.example/agent") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
