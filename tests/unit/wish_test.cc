// SPDX-License-Identifier: MIT
#include "codec/wish.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

TEST_SUITE("wish") {
  TEST_CASE("a wish is an object with one member of the right kind") {
    const auto text = wished_text(R"( {"what": "plugins/b.so"} )", "what", "\"NAME\"");
    REQUIRE(text);
    CHECK(*text == "plugins/b.so");
    const auto flag = wished_flag(R"({"draining":false})", "draining");
    REQUIRE(flag);
    CHECK(*flag == false);
  }

  TEST_CASE("all else is refused, and shows how to write it") {
    for (const char* body : {"", "draining=true", "{", "{\"draining\":true} x"}) {
      CAPTURE(body);
      const auto flag = wished_flag(body, "draining");
      REQUIRE(!flag);
      CHECK(flag.error().text() == R"(the body is not JSON (send {"draining": true}))");
    }
    for (const char* body : {"[]", "{}", "1", R"({"draining":"yes"})", R"({"drainin":true})",
                             R"({"draining":true,"now":1})"}) {
      CAPTURE(body);
      const auto flag = wished_flag(body, "draining");
      REQUIRE(!flag);
      CHECK(flag.error().code == "body_not_as_wanted");
    }
    CHECK(wished_text(R"({"level":1})", "level", "\"debug\"").error().hint ==
          R"(send {"level": "debug"})");
  }
}

}  // namespace
}  // namespace patchbay
