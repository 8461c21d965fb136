// SPDX-License-Identifier: MIT
#include "state/routes.h"

#include <doctest/doctest.h>

#include "support/toy_host.h"

namespace patchbay {
namespace {

TEST_SUITE("routes") {
  TEST_CASE("a route is found by its name, and no name is the default") {
    const Result<Candidate> candidate = Candidate::stage(test::fixture("probe"));
    REQUIRE(candidate);
    const auto generation = *Generation::load(*candidate, test::any_manifest());
    Agent* const agent = *generation->make_agent(test::named("bakery"), test::toy_table(), nullptr);
    auto table = std::make_shared<RouteTable>();
    table->by_name["bakery"] = {agent, {}};
    Routes routes;
    CHECK_FALSE(routes.find("bakery"));
    routes.publish(table);
    CHECK(routes.find("bakery"));
    CHECK_FALSE(routes.find(""));
    CHECK_FALSE(routes.find("other"));

    auto with_default = std::make_shared<RouteTable>(*table);
    with_default->default_agent = "bakery";
    CHECK(routes.publish(with_default) == table);
    CHECK(routes.find(""));

    SUBCASE("what was found is held, although the table changes") {
      const auto found = routes.find("bakery");
      routes.publish(std::make_shared<RouteTable>());
      CHECK(found->route->agent == agent);
      CHECK(generation->leases() == 1);
      CHECK_FALSE(routes.find("bakery"));
    }
  }
}

}  // namespace
}  // namespace patchbay
