// SPDX-License-Identifier: MIT
#include "state/pins.h"

#include <doctest/doctest.h>

#include "support/toy_host.h"

namespace patchbay {
namespace {

// The same plugin twice, as before and after a reload.
struct TwoVersions {
  std::unique_ptr<Generation> old =
      *Generation::load(*Candidate::stage(test::fixture("probe")), test::any_manifest());
  std::unique_ptr<Generation> fresh =
      *Generation::load(*Candidate::stage(test::fixture("probe")), test::any_manifest());
  Agent* before = *old->make_agent(test::named("bakery"), test::toy_table(), nullptr);
  Agent* after = *fresh->make_agent(test::named("bakery"), test::toy_table(), nullptr);
  Pins pins;  // gives its leases back before the generations die
  Moment now = Clock::now();

  bool on_old(const char* conversation) {
    return &pins.keep(conversation, Lease(*after), now).agent() == before;
  }
};

TEST_SUITE("pins") {
  TEST_CASE("a conversation stays on the version it began with, another begins with the newest") {
    TwoVersions two;
    two.pins.keep("c", Lease(*two.before), two.now);
    CHECK(two.on_old("c"));
    CHECK_FALSE(two.on_old("d"));
    CHECK(two.pins.held(*two.old) == 1);
    CHECK(two.old->leases() == 1);
  }

  TEST_CASE("a conversation that is over holds nothing and begins anew") {
    TwoVersions two;
    two.pins.keep("c", Lease(*two.before), two.now);
    two.pins.release("bakery", "c");
    CHECK(two.old->leases() == 0);
    CHECK_FALSE(two.on_old("c"));
  }

  TEST_CASE("the conversations of one version can all be let go") {
    TwoVersions two;
    for (const char* conversation : {"a", "b", "c"})
      two.pins.keep(conversation, Lease(*two.before), two.now);
    two.pins.keep("d", Lease(*two.after), two.now);
    two.pins.release_all_of(*two.old);
    CHECK(two.old->leases() == 0);
    CHECK(two.pins.held(*two.fresh) == 1);
  }

  TEST_CASE("a conversation that nobody used for long is forgotten") {
    TwoVersions two;
    two.pins.keep("c", Lease(*two.before), two.now);
    two.pins.sweep(two.now + Seconds{14 * 60});
    CHECK(two.old->leases() == 1);
    two.pins.sweep(two.now + Seconds{15 * 60});
    CHECK(two.old->leases() == 0);
  }

  TEST_CASE("a turn without a conversation is not pinned") {
    TwoVersions two;
    two.pins.keep("", Lease(*two.before), two.now);
    CHECK(two.old->leases() == 0);
    CHECK_FALSE(two.on_old(""));
  }
}

}  // namespace
}  // namespace patchbay
