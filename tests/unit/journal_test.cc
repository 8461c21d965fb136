// SPDX-License-Identifier: MIT
#include "state/journal.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

Record record_of(const RecordChange& change) {
  return {change.key, change.value.value_or(""), change.revision};
}

TEST_SUITE("journal") {
  TEST_CASE("a step is begun once, and whoever asks later gets its result") {
    Journal steps({});
    const Journal::Begun first = steps.begin("place", 1, 11);
    CHECK(first.status == VAP_E_NOT_FOUND);
    REQUIRE(first.change);
    CHECK(first.change->was == 0U);
    const Journal::Begun beside = steps.begin("place", 2, 12);
    CHECK(beside.status == VAP_E_AGAIN);
    CHECK(beside.holder == 1);
    CHECK(!beside.change);
    const Journal::Settled done = steps.finish("place", 1, "order 77", 13);
    CHECK(done.status == VAP_OK);
    CHECK(done.change->was == 11U);
    const Journal::Begun later = steps.begin("place", 3, 14);
    CHECK(later.status == VAP_OK);
    CHECK(*later.result == "order 77");
  }

  TEST_CASE("a step that surely was not done can be begun again") {
    Journal steps({});
    steps.begin("place", 1, 11);
    const Journal::Settled dropped = steps.drop("place", 1);
    CHECK(dropped.status == VAP_OK);
    CHECK(!dropped.change->value);
    CHECK(steps.begin("place", 2, 12).status == VAP_E_NOT_FOUND);
  }

  TEST_CASE("only who is at a step settles it") {
    Journal steps({});
    CHECK(steps.finish("place", 1, "x", 10).status == VAP_E_NOT_FOUND);
    steps.begin("place", 1, 11);
    CHECK(steps.finish("place", 2, "x", 12).status == VAP_E_CONFLICT);
    CHECK(steps.drop("place", 2).status == VAP_E_CONFLICT);
    steps.finish("place", 1, "x", 13);
    CHECK(steps.finish("place", 1, "y", 14).status == VAP_E_CONFLICT);
    CHECK(steps.drop("place", 1).status == VAP_E_CONFLICT);
  }

  TEST_CASE("a step whose holder is gone is in doubt, and goes to who asks next") {
    Journal steps({});
    steps.begin("place", 1, 11);
    steps.abandon("place", 1);
    const Journal::Begun next = steps.begin("place", 2, 12);
    CHECK(next.status == VAP_E_IN_DOUBT);
    CHECK(next.change->was == 11U);
    CHECK(steps.begin("place", 3, 13).status == VAP_E_AGAIN);
    CHECK(steps.finish("place", 2, "found it", 14).status == VAP_OK);
  }

  TEST_CASE("after a restart what was done is done, and what was only begun is in doubt") {
    Journal before({});
    const Record begun = record_of(*before.begin("begun", 1, 11).change);
    before.begin("done", 1, 12);
    const Record done = record_of(*before.finish("done", 1, "", 13).change);

    Journal after({});
    CHECK(after.restore(begun));
    CHECK(after.restore(done));
    CHECK(!after.restore({"s/begun", "b", 1}));
    CHECK(after.begin("begun", 5, 20).status == VAP_E_IN_DOUBT);
    const Journal::Begun again = after.begin("done", 5, 21);
    CHECK(again.status == VAP_OK);
    CHECK(again.result->empty());
  }

  TEST_CASE("who is at a step stays at it when the store was read anew, unless another took it") {
    Journal before({});
    const Record mine = record_of(*before.begin("mine", 1, 11).change);
    before.begin("taken", 1, 12);

    Journal after({});
    after.restore(mine);
    after.restore({"j/taken", "b", 99});
    after.keep_holders(before);
    CHECK(after.begin("mine", 2, 20).status == VAP_E_AGAIN);
    CHECK(after.begin("taken", 2, 21).status == VAP_E_IN_DOUBT);
  }

  TEST_CASE("too long a key, too long a result and too many steps are refused") {
    Journal steps({4, 3, 1});
    CHECK(steps.begin("", 1, 1).status == VAP_E_INVALID);
    CHECK(steps.begin("fives", 1, 1).status == VAP_E_LIMIT);
    CHECK(steps.begin("a", 1, 1).status == VAP_E_NOT_FOUND);
    CHECK(steps.begin("b", 1, 2).status == VAP_E_LIMIT);
    CHECK(steps.finish("a", 1, "four", 3).status == VAP_E_LIMIT);
    CHECK(steps.finish("a", 1, "3by", 4).status == VAP_OK);
  }
}

}  // namespace
}  // namespace patchbay
