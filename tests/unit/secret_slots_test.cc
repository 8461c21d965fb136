// SPDX-License-Identifier: MIT
#include "codec/secret_slots.h"

#include <doctest/doctest.h>

namespace patchbay {
namespace {

Result<std::string> known(std::string_view name) {
  if (name == "a") return std::string("A-key");
  if (name == "b") return std::string("{secret:a}");
  return Error{"no_such_secret", "there is no secret '" + std::string(name) + "'", ""};
}

TEST_SUITE("secret_slots") {
  TEST_CASE("every slot is filled, once") {
    CHECK(*fill_secret_slots("Bearer {secret:a}", known) == "Bearer A-key");
    CHECK(*fill_secret_slots("{secret:a}, {secret:a}", known) == "A-key, A-key");
    CHECK(*fill_secret_slots("{secret:b}", known) == "{secret:a}");
    CHECK(*fill_secret_slots("{ secret:a } {a}", known) == "{ secret:a } {a}");
  }

  TEST_CASE("an unknown name, and a slot that is none, are errors") {
    CHECK(fill_secret_slots("Bearer {secret:c}", known).error().code == "no_such_secret");
    for (const char* wrong : {"{secret:}", "{secret:a", "{secret:a b}", "{secret:{secret:a}}"})
      CHECK(fill_secret_slots(wrong, known).error().code == "secret_slot_invalid");
  }

  TEST_CASE("whether there is a slot is seen without filling it") {
    CHECK(has_secret_slot("Bearer {secret:a}"));
    CHECK_FALSE(has_secret_slot("Bearer a"));
  }
}

}  // namespace
}  // namespace patchbay
