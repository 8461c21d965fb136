// SPDX-License-Identifier: MIT
#include "codec/address.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

TEST_SUITE("address") {
  TEST_CASE("host and port are taken apart, and written again as they came") {
    for (const char* text : {"127.0.0.1:8080", "[::1]:0", "localhost:65535", "*:80",
                             "a-b.example:1", "[fe80::1%eth0]:9"}) {
      CAPTURE(text);
      const Result<Address> address = parse_address(text);
      REQUIRE(address);
      CHECK(address->text() == text);
    }
    CHECK(parse_address("[::1]:8080")->host == "::1");
    CHECK(parse_address("*:80")->port == 80);
  }

  TEST_CASE("what is no address is refused, and the remedy shows how to write one") {
    for (const char* text : {"", "8080", ":8080", "localhost", "localhost:", "localhost:x",
                             "localhost:-1", "localhost:+1", "localhost:65536", "localhost:80 ",
                             "local host:80", "::1", "::1:8080", "[]:80", "[::1:80", "::1]:80",
                             "[::1]", "http://localhost:80", "localhost:99999999999999999999"}) {
      CAPTURE(text);
      const Result<Address> address = parse_address(text);
      REQUIRE(!address);
      CHECK(address.error().code == "bad_address");
      CHECK(address.error().message.starts_with('"' + std::string(text) + '"'));
      CHECK(address.error().hint.find("127.0.0.1:8080") != std::string::npos);
    }
  }

  TEST_CASE("an IPv6 address without brackets is told apart from a wrong host") {
    CHECK(parse_address("::1:8080").error().message.find("brackets") != std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay
