// SPDX-License-Identifier: MIT
#include "codec/authorization.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace patchbay {
namespace {

using Json = nlohmann::json;

Json merged(const char* sent, const char* defaults) {
  const Result<std::string> body = authorization_body(sent, defaults);
  REQUIRE(body);
  return Json::parse(*body);
}

TEST_SUITE("authorization") {
  TEST_CASE("what the front end sent reaches the upstream") {
    CHECK(merged(R"({"agent_id":"ag_1","metadata":{"a":1},"conversation_id":"c"})", "{}") ==
          Json{{"agent_id", "ag_1"}, {"metadata", {{"a", 1}}}, {"conversation_id", "c"}});
  }

  TEST_CASE("without defaults it reaches the upstream byte for byte") {
    const char* const sent =
        R"({ "agent_id":"ag_1", "metadata":{"n":12345678901234567890123,"price":27.0} })";
    CHECK(*authorization_body(sent, "{}") == sent);
  }

  TEST_CASE("the operator's defaults are added, and win over a browser's") {
    const Json body =
        merged(R"({"agent_id":"ag_1","custom_metadata":{"tenant":"evil","user":"ada"}})",
               R"({"custom_metadata":{"tenant":"acme"},"custom_headers":{"x-key":"1"}})");
    CHECK(body["custom_metadata"] == Json{{"tenant", "acme"}, {"user", "ada"}});
    CHECK(body["custom_headers"] == Json{{"x-key", "1"}});
  }

  TEST_CASE("an operator may fix the agent, so that the front end need not name one") {
    CHECK(merged("{}", R"({"agent_id":"ag_9"})") == Json{{"agent_id", "ag_9"}});
  }

  TEST_CASE("a body that is no JSON object is refused in the words that peers use") {
    for (const char* bad : {"", "nope", "[1]", "7", "{\"agent_id\":"}) {
      const Result<std::string> body = authorization_body(bad, "{}");
      REQUIRE_FALSE(body);
      CHECK(body.error().message == "Invalid JSON body.");
    }
  }

  TEST_CASE("a missing, empty or wrong agent_id is refused in the words that peers use") {
    for (const char* bad : {"{}", R"({"agent_id":""})", R"({"agent_id":7})"}) {
      const Result<std::string> body = authorization_body(bad, "{}");
      REQUIRE_FALSE(body);
      CHECK(body.error().message == "Missing agent_id in request body.");
    }
  }

  TEST_CASE("402 is insufficient_balance, whatever the upstream says") {
    CHECK(authorization_failure(402, R"({"error":"pay"})") == "insufficient_balance");
  }

  TEST_CASE("the upstream's own error is relayed, other text cut short") {
    CHECK(authorization_failure(400, R"({"error":"unknown agent"})") == "unknown agent");
    CHECK(authorization_failure(500, "plain trouble") == "plain trouble");
    CHECK(authorization_failure(500, std::string(9000, 'x')).size() == 300);
    CHECK(authorization_failure(500, "") == "The authorization server answered 500.");
  }
}

}  // namespace
}  // namespace patchbay
