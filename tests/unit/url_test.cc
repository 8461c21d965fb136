// SPDX-License-Identifier: MIT
#include "codec/url.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

Url parsed(std::string_view text) {
  CAPTURE(text);
  Result<Url> url = parse_url(text);
  REQUIRE(url);
  return *std::move(url);
}

TEST_SUITE("url") {
  TEST_CASE("scheme, host, port and path are told apart") {
    const Url url = parsed("http://127.0.0.1:8080/agents/bakery?x=1#top");
    CHECK(!url.tls);
    CHECK(url.host == "127.0.0.1");
    CHECK(url.port == 8080);
    CHECK(url.target == "/agents/bakery?x=1");
    CHECK(url.authority() == "127.0.0.1:8080");
    CHECK(url.text() == "http://127.0.0.1:8080/agents/bakery?x=1");
  }

  TEST_CASE("what is left out has its usual value") {
    CHECK(parsed("http://a.example").port == 80);
    CHECK(parsed("https://a.example").port == 443);
    CHECK(parsed("HTTPS://a.example").tls);
    CHECK(parsed("http://a.example").target.empty());
    CHECK(parsed("http://a.example/").target == "/");
    CHECK(parsed("http://a.example?x").target == "/?x");
    CHECK(parsed("https://a.example:443/x").authority() == "a.example");
    CHECK(parsed("https://a.example:80/x").authority() == "a.example:80");
  }

  TEST_CASE("an IPv6 address stands in brackets") {
    CHECK(parsed("http://[::1]:9/").host == "::1");
    CHECK(parsed("http://[::1]:9/").authority() == "[::1]:9");
    CHECK(parsed("http://[fe80::1%eth0]/").host == "fe80::1%eth0");
  }

  TEST_CASE("what is no URL of ours is refused") {
    for (const std::string_view text :
         {"", "bakery", "ftp://a", "http:/a", "http://", "http:///x", "http://a:0",
          "http://a:65536", "http://a:", "http://a:8x", "http://u:p@a/", "http://[::1",
          "http://[]:1/", "http://[::1]x", "http://a b/", "http://a/b c", "http://a/\r\nX: y",
          "http://a/\xC3\xA9"}) {
      CAPTURE(text);
      const Result<Url> url = parse_url(text);
      CHECK(!url);
      if (!url) CHECK(url.error().code == "url_invalid");
    }
  }

  TEST_CASE("where a URL leads can be read alone, and a port that is not written is none") {
    CHECK(parse_authority("a.example")->host == "a.example");
    CHECK(parse_authority("a.example")->port == 0);
    CHECK(parse_authority("a.example:443")->port == 443);
    CHECK(parse_authority("[::1]:9")->host == "::1");
    CHECK(parse_authority("[::1]:9")->port == 9);
    for (const std::string_view text : {"", ":9", "a:0", "a:", "::1", "[::1", "u@a", "a/x", "a b"})
      CHECK_MESSAGE(!parse_authority(text), text);
  }

  TEST_CASE("a URL is known by its scheme") {
    CHECK(is_url("http://x"));
    CHECK(is_url("https://"));
    CHECK(is_url("ftp://x"));
    CHECK(!is_url("bakery"));
    CHECK(!is_url("./bakery.so"));
    CHECK(!is_url("http:"));
  }
}

}  // namespace
}  // namespace patchbay
