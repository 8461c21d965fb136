// SPDX-License-Identifier: MIT
// Neither an idle connection nor an open stream holds a thread: many of both, at once.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <filesystem>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

std::size_t threads_of(const HostProcess& host) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(host.pid()) + "/task")) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

TEST_SUITE("scale") {
  TEST_CASE("2,000 idle connections and 500 open streams, and still everybody is answered") {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    REQUIRE(files.rlim_cur >= 4000);

    HostProcess host(probe_setup());
    const std::uint16_t port = host.port();
    std::vector<Line> idle;
    for (int i = 0; i < 2000; ++i) idle.emplace_back(port);
    std::vector<Line> speaking;
    for (int i = 0; i < 500; ++i) {
      Webhook webhook;
      webhook.body = message("async 4000", "conv_" + std::to_string(i));
      speaking.emplace_back(port);
      speaking.back().send(webhook.request());
      CHECK(speaking.back().read_head().status == 200);
    }
    CHECK(threads_of(host) < 100);
    for (int i = 0; i < 50; ++i)
      CHECK(say(port, "probe", "say hi", "conv_between_" + std::to_string(i)).spoken() == "hi");
    for (Line& line : speaking) {
      CHECK(line.next_event()->at("content") == "later");
      CHECK(line.next_event()->at("type") == "response.end");
    }
    for (std::size_t i = 0; i < idle.size(); i += 100) {
      idle[i].send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(idle[i].read_answer().status == 200);
    }
  }

  TEST_CASE("agents that block hold only themselves up") {
    const std::uint16_t port = probe_host().port();
    std::vector<Line> blocked;
    for (int i = 0; i < 100; ++i) {
      Webhook webhook;
      webhook.body = message("block 1500", "conv_blocked_" + std::to_string(i));
      blocked.emplace_back(port);
      blocked.back().send(webhook.request());
    }
    const auto start = std::chrono::steady_clock::now();
    CHECK(say(port, "probe", "say hi", "conv_free").spoken() == "hi");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(1500));
    for (Line& line : blocked) CHECK(line.read_answer().spoken() == "awake");
  }
}

}  // namespace
}  // namespace patchbay::test
