// SPDX-License-Identifier: MIT
#include "state/standing.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/toy_steward.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

TEST_SUITE("standing") {
  TEST_CASE("what a host says arrives at the other end as it was said") {
    Standing said = test::eventful_night();
    said.draining = true;
    const std::string json = encode_standing(said);
    CHECK(json.find('\n') == std::string::npos);
    const auto heard = decode_standing(json);
    REQUIRE(heard);
    CHECK(encode_standing(*heard) == json);
    CHECK(heard->draining);
    CHECK(heard->plugins[0].generations[2].waiting_for.size() == 2);
    CHECK(heard->plugins[1].refused->why.hint == "set calendar_url in [agents.florist.config]");
  }

  TEST_CASE("the keys of its JSON are those of the document") {
    const Json json = Json::parse(encode_standing(test::eventful_night()));
    CHECK(json["up_ms"] == 270'000'000);
    CHECK(json["turns_open"] == 3);
    CHECK(json["draining"] == false);
    CHECK(json["default_agent"] == "bakery");
    const Json& plugin = json["plugins"][0];
    CHECK(plugin["file"] == "plugins/bakery.so");
    CHECK(plugin["plugin_id"] == "com.example.bakery");
    CHECK(plugin["agents"] == Json({"bakery", "night"}));
    CHECK(plugin["doing"] == "");
    CHECK(plugin["refused"].is_null());
    const Json generation = plugin["generations"][2];
    CHECK(generation["number"] == 2);
    CHECK(generation["state"] == "draining");
    CHECK(generation["version"] == "1.4.0");
    CHECK(generation["digest"] == std::string(64, 'c'));
    CHECK(generation["age_ms"] == 190'000'000);
    CHECK(generation["leases"] == 2);
    CHECK(generation["waiting_for"][1] == "1 task");
    CHECK(generation["turns"] == 1'204'411);
    CHECK(generation["failures"] == 17);
    const Json refused = json["plugins"][1]["refused"];
    CHECK(refused["version"] == "2.0.1");
    CHECK(refused["ago_ms"] == 95'000);
    CHECK(refused["error"]["code"] == "selftest_failed");
  }

  TEST_CASE("the answer to a wish arrives as it was given, with and without a plugin") {
    Granted said;
    said.warning = Error{"stays_mapped", "it stays", "restart"};
    said.plugin = test::eventful_night().plugins[1];
    const auto heard = decode_granted(encode_granted(said));
    REQUIRE(heard);
    CHECK(encode_granted(*heard) == encode_granted(said));
    const auto nothing = decode_granted(encode_granted({}));
    REQUIRE(nothing);
    CHECK(!nothing->plugin);
    CHECK(!nothing->warning);
  }

  TEST_CASE("keys that another version does not write or does not know do no harm") {
    const auto heard = decode_standing(R"({"plugins":[{"file":"a.so","colour":"red",)"
                                       R"("generations":[{"state":"current","leases":null}]}]})");
    REQUIRE(heard);
    CHECK(heard->plugins[0].file == "a.so");
    CHECK(heard->plugins[0].generations[0].state == "current");
  }

  TEST_CASE("what is no standing is an error, and no exception") {
    for (const char* json : {"", "{", "<html>", "[]", R"({"up_ms":"long"})",
                             R"({"plugins":[{"generations":[{"leases":"two"}]}]})"}) {
      CAPTURE(json);
      CHECK(!decode_standing(json));
    }
    CHECK(!decode_granted("<html>"));
  }

  TEST_CASE("a plugin's bytes that are no text are told all the same") {
    Standing said;
    said.plugins.emplace_back().doing = "\xFF";
    CHECK(encode_standing(said).find("\xEF\xBF\xBD") != std::string::npos);
  }

  TEST_CASE("a plugin is found by its agents, its file, and its file's name where that is one") {
    Standing night = test::eventful_night();
    CHECK(find_plugin(night, "night") == night.plugins.data());
    CHECK(find_plugin(night, "plugins/florist.so") == &night.plugins[1]);
    CHECK(find_plugin(night, "/srv/plugins/florist.so") == &night.plugins[1]);
    CHECK(find_plugin(night, "florist.so") == &night.plugins[1]);
    CHECK(find_plugin(night, "baker") == nullptr);
    night.plugins[0].file = "old/florist.so";
    CHECK(find_plugin(night, "florist.so") == nullptr);
  }

  TEST_CASE("the generation that serves is the current one, also on probation") {
    const Standing night = test::eventful_night();
    CHECK(serving(night.plugins[0])->number == 7);
    CHECK(serving(night.plugins[1])->number == 4);
    CHECK(serving(PluginStanding{}) == nullptr);
  }
}

}  // namespace
}  // namespace patchbay
