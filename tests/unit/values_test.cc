// SPDX-License-Identifier: MIT
#include "state/values.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

TEST_SUITE("values") {
  TEST_CASE("a value that was put is got again, with the revision it got") {
    Values values({});
    const Values::Put put = values.put("order", "one loaf", 0, 7);
    CHECK(put.status == VAP_OK);
    REQUIRE(put.change);
    CHECK(put.change->key == "s/order");
    CHECK(put.change->value == "one loaf");
    CHECK(put.change->revision == 7);
    CHECK(put.change->was == 0U);
    CHECK(*values.get("order").bytes == "one loaf");
    CHECK(values.get("order").revision == 7);
    CHECK(values.get("other").bytes == nullptr);
    CHECK(values.get("other").revision == 0);
  }

  TEST_CASE("a put on a revision that is past changes nothing") {
    Values values({});
    values.put("order", "one loaf", 0, 7);
    CHECK(values.put("order", "two", 0, 8).status == VAP_E_CONFLICT);
    CHECK(values.put("order", "two", 6, 8).status == VAP_E_CONFLICT);
    CHECK(*values.get("order").bytes == "one loaf");
    CHECK(values.put("order", "two", 7, 8).status == VAP_OK);
    CHECK(values.put("order", "three", VAP_REV_ANY, 9).change->was == 8U);
  }

  TEST_CASE("an empty value removes the key, and removing what is absent writes nothing") {
    Values values({});
    values.put("order", "one loaf", 0, 7);
    const Values::Put removed = values.put("order", "", 7, 8);
    REQUIRE(removed.change);
    CHECK(!removed.change->value);
    CHECK(removed.change->was == 7U);
    CHECK(values.get("order").bytes == nullptr);
    CHECK(values.put("order", "", 0, 9).status == VAP_OK);
    CHECK(!values.put("order", "", VAP_REV_ANY, 9).change);
    CHECK(values.put("order", "", 7, 9).status == VAP_E_CONFLICT);
  }

  TEST_CASE("what is too large, too many or has no name is refused, and nothing is stored") {
    Values values({4, 8, 2});
    CHECK(values.put("", "v", 0, 1).status == VAP_E_INVALID);
    CHECK(values.put("fives", "v", 0, 1).status == VAP_E_LIMIT);
    CHECK(values.put("a", "nine byte", 0, 1).status == VAP_E_LIMIT);
    CHECK(values.put("a", "8 bytes!", 0, 1).status == VAP_OK);
    CHECK(values.put("b", "v", 0, 2).status == VAP_OK);
    CHECK(values.put("c", "v", 0, 3).status == VAP_E_LIMIT);
    CHECK(values.put("b", "w", 2, 4).status == VAP_OK);
  }

  TEST_CASE("what a store has kept is taken up, and what is another's is left") {
    Values values({});
    Record mine{"s/order", "one loaf", 7};
    Record turn{"t/000000000001", "{}", 8};
    CHECK(values.restore(mine));
    CHECK(!values.restore(turn));
    CHECK(*values.get("order").bytes == "one loaf");
    CHECK(values.get("order").revision == 7);
  }
}

}  // namespace
}  // namespace patchbay
