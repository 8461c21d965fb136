// SPDX-License-Identifier: MIT
#include "codec/percent.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

TEST_SUITE("percent") {
  TEST_CASE("bytes of any kind come back as they were") {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    const std::string text = percent_encoded(all);
    CHECK(text.find('/') == std::string::npos);
    CHECK(text.find('&') == std::string::npos);
    CHECK(percent_decoded(text) == all);
  }

  TEST_CASE("letters, digits and -._~ stand for themselves, and so does a plus") {
    CHECK(percent_encoded("conv_9-a.b~C /") == "conv_9-a.b~C%20%2F");
    CHECK(percent_decoded("a+b%2fc") == "a+b/c");
  }

  TEST_CASE("a percent without two hex digits is refused") {
    for (const char* text : {"%", "a%2", "%zz", "%-1", "% 1", "%2g"}) CHECK(!percent_decoded(text));
  }
}

}  // namespace
}  // namespace patchbay
