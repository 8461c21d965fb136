// SPDX-License-Identifier: MIT
#include "flow/wishes.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace patchbay {
namespace {

// What each wish was answered with, in that order.
struct Heard {
  std::vector<std::string> answers;
  Wishes::Done done() {
    return [this](const Problem& outcome) { answers.push_back(outcome ? outcome->code : "done"); };
  }
};

TEST_SUITE("wishes") {
  TEST_CASE("a wish is answered once, with what came of it") {
    Heard heard;
    Wishes wishes;
    const auto wish = wishes.add(heard.done());
    REQUIRE(wish);
    wishes.answer(*wish, Error{"refused", "no", ""});
    wishes.answer(*wish, std::nullopt);
    wishes.dismiss();
    CHECK(heard.answers == std::vector<std::string>{"refused"});
  }

  TEST_CASE("at the end of the host whoever waits hears so, and whoever comes") {
    Heard heard;
    Wishes wishes;
    const auto first = wishes.add(heard.done());
    const auto second = wishes.add(heard.done());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(*first != *second);
    wishes.answer(*second, std::nullopt);
    wishes.dismiss();
    CHECK_FALSE(wishes.add(heard.done()));
    wishes.answer(*first, std::nullopt);  // done after all, and too late
    CHECK(heard.answers == std::vector<std::string>{"done", "stopping", "stopping"});
  }
}

}  // namespace
}  // namespace patchbay
