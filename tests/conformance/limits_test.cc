// SPDX-License-Identifier: MIT
// What a host refuses in order to stay up: slow, many and large requests.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

HostProcess::Setup limited(const std::string& name, const std::string& server_table) {
  const std::string file = std::filesystem::temp_directory_path() /
                           ("patchbay-limits-" + std::to_string(::getpid()) + "-" + name + ".toml");
  std::ofstream(file) << "[server]\n" << server_table << "[agents.probe]\nplugin = \"probe\"\n";
  return serving(fixture_directory(), {"--config", file});
}

std::string head_of(const std::string& method_and_path, std::size_t length,
                    const std::string& more = "") {
  return method_and_path + " HTTP/1.1\r\nHost: x\r\n" + more +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

TEST_SUITE("limits") {
  TEST_CASE("a request that comes too slowly is given up, however it is dripped") {
    HostProcess host(limited("slow", "request_timeout = \"300ms\"\n"));
    for (const char* part :
         {"POST /api/agent HT", "POST /api/agent HTTP/1.1\r\nHost: x\r\nX-A: ",
          "POST /api/agent HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"ty"}) {
      Line line(host.port());
      line.send(part);
      CHECK(line.read_answer().status == 408);
      CHECK(line.is_closed());
    }
  }

  TEST_CASE("an idle connection is closed after its time, without a word") {
    HostProcess host(limited("idle", "idle_timeout = \"200ms\"\n"));
    Line line(host.port());
    CHECK(line.is_closed());
  }

  TEST_CASE("a turn beyond the limit is refused at once, and the ones before it go on") {
    HostProcess host(limited("turns", "max_turns = 2\n"));
    std::vector<Line> lines;
    for (int i = 0; i < 2; ++i) {
      Line line(host.port());
      Webhook webhook;
      webhook.body = message("gap 800", "conv_" + std::to_string(i));
      line.send(webhook.request());
      CHECK(line.read_head().status == 200);
      lines.push_back(std::move(line));
    }
    const Answer refused = say(host.port(), "probe", "say hi", "conv_third");
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "1");
    CHECK(Json::parse(refused.body)["error"]["code"] == "too_many_turns");
    CHECK(host.logs("code=too_many_turns"));
    // Nobody would tell it again that a call is over.
    Webhook over;
    over.body = event("session.end", "", "conv_0");
    CHECK(send(host.port(), over).status == 200);
    for (Line& line : lines) {
      std::string words;
      while (const auto event = line.next_event()) words += event->value("content", "");
      CHECK(words == "one two");
    }
    CHECK(say(host.port(), "probe", "say hi", "conv_third").spoken() == "hi");
  }

  TEST_CASE("an agent hears of no cancel of a turn that it never got") {
    HostProcess host(limited("queued", "max_workers = 1\n"));
    Webhook webhook;
    webhook.body = message("block 4000", "conv_busy");
    Line busy(host.port());
    busy.send(webhook.request());
    CHECK(busy.read_head().status == 200);
    webhook.body = message("say hi", "conv_queued");
    Line queued(host.port());
    queued.send(webhook.request());
    CHECK(queued.read_head().status == 200);
    queued.close();
    CHECK(host.logs_line({"conversation=conv_queued", "outcome=caller_gone"}));
    CHECK(say(host.port(), "probe", "strays", "conv_after").spoken() == "0");
  }

  TEST_CASE("a connection beyond the limit is refused with words") {
    HostProcess host(limited("connections", "max_connections = 3\n"));
    std::vector<Line> held;
    for (int i = 0; i < 3; ++i) {
      held.emplace_back(host.port());
      held.back().send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(held.back().read_answer().status == 200);
    }
    Line one_more(host.port());
    CHECK(one_more.read_answer().status == 503);
    CHECK(host.logs("too many connections times=1 most=3"));
    held.clear();
    CHECK(eventually([&] { return get(host.port(), "/livez").status == 200; }));
  }

  TEST_CASE("a refusal names the limit, and what to do") {
    const auto hint = [](const std::string& request) {
      return Json::parse(send_raw(probe_host().port(), request).body)["error"]["hint"]
          .get<std::string>();
    };
    CHECK(hint(head_of("POST /api/agent", 10'000'000)).find("max_body in [server]") !=
          std::string::npos);
    CHECK(hint("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n")
              .find("max_head in [server]") != std::string::npos);
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 200; ++i) many += "A: 1\r\n";
    CHECK(hint(many + "\r\n").find("max_header_lines in [server]") != std::string::npos);
    CHECK(hint(head_of("POST /api/agent", 2, "Content-Encoding: gzip\r\n")).find("compress") !=
          std::string::npos);
    CHECK_FALSE(hint("GET / HTTP/1.1\r\n\r\n").empty());
  }

  TEST_CASE("a head that is too large is refused, by bytes and by lines") {
    const std::uint16_t port = probe_host().port();
    CHECK(send_raw(port, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: " + std::string(20'000, 'a') +
                             "\r\n\r\n")
              .status == 431);
    std::string many = "GET /livez HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 200; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
    CHECK(send_raw(port, many + "\r\n").status == 431);
    CHECK(send_raw(port, "GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n")
              .status == 414);
  }
}

}  // namespace
}  // namespace patchbay::test
