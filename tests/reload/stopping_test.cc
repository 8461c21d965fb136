// SPDX-License-Identifier: MIT
// A host that is told to end while its plugins are being replaced.
#include <csignal>

#include "reload/admin_socket.h"
#include "reload/stage.h"

namespace patchbay::test {
namespace {

struct Ending : Stage {
  std::string socket = home.of("admin");
  HostProcess host{serving(plugins, {"--admin", socket})};

  Ending() { CHECK(words(host) == "version 1"); }
  // A plugin whose trial takes as long as it may.
  void try_without_end() {
    put(fixture_file("hangs_in_create"), "endless.so");
    CHECK(host.logs_line({"trying a plugin", "endless.so"}));
  }
};

Line asking(const std::string& socket, const std::string& path, const std::string& body) {
  Line line = Line::to_unix_socket(socket);
  line.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
  return line;
}

// Its children, as their numbers.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const std::size_t name_end = stat.rfind(") ");  // "4711 (name) S 4710 ..."
    if (name_end != std::string::npos && std::stoi(stat.substr(name_end + 4)) == parent)
      found.push_back(std::stoi(stat));
  }
  return found;
}

// Gone, or waiting for whoever should wait for it.
bool has_ended(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string stat;
  if (!std::getline(file, stat)) return true;
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat.at(name_end + 2) == 'Z';
}

TEST_SUITE("stopping") {
  TEST_CASE("a host that is killed leaves no trial behind, and its socket to the next one alone") {
    Ending ending;
    ending.try_without_end();
    std::vector<pid_t> trials;
    CHECK(eventually([&] { return !(trials = children_of(ending.host.pid())).empty(); }));
    ending.host.signal(SIGKILL);
    CHECK(ending.host.wait() == 128 + SIGKILL);
    for (const pid_t trial : trials) CHECK(eventually([&] { return has_ended(trial); }));
    CHECK(fs::exists(ending.socket));
    fs::remove(ending.plugins / "endless.so");
    HostProcess next(serving(ending.plugins, {"--admin", ending.socket}));
    CHECK(words(next) == "version 1");
    HostProcess late(serving(ending.plugins, {"--admin", ending.socket}));
    CHECK(late.wait() == 1);
    CHECK(late.logs("another host answers on"));
    CHECK(ask_admin(ending.socket, "GET", "/agents").status == 200);
  }

  TEST_CASE("a host that is ended while it tries a plugin ends at once, and well") {
    Ending ending;
    ending.try_without_end();
    ending.host.signal(SIGTERM);
    CHECK(ending.host.wait() == 0);
    CHECK(ending.host.logs_line({"stopped", "clean=true"}));
    CHECK(ending.host.log().find("plugin refused") == std::string::npos);
  }

  TEST_CASE("whoever waits for an answer when the host ends is told so") {
    Ending ending;
    ending.try_without_end();
    Line first = asking(ending.socket, "/load", R"({"what":"speaker"})");
    Line second = asking(ending.socket, "/reload", "");
    // Asked after both were heard.
    CHECK(ask_admin(ending.socket, "GET", "/log-level").status == 200);
    ending.host.signal(SIGTERM);
    for (Line* line : {&first, &second}) {
      const Answer answer = line->read_answer();
      CHECK(answer.status == 503);
      CHECK(answer.body.find("\"stopping\"") != std::string::npos);
    }
    CHECK(ending.host.wait() == 0);
  }

  TEST_CASE("while a host drains it can be watched, and takes no further wish") {
    Ending ending;
    Line held = hold(ending.host);
    ending.host.signal(SIGTERM);
    CHECK(ending.host.logs("draining"));
    const Json standing = Json::parse(ask_admin(ending.socket, "GET", "/agents").body);
    CHECK(standing.at("draining") == true);
    CHECK(standing.at("turns_open") == 1);
    CHECK(ask_admin(ending.socket, "POST", "/load", R"({"what":"speaker"})").status == 503);
    held.close();
    CHECK(ending.host.wait() == 0);
    CHECK(!fs::exists(ending.socket));
  }
}

}  // namespace
}  // namespace patchbay::test
