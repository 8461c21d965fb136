// SPDX-License-Identifier: MIT
#include "codec/http_refusal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace patchbay {
namespace {

TEST_SUITE("http_refusal") {
  TEST_CASE("the table is as long as the enumeration, and in its order") {
    CHECK(http_refusals().size() == static_cast<std::size_t>(HttpFault::trailers_refused));
    CHECK(http_refusal(HttpFault::blank_lines).code == "blank_lines");
    CHECK(http_refusal(HttpFault::duplicate_header).code == "duplicate_header");
    CHECK(http_refusal(HttpFault::bad_host).code == "bad_host");
    CHECK(http_refusal(HttpFault::unexpected_body).code == "unexpected_body");
    CHECK(http_refusal(HttpFault::trailers_refused).code == "trailers_refused");
  }

  TEST_CASE("no code stands twice, and each is a word for programs") {
    std::set<std::string> codes;
    for (const HttpRefusal& refusal : http_refusals()) {
      CAPTURE(refusal.code);
      CHECK(codes.insert(refusal.code).second);
      CHECK(refusal.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_01") == std::string::npos);
    }
  }

  TEST_CASE("every refusal has a status of the policy and a sentence for a person") {
    constexpr std::array statuses{400, 413, 414, 415, 417, 431, 501, 505};
    for (const HttpRefusal& refusal : http_refusals()) {
      CAPTURE(refusal.code);
      CHECK(std::find(statuses.begin(), statuses.end(), refusal.status) != statuses.end());
      CHECK((refusal.message.ends_with('.') || refusal.message.ends_with('?')));
    }
  }

  TEST_CASE("every refusal says what to do, and that of a limit which key it is") {
    for (const HttpRefusal& refusal : http_refusals()) CHECK_FALSE(refusal.hint.empty());
    const auto names = [](HttpFault fault, const char* key) {
      return http_refusal(fault).hint.find(std::string(key) + " in [server]") != std::string::npos;
    };
    CHECK(names(HttpFault::body_too_large, "max_body"));
    CHECK(names(HttpFault::head_too_large, "max_head"));
    CHECK(names(HttpFault::too_many_headers, "max_header_lines"));
  }
}

}  // namespace
}  // namespace patchbay
