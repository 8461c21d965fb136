// SPDX-License-Identifier: MIT
#include "cli/admin_socket.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "street/unix_listener.h"
#include "support/temp_dir.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// A machine where nothing is but what a test makes.
struct Machine {
  test::TempDir place;
  Surroundings here;

  Machine() {
    here.user = ::geteuid();
    here.temporary = place.of("tmp");
    here.of_root = place.of("run-patchbay");
    fs::create_directory(here.temporary);
  }
  std::string make(const std::string& name, fs::perms mode = fs::perms::owner_all) const {
    fs::create_directory(place.of(name));
    fs::permissions(place.of(name), mode);
    return place.of(name);
  }
  [[nodiscard]] std::string own() const {
    return here.temporary + "/patchbay-" + std::to_string(here.user);
  }
};

std::string usual(const Surroundings& here) {
  const auto path = usual_admin_socket(here, 8080);
  return path ? *path : path.error().text();
}

unsigned mode_of(const std::string& path) {
  struct stat there {};
  REQUIRE(::lstat(path.c_str(), &there) == 0);
  return there.st_mode & 07777U;
}

TEST_SUITE("admin_socket") {
  TEST_CASE("a service has its socket in the directory that systemd made, the first of several") {
    Machine machine;
    machine.here.runtime_directory = machine.make("service") + ":" + machine.make("other");
    machine.here.xdg_runtime_dir = machine.make("user");
    CHECK(usual(machine.here) == machine.place.of("service") + "/patchbay-8080.sock");
  }

  TEST_CASE("a user who is logged in has it in the directory of the session") {
    Machine machine;
    machine.here.xdg_runtime_dir = machine.make("user");
    CHECK(usual(machine.here) == machine.place.of("user") + "/patchbay-8080.sock");
  }

  TEST_CASE("a session's directory that is not there, or another's, is passed over") {
    Machine machine;
    machine.here.user = 12345;
    machine.here.xdg_runtime_dir = machine.make("user");
    CHECK(usual(machine.here).find("user/") == std::string::npos);
    machine.here.user = ::geteuid();
    machine.here.xdg_runtime_dir = machine.place.of("gone");
    CHECK(usual(machine.here).find("gone") == std::string::npos);
  }

  TEST_CASE("else it is in a directory that is made for this user alone") {
    Machine machine;
    machine.here.user = ::geteuid();
    const std::string directory = machine.here.user == 0 ? machine.here.of_root : machine.own();
    CHECK(usual(machine.here) == directory + "/patchbay-8080.sock");
    CHECK(mode_of(directory) == 0700);
    CHECK(usual(machine.here) == directory + "/patchbay-8080.sock");
  }

  TEST_CASE("a directory that is another's, open to others, or a link, is refused") {
    Machine machine;
    const std::string directory = machine.here.user == 0 ? machine.here.of_root : machine.own();
    const std::string refused = directory + " is no directory of this user alone";
    fs::create_directory(directory);
    fs::permissions(directory, fs::perms::all);
    CHECK(usual(machine.here).starts_with(refused));
    fs::remove(directory);
    fs::create_directory_symlink(machine.make("elsewhere"), directory);
    CHECK(usual(machine.here).starts_with(refused));
    fs::remove(directory);
    machine.here.user = 12345;
    fs::create_directory(machine.own());
    CHECK(usual(machine.here).starts_with(machine.own() + " is no directory of this user alone"));
  }

  TEST_CASE("the only host that runs is found, whatever lies around it") {
    Machine machine;
    machine.here.xdg_runtime_dir = machine.make("user");
    std::ofstream(machine.place.of("user/patchbay-1.sock")) << "no socket";
    const auto other = open_unix_listener(machine.place.of("user/pulse.sock"));
    const auto host = open_unix_listener(machine.place.of("user/patchbay-8080.sock"));
    REQUIRE(host);
    const auto found = find_admin_socket(machine.here);
    REQUIRE(found);
    CHECK(*found == machine.place.of("user/patchbay-8080.sock"));
  }

  TEST_CASE("of several hosts, wherever they are, each is named") {
    Machine machine;
    machine.here.runtime_directory = machine.make("service");
    machine.make("run-patchbay");
    fs::create_directory(machine.own());
    fs::permissions(machine.own(), fs::perms::owner_all);
    const std::vector<std::string> paths{machine.own() + "/patchbay-3.sock",
                                         machine.place.of("run-patchbay/patchbay-2.sock"),
                                         machine.place.of("service/patchbay-1.sock")};
    std::vector<UnixListener> hosts;
    for (const std::string& path : paths) {
      auto host = open_unix_listener(path);
      REQUIRE(host);
      hosts.push_back(*std::move(host));
    }
    CHECK(live_admin_sockets(machine.here).size() == 3);
    const auto found = find_admin_socket(machine.here);
    REQUIRE(!found);
    CHECK(found.error().code == "several_hosts");
    for (const std::string& path : paths)
      CHECK(found.error().message.find("\n  " + path) != std::string::npos);
    CHECK(found.error().hint == "say which one with --admin PATH");
  }

  TEST_CASE("a place that was named twice counts once") {
    Machine machine;
    machine.here.runtime_directory = machine.here.of_root = machine.make("run-patchbay");
    const auto host = open_unix_listener(machine.place.of("run-patchbay/patchbay-1.sock"));
    CHECK(find_admin_socket(machine.here));
  }

  TEST_CASE("where none runs, the error says how to start one") {
    const Machine machine;
    const auto found = find_admin_socket(machine.here);
    REQUIRE(!found);
    CHECK(found.error().text() ==
          "no host runs here that this user may ask (start one with patchbay serve, or name its "
          "socket with --admin PATH)");
  }
}

}  // namespace
}  // namespace patchbay
