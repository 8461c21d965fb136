// SPDX-License-Identifier: MIT
//
// A plugin built from the header of 1.0 works with today's, in all that 1.0 had.
#include <doctest/doctest.h>

#include <string>

#include "harness.h"

namespace {

TEST_SUITE("frozen") {
  template <class Extension>
  const Extension& offered(const vap_plugin_t& plugin, const char* id) {
    const void* const found = plugin.get_extension(id);
    REQUIRE(found != nullptr);
    return *static_cast<const Extension*>(found);
  }

  TEST_CASE("turns, state, tasks, metrics and hanging up work") {
    abi::ToyHost host;
    const abi::LoadedPlugin plugin(EVERYTHING_SO);
    CHECK(plugin->struct_size == sizeof(vap_plugin_t));
    CHECK(plugin->abi_minor == 0);
    abi::MadeAgent agent(host, *plugin);
    REQUIRE(agent.status() == VAP_OK);

    CHECK(agent.hears("rye").said == "");
    const abi::Answer second = agent.hears("spelt");
    CHECK(second.said == "rye");
    CHECK_MESSAGE(second.status == VAP_OK, second.why);
    CHECK(agent.hears("later").said == "later");
    CHECK(host.last_delay_ms == 1000);
    CHECK(agent.hears("bye").hung_up);
    CHECK(agent.hears("fail").why == "as asked");
    CHECK(agent.gets("data", "", "c", "[1]").data.at(0) == "[1]");
    CHECK(agent.gets("an event of tomorrow").status == VAP_OK);
    CHECK(host.metrics["turns"] == 5);
    CHECK(host.metrics["left"] == 30000);
  }

  TEST_CASE("the history is read, and a step of the journal runs once") {
    abi::ToyHost host;
    host.told = {{VAP_ROLE_CALLER, "long ago"},
                 {VAP_ROLE_AGENT, "We have", VAP_LINE_INTERRUPTED},
                 {VAP_ROLE_CALLER, "recall", VAP_LINE_CURRENT}};
    const abi::LoadedPlugin plugin(EVERYTHING_SO);
    abi::MadeAgent agent(host, *plugin);
    CHECK(agent.hears("recall").said == "agent: We have... caller: recall. ");
    const abi::Answer first = agent.hears("order");
    CHECK_MESSAGE(first.said == "ordered", first.why);
    CHECK(agent.hears("order").said == "order 7");
    CHECK(agent.hears("cough").status == VAP_PASS);
  }

  TEST_CASE("a create that fails says why") {
    abi::ToyHost host;
    const abi::LoadedPlugin plugin(EVERYTHING_SO);
    const abi::MadeAgent agent(host, *plugin, "[]");
    CHECK(agent.status() == VAP_E_INVALID);
    CHECK(agent.why() == "the config is no object");
  }

  TEST_CASE("the plugin's own extensions are found and work") {
    abi::ToyHost host;
    const abi::LoadedPlugin plugin(EVERYTHING_SO);
    abi::MadeAgent agent(host, *plugin);
    vap_error_t error{};

    CHECK(offered<vap_ext_selftest_t>(*plugin, VAP_EXT_SELFTEST).run(agent.get(), &error) ==
          VAP_OK);

    const auto& handover = offered<vap_ext_handover_t>(*plugin, VAP_EXT_HANDOVER);
    std::string bytes;
    const auto put = [](void* ctx, vap_str_t more) {
      *static_cast<std::string*>(ctx) += abi::view(more);
    };
    CHECK(handover.save(agent.get(), &bytes, put) == VAP_OK);
    CHECK(bytes == "hello");
    CHECK(handover.load(agent.get(), abi::str("0.9"), abi::str("moin"), &error) == VAP_OK);
    bytes.clear();
    CHECK(handover.save(agent.get(), &bytes, put) == VAP_OK);
    CHECK(bytes == "moin");
    CHECK(handover.load(agent.get(), abi::str("0.9"), abi::str(std::string(99, 'x')), &error) ==
          VAP_E_INVALID);

    offered<vap_ext_cancel_t>(*plugin, VAP_EXT_CANCEL).on_cancel(agent.get(), 99, 2);
    CHECK(host.logged.at(0) == "cancelled 2 of another");
  }
}

}  // namespace
