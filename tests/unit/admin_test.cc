// SPDX-License-Identifier: MIT
#include "flow/admin.h"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "support/admin_house.h"
#include "support/served.h"
#include "support/wait.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

// The admin interface of a host that has no plugins, on a real socket.
struct House : test::AdminHouse {
  test::Served served{admin.endpoints(), log};

  House() { steward.stands(test::eventful_night()); }

  [[nodiscard]] HttpResponse ask(const std::string& method, const std::string& path,
                                 const std::string& body = {}) const {
    return served.ask(method, path, body);
  }
};

std::string code_in(const HttpResponse& answer) {
  return Json::parse(answer.body)["error"]["code"];
}

TEST_SUITE("admin") {
  TEST_CASE("GET /agents tells how all plugins stand, and whether the host drains") {
    House house;
    house.health.set_draining(true);
    const HttpResponse answer = house.ask("GET", "/agents");
    CHECK(answer.status == 200);
    CHECK(answer.content_type == "application/json");
    Standing expected = test::eventful_night();
    expected.draining = true;
    CHECK(answer.body == encode_standing(expected));
  }

  TEST_CASE("a rollback is answered with how the plugin stands after it") {
    House house;
    const HttpResponse answer = house.ask("POST", "/agents/night/rollback");
    CHECK(answer.status == 200);
    CHECK(house.steward.asked() == std::vector<std::string>{"rollback night"});
    const Json json = Json::parse(answer.body);
    CHECK(json["plugin"]["agents"] == Json({"bakery", "night"}));
    CHECK(json["warning"].is_null());
  }

  TEST_CASE("a rollback with nothing to go back to is a conflict") {
    House house;
    house.steward.ends(Error{steward_code::nothing_to_roll_back_to, "bakery has no other", ""});
    const HttpResponse answer = house.ask("POST", "/agents/bakery/rollback");
    CHECK(answer.status == 409);
    CHECK(code_in(answer) == "nothing_to_roll_back_to");
  }

  TEST_CASE("an agent that is not there is 404, with the one that was meant") {
    House house;
    for (const char* verb : {"rollback", "unload"}) {
      const HttpResponse answer = house.ask("POST", std::string("/agents/bakry/") + verb);
      CHECK(answer.status == 404);
      CHECK(Json::parse(answer.body)["error"]["hint"] == "did you mean 'bakery'?");
    }
    CHECK(house.steward.asked().empty());
    CHECK(house.ask("POST", "/agents/bakery").status == 404);
    CHECK(house.ask("POST", "/agents/bakery/restart").status == 404);
    CHECK(house.ask("POST", "/agents/a/b/unload").status == 404);
  }

  TEST_CASE("an unload is answered when it is done, and others are answered meanwhile") {
    House house;
    house.steward.ends(std::nullopt, true);
    auto answer =
        std::async(std::launch::async, [&] { return house.ask("POST", "/agents/bakery/unload"); });
    REQUIRE(test::eventually([&] { return house.steward.asked().size() == 1; }));
    CHECK(house.ask("GET", "/agents").status == 200);
    Standing after = test::eventful_night();
    after.plugins[0].agents.clear();
    house.steward.stands(after);
    house.steward.finish();
    const HttpResponse done = answer.get();
    CHECK(done.status == 200);
    CHECK(Json::parse(done.body)["plugin"]["file"] == "plugins/bakery.so");
  }

  TEST_CASE("a library that stays mapped is a warning, and no failure") {
    House house;
    house.steward.ends(Error{steward_code::stays_mapped, "it has unique symbols", "rebuild it"});
    const HttpResponse answer = house.ask("POST", "/agents/florist/unload");
    CHECK(answer.status == 200);
    CHECK(Json::parse(answer.body)["warning"]["hint"] == "rebuild it");
  }

  TEST_CASE("whoever hangs up before it is done harms nobody") {
    House house;
    house.steward.ends(std::nullopt, true);
    const auto lost =
        fetch({house.served.socket(), "POST", "/load", R"({"what":"x"})", Milliseconds(300)});
    CHECK(!lost);
    REQUIRE(test::eventually([&] { return house.steward.asked().size() == 1; }));
    house.steward.finish();
    CHECK(house.ask("GET", "/agents").status == 200);
  }

  TEST_CASE("a load hands on what was written, and a refused candidate is 422") {
    House house;
    CHECK(house.ask("POST", "/load", R"({"what":"/srv/new.so"})").status == 200);
    house.steward.ends(Error{"truncated", "the file ends before its sections do", "copy it again"});
    const HttpResponse refused = house.ask("POST", "/load", R"({"what":"florist"})");
    CHECK(refused.status == 422);
    CHECK(code_in(refused) == "truncated");
    house.steward.ends(Error{steward_code::unknown_agent, "there is no file x", ""});
    CHECK(house.ask("POST", "/load", R"({"what":"x"})").status == 404);
    house.steward.ends(Error{steward_code::stopping, "the host ends", ""});
    CHECK(house.ask("POST", "/load", R"({"what":"x"})").status == 503);
    CHECK(house.ask("POST", "/load", "florist").status == 400);
    CHECK(house.steward.asked().front() == "load /srv/new.so");
  }

  TEST_CASE("a configuration that is refused is 422 with its error") {
    House house;
    CHECK(house.ask("POST", "/reload").body == R"({"plugin":null,"warning":null})");
    house.steward.ends(Error{"config_invalid", "patchbay.toml:3:1: unknown key 'lisen'", ""});
    const HttpResponse refused = house.ask("POST", "/reload");
    CHECK(refused.status == 422);
    CHECK(code_in(refused) == "config_invalid");
  }

  TEST_CASE("draining goes on and off again") {
    House house;
    CHECK(house.ask("POST", "/drain", R"({"draining":true})").body == R"({"draining":true})");
    CHECK(house.health.draining());
    CHECK(house.ask("POST", "/drain", R"({"draining":false})").body == R"({"draining":false})");
    CHECK(!house.health.draining());
    CHECK(house.ask("POST", "/drain").status == 400);
    CHECK(!house.health.draining());
  }

  TEST_CASE("the log's level is told and changed; one that is none is refused") {
    House house;
    CHECK(house.ask("GET", "/log-level").body == R"({"level":"off"})");
    CHECK(house.ask("PUT", "/log-level", R"({"level":"error"})").body == R"({"level":"error"})");
    CHECK(house.log.level() == LogLevel::error);
    const HttpResponse refused = house.ask("PUT", "/log-level", R"({"level":"loud"})");
    CHECK(refused.status == 400);
    CHECK(code_in(refused) == "unknown_log_level");
    CHECK(house.log.level() == LogLevel::error);
  }

  TEST_CASE("another method or path is refused as everywhere") {
    House house;
    CHECK(house.ask("POST", "/agents").status == 405);
    CHECK(house.ask("GET", "/").status == 404);
  }
}

}  // namespace
}  // namespace patchbay
