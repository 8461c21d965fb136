// SPDX-License-Identifier: MIT
// What a host refuses in order to stay up: slow, many and large requests.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

HostProcess::Setup limited(const std::string& name, const std::string& server_table) {
  const std::string file = std::filesystem::temp_directory_path() /
                           ("patchbay-limits-" + std::to_string(::getpid()) + "-" + name + ".toml");
  std::ofstream(file) << "[server]\n" << server_table << "[agents.probe]\nplugin = \"probe\"\n";
  return serving(fixture_directory(), {"--config", file});
}

// Of the process, in MiB: "VmRSS:" is what it has, "VmHWM:" the most that it has had.
std::size_t memory(const HostProcess& host, std::string_view which) {
  std::ifstream status("/proc/" + std::to_string(host.pid()) + "/status");
  std::string word;
  std::size_t kib = 0;
  while (status >> word && word != which) continue;
  status >> kib;
  return kib / 1024;
}

// Of the process, user and system, in ticks of the clock.
long processor_time(const HostProcess& host) {
  std::ifstream stat("/proc/" + std::to_string(host.pid()) + "/stat");
  std::string all(std::istreambuf_iterator<char>(stat), {});
  std::istringstream fields(all.substr(all.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

// A sanitizer's allocator keeps what is freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

std::string head_of(const std::string& method_and_path, std::size_t length,
                    const std::string& more = "") {
  return method_and_path + " HTTP/1.1\r\nHost: x\r\n" + more +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

// Signed by nobody, which only the whole body can tell.
std::string looks_signed() {
  return "layercode-signature: t=" + std::to_string(std::time(nullptr)) +
         ",v1=" + std::string(64, 'a') + "\r\n";
}

std::string code_of(const Answer& answer) {
  return Json::parse(answer.body)["error"]["code"];
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

  TEST_CASE("without descriptors callers are told so, nothing spins, and then all is well again") {
    HostProcess host(limited("descriptors", ""));
    const std::uint16_t port = host.port();
    CHECK(say(port, "probe", "say hi").spoken() == "hi");
    const rlimit few{200, 200};
    REQUIRE(::prlimit(host.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
    std::vector<Line> flood;
    flood.reserve(400);
    for (int i = 0; i < 400; ++i) flood.emplace_back(port);
    // The last one is turned away for sure: those before him have taken what there was.
    const Answer refused = flood.back().read_answer();
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "1");
    CHECK(code_of(refused) == "too_many_connections");
    CHECK(host.logs("cannot accept a connection"));
    // Whoever is in is served all the while.
    flood.front().send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(flood.front().read_answer().status == 200);
    CHECK(eventually([&] {
      const long before = processor_time(host);
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return processor_time(host) - before <= 3;  // ticks of 10 ms; a loop that spins takes 30
    }));
    flood.clear();
    CHECK(eventually([&] {
      const Answer answer = say(port, "probe", "say hi");
      return answer.status == 200 && answer.spoken() == "hi";
    }));
  }

  TEST_CASE("what the head alone decides is answered before a large body comes") {
    struct Case {
      std::string head;
      int status;
      std::string code;
    };
    constexpr std::size_t length = 8'000'000;
    const std::string stale = "layercode-signature: t=1,v1=" + std::string(64, 'a') + "\r\n";
    const std::string chunked =
        "POST /api/agent HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n";
    for (const Case& refused : std::vector<Case>{
             {head_of("POST /nope", length), 404, "not_found"},
             {head_of("PUT /api/agent/", length), 405, "method_not_allowed"},
             {head_of("POST /agents/nobody", length), 404, "unknown_agent"},
             {head_of("POST /api/agent", length), 401, "unauthorized"},
             {head_of("POST /agents/probe/", length), 401, "unauthorized"},
             {head_of("POST /api/agent", length, looks_signed() + looks_signed()), 401,
              "unauthorized"},
             {head_of("POST /api/agent", length, stale), 401, "unauthorized"},
             {head_of("POST /api/agent", 10'000'000, looks_signed()), 413, "body_too_large"},
             {chunked + std::string(16 * 1024, ' '), 401, "unauthorized"},
             {head_of("POST /nope", 2, "Expect: 100-continue\r\n"), 404, "not_found"}}) {
      CAPTURE(refused.head);
      Line line(probe_host().port());
      line.send(refused.head);
      const Answer answer = line.read_answer();
      CHECK(answer.status == refused.status);
      CHECK(code_of(answer) == refused.code);
      CHECK(answer.header("connection") == "close");
      CHECK(line.is_closed());
    }
  }

  TEST_CASE("who is refused at his head and sends on reads why, and costs no memory") {
    HostProcess host(limited("unread", "request_timeout = \"5s\"\n"));
    CHECK(get(host.port(), "/livez").status == 200);
    const std::size_t before = memory(host, "VmHWM:");
    std::vector<Line> lines;
    for (int i = 0; i < 16; ++i) {
      lines.emplace_back(host.port());
      lines.back().send(head_of("POST /nope", 8'000'000));
      lines.back().send(std::string(7'000'000, ' '));
    }
    for (Line& line : lines) CHECK(line.read_answer().status == 404);
    CHECK(memory(host, "VmHWM:") - before < 32);
  }

  TEST_CASE("the memory of large bodies goes back to the system" * doctest::skip(sanitized)) {
    HostProcess host(limited("returned", "max_bodies = \"1GiB\"\n"));
    CHECK(get(host.port(), "/livez").status == 200);
    const std::size_t before = memory(host, "VmRSS:");
    for (int round = 0; round < 2; ++round) {
      std::vector<Line> lines;
      for (int i = 0; i < 20; ++i) {
        lines.emplace_back(host.port());
        lines.back().send(head_of("POST /api/agent", 8'000'000, looks_signed()));
        lines.back().send(std::string(7'000'000, ' '));
      }
      CHECK(eventually([&] { return memory(host, "VmRSS:") > before + 100; }));
      lines.clear();
      CHECK(eventually([&] { return memory(host, "VmRSS:") < before + 32; }));
    }
  }

  TEST_CASE("all large bodies together have a limit, and the small ones pass by it") {
    HostProcess host(
        limited("bodies", "max_body = \"1MiB\"\nmax_bodies = \"1MiB\"\nmetrics = true\n"));
    const std::uint16_t port = host.port();
    const auto held = [&](std::size_t bytes) {
      const std::string metrics = get(port, "/metrics").body;
      return metrics.find("\npatchbay_body_bytes " + std::to_string(bytes) + "\n") !=
             std::string::npos;
    };
    const std::string half(300'000, ' ');
    const auto begin = [&] {
      Line line(port);
      line.send(head_of("POST /api/agent", 400'000, looks_signed()));
      line.send(half);
      return line;
    };
    Line finishes = begin();
    Line hangs_up = begin();
    CHECK(eventually([&] { return held(800'000); }));

    Line one_more = begin();
    const Answer refused = one_more.read_answer();
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "1");
    CHECK(code_of(refused) == "too_many_bodies");
    CHECK(host.logs("too many bodies times=1 most=1048576"));
    CHECK(say(port, "probe", "say hi").spoken() == "hi");
    CHECK(held(800'000));

    hangs_up.close();
    CHECK(eventually([&] { return held(400'000); }));
    finishes.send(std::string(100'000, ' '));
    CHECK(finishes.read_answer().status == 401);
    CHECK(eventually([&] { return held(0); }));
  }

  TEST_CASE("a body counts until its turn is over") {
    HostProcess host(limited("turn", "max_body = \"1MiB\"\nmax_bodies = \"1MiB\"\n"));
    Webhook webhook;
    Json event = Json::parse(message("gap 800", "conv_large"));
    event["more"] = std::string(700'000, 'x');
    webhook.body = event.dump();
    Line running(host.port());
    running.send(webhook.request());
    CHECK(running.read_head().status == 200);

    event["conversation_id"] = "conv_other";
    event["text"] = "say hi";
    webhook.body = event.dump();
    CHECK(send(host.port(), webhook).status == 503);
    while (running.next_event()) continue;
    CHECK(eventually([&] { return send(host.port(), webhook).status == 200; }));
  }

  TEST_CASE("a body that is given up for its slowness counts no more") {
    HostProcess host(limited("slow-bodies",
                             "request_timeout = \"300ms\"\nmax_body = \"1MiB\"\n"
                             "max_bodies = \"1MiB\"\nmetrics = true\n"));
    for (int i = 0; i < 4; ++i) {
      Line line(host.port());
      line.send(head_of("POST /api/agent", 900'000, looks_signed()));
      line.send(std::string(800'000, ' '));
      CHECK(line.read_answer().status == 408);
    }
    CHECK(eventually([&] {
      return get(host.port(), "/metrics").body.find("\npatchbay_body_bytes 0\n") !=
             std::string::npos;
    }));
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
