// SPDX-License-Identifier: MIT
#include "codec/egress.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace patchbay {
namespace {

bool lets(const std::string& rule, const std::string& url) {
  const Result<EgressRule> decoded = decode_egress_rule(rule);
  REQUIRE_MESSAGE(decoded, rule);
  const Result<Url> to = parse_url(url);
  REQUIRE_MESSAGE(to, url);
  const std::vector<EgressRule> rules{*decoded};
  return allows(rules, *to);
}

TEST_SUITE("egress") {
  TEST_CASE("a name alone is https on its usual port, and nothing else") {
    CHECK(lets("api.example.com", "https://api.example.com/v1"));
    CHECK(lets("API.example.com.", "https://api.EXAMPLE.com:443/"));
    CHECK_FALSE(lets("api.example.com", "http://api.example.com/"));
    CHECK_FALSE(lets("api.example.com", "http://api.example.com:443/"));
    CHECK_FALSE(lets("api.example.com", "https://api.example.com:8443/"));
    CHECK_FALSE(lets("api.example.com", "https://evil-api.example.com/"));
    CHECK_FALSE(lets("api.example.com", "https://api.example.com.evil.org/"));
  }

  TEST_CASE("with a port it is that port, http too") {
    CHECK(lets("127.0.0.1:9000", "http://127.0.0.1:9000/a"));
    CHECK(lets("127.0.0.1:9000", "https://127.0.0.1:9000/a"));
    CHECK(lets("[::1]:9000", "http://[::1]:9000/"));
    CHECK_FALSE(lets("127.0.0.1:9000", "http://127.0.0.1:9001/"));
    CHECK_FALSE(lets("127.0.0.1:9000", "http://localhost:9000/"));
  }

  TEST_CASE("a star opens what stands below a name, and not the name itself") {
    CHECK(lets("*.example.com", "https://eu.example.com/"));
    CHECK(lets("*.example.com", "https://a.b.example.com/"));
    CHECK_FALSE(lets("*.example.com", "https://example.com/"));
    CHECK_FALSE(lets("*.example.com", "https://notexample.com/"));
  }

  TEST_CASE("what is no host is refused, with how to write one") {
    for (const char* wrong :
         {"", "*", "*.com", "https://api.example.com", "api.example.com/v1",
          "api.example.com:", "api.example.com:0", "api.example.com:http", "a b", "[::1",
          "[1.2.3.4]", "::1", "*.[::1]", ".example.com", "a..b", "user@host"}) {
      const Result<EgressRule> rule = decode_egress_rule(wrong);
      CHECK_MESSAGE(!rule, wrong);
    }
  }

  TEST_CASE("the entry that a refusal names would open it") {
    for (const char* text : {"https://api.example.com/x", "http://a.example:80/", "https://h:8443/",
                             "http://[::1]:99/"}) {
      CHECK(lets(egress_rule_for(*parse_url(text)), text));
    }
  }

  TEST_CASE("link-local addresses are known in every form, and others are not") {
    CHECK(is_link_local_host("169.254.169.254"));
    CHECK(is_link_local_host("fe80::1%eth0"));
    CHECK(is_link_local_host("::ffff:169.254.169.254"));
    CHECK(is_link_local_host("fd00:ec2::254"));
    CHECK_FALSE(is_link_local_host("169.253.0.1"));
    CHECK_FALSE(is_link_local_host("10.0.0.1"));
    CHECK_FALSE(is_link_local_host("::1"));
    CHECK_FALSE(is_link_local_host("metadata.internal"));
  }

  TEST_CASE("loopback is what is written as such") {
    CHECK(is_loopback_host("127.0.0.1"));
    CHECK(is_loopback_host("127.3.2.1"));
    CHECK(is_loopback_host("LOCALHOST"));
    CHECK(is_loopback_host("::1"));
    CHECK_FALSE(is_loopback_host("127.example.com"));
    CHECK_FALSE(is_loopback_host("127.1"));
  }
}

}  // namespace
}  // namespace patchbay
