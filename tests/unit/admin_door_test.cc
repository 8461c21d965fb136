// SPDX-License-Identifier: MIT
#include "cli/admin_door.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/admin_house.h"
#include "support/loopback.h"

namespace patchbay {
namespace {

using test::AdminHouse;

Surroundings around(const AdminHouse& house) {
  Surroundings here;
  here.user = ::geteuid();
  here.of_root = house.place.of("run");
  here.temporary = house.place.path.string();
  return here;
}

Config with_socket(const std::string& socket) {
  Config config;
  config.admin_socket = socket;
  return config;
}

TEST_SUITE("admin_door") {
  TEST_CASE("without a word of the configuration it is in the usual place, by the host's port") {
    AdminHouse house;
    const auto door = open_admin_door({}, around(house), 8081, house.admin, house.log);
    REQUIRE(door);
    REQUIRE(*door);
    CHECK((*door)->address() == *usual_admin_socket(around(house), 8081));
    Caller caller((*door)->address());
    caller.say("GET /log-level HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(caller.hears("{\"level\":\"off\"}"));
  }

  TEST_CASE("a host serves without it where the usual place cannot be had") {
    AdminHouse house;
    Surroundings here = around(house);
    here.runtime_directory = house.place.of("gone");
    const auto door = open_admin_door({}, here, 8081, house.admin, house.log);
    REQUIRE(door);
    CHECK(*door == nullptr);
  }

  TEST_CASE("a path that somebody wrote must be had") {
    AdminHouse house;
    const Surroundings here = around(house);
    const std::string path = house.place.of("own.sock");
    const auto door = open_admin_door(with_socket(path), here, 1, house.admin, house.log);
    REQUIRE(door);
    CHECK((*door)->address() == path);
    const auto second = open_admin_door(with_socket(path), here, 1, house.admin, house.log);
    REQUIRE(!second);
    CHECK(second.error().code == "address_in_use");
  }

  TEST_CASE("off is off") {
    AdminHouse house;
    const auto door = open_admin_door(with_socket("off"), around(house), 1, house.admin, house.log);
    REQUIRE(door);
    CHECK(*door == nullptr);
    CHECK(std::filesystem::is_empty(house.place.path));
  }
}

}  // namespace
}  // namespace patchbay
