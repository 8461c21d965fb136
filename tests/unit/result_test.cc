// SPDX-License-Identifier: MIT
#include "ground/result.h"

#include <doctest/doctest.h>

#include <memory>

namespace patchbay {
namespace {

TEST_SUITE("result") {
  TEST_CASE("a result holds a value or the reason why there is none") {
    const Result<int> value = 7;
    const Result<int> none = Error{"nope", "there is none", ""};
    CHECK(value);
    CHECK(*value == 7);
    CHECK_FALSE(none);
    CHECK(none.error().code == "nope");
  }

  TEST_CASE("a value that only moves can be taken out") {
    Result<std::unique_ptr<int>> held = std::make_unique<int>(3);
    const std::unique_ptr<int> taken = *std::move(held);
    CHECK(*taken == 3);
  }

  TEST_CASE("an error reads as one line, with what to do next") {
    CHECK(Error{"c", "the door is shut", "knock"}.text() == "the door is shut (knock)");
    CHECK(Error{"c", "the door is shut", ""}.text() == "the door is shut");
  }
}

}  // namespace
}  // namespace patchbay
