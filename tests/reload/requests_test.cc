// SPDX-License-Identifier: MIT
// A version that has requests out, and the version after it.
#include <signal.h>

#include <atomic>

#include "reload/stage.h"
#include "support/scripted_server.h"

namespace patchbay::test {
namespace {

using Voice = ScriptedServer::Voice;
using Asked = ScriptedServer::Asked;

fs::path asker(int number) {
  return fs::path(fixture_directory()) / "asker" / ("asker_" + std::to_string(number) + ".so");
}

// One event, and then nothing until the client goes or the test lets it end.
struct Service {
  std::atomic<bool> ends = false;
  std::atomic<int> clients_gone = 0;
  ScriptedServer server{[this](const Asked&, Voice& voice) {
    voice.begin();
    voice.chunk("data: it begins\n\n");
    pollfd one{voice.fd(), POLLIN | POLLRDHUP, 0};
    while (!ends && ::poll(&one, 1, 2) == 0) continue;
    if (ends) {
      voice.chunk("data: , it ends\n\n");
      voice.end();
    } else {
      ++clients_gone;
      voice.hang_up();
    }
  }};
};

struct Asking : Stage {
  explicit Asking(const Service& service, const std::string& plugins_table = "probation = 0") {
    fs::remove(file);
    put(asker(1), "asker.so");
    write("p.toml", "[server]\nmetrics = true\n[plugins]\n" + plugins_table +
                        "\n[agents.asker.http]\nallow = [\"" + service.server.authority() +
                        "\"]\nsecrets = { model = \"env:MODEL_KEY\" }\n");
  }
  [[nodiscard]] HostProcess::Setup setup() const {
    HostProcess::Setup setup =
        serving(plugins.string(), {"--config", home.of("p.toml"), "--log-level", "debug"});
    setup.environment["MODEL_KEY"] = "sk-never-to-be-seen";
    return setup;
  }
  static Line ask(HostProcess& host, const std::string& text) {
    Line line(host.port());
    Webhook webhook;
    webhook.path = "/agents/asker";
    webhook.body = message(text, "conv_" + text.substr(0, 3));
    line.send(webhook.request());
    CHECK(line.read_head().status == 200);
    return line;
  }
};

std::string rest_of(Line& line) {
  std::string spoken;
  while (const auto event = line.next_event()) {
    if (event->at("type") == "response.tts") spoken += event->at("content").get<std::string>();
  }
  return spoken;
}

bool answers_as(HostProcess& host, int number) {
  const std::string wanted = "version " + std::to_string(number);
  return eventually([&] { return words(host, "version", "conv_v", "asker") == wanted; });
}

TEST_SUITE("requests") {
  TEST_CASE("a version is not unmapped while a request of its is out, and its answer is heard") {
    Service service;
    const Asking stage(service);
    HostProcess host(stage.setup());
    Line held = Asking::ask(host, "POST " + service.server.url());
    CHECK(held.next_event()->at("content") == "it begins");
    CHECK(Asking::ask(host, "own " + service.server.url()).next_event()->at("content") == "asked");
    stage.put(asker(2), "asker.so");
    CHECK(answers_as(host, 2));
    CHECK(host.log().find("version unmapped") == std::string::npos);
    service.ends = true;
    CHECK(rest_of(held) == ", it ends");
    CHECK(host.logs("own has ended"));
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
  }

  TEST_CASE("when the time of a replaced version is over, its requests are cut") {
    Service service;
    const Asking stage(service, "probation = 0\nreload_drain = 0");
    HostProcess host(stage.setup());
    Asking::ask(host, "own " + service.server.url()).next_event();
    CHECK(eventually([&] { return service.server.asked().size() == 1; }));
    stage.put(asker(2), "asker.so");
    CHECK(answers_as(host, 2));
    CHECK(host.logs("own was cancelled"));
    CHECK(host.logs_line({"version unmapped", "version=1.0.0"}));
    CHECK(eventually([&] { return service.clients_gone == 1; }));
  }

  TEST_CASE("a host that goes down cuts what is out, and ends well") {
    Service service;
    const Asking stage(service);
    HostProcess host(stage.setup());
    Asking::ask(host, "own " + service.server.url()).next_event();
    CHECK(eventually([&] { return service.server.asked().size() == 1; }));
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
    CHECK(host.log().find("own was cancelled") != std::string::npos);
  }

  TEST_CASE("a caller who hangs up hangs up on the service too") {
    Service service;
    const Asking stage(service);
    HostProcess host(stage.setup());
    {
      Line line = Asking::ask(host, "POST " + service.server.url());
      CHECK(line.next_event()->at("content") == "it begins");
    }
    CHECK(eventually([&] { return service.clients_gone == 1; }));
    CHECK(host.logs("the request was cancelled"));
    CHECK(host.logs_line({"request", "outcome=cancelled"}));
  }

  TEST_CASE("a secret reaches the service and nothing else, and the list is the operator's") {
    Service service;
    service.ends = true;
    const Asking stage(service);
    HostProcess host(stage.setup());
    Line line =
        Asking::ask(host, "POST " + service.server.url("/v1/chat?key=query-9") + " the question");
    CHECK(rest_of(line) == "it begins, it ends");
    const Asked asked = service.server.asked().at(0);
    CHECK(asked.head.find("Authorization: Bearer sk-never-to-be-seen") != std::string::npos);
    CHECK(asked.body == "the question");
    CHECK(host.logs_line(
        {"request", "method=POST", "path=/v1/chat", "status=200", "outcome=answered"}));
    Line refused = Asking::ask(host, "POST http://127.0.0.1:1/");
    CHECK(rest_of(refused).find("Sorry") != std::string::npos);
    CHECK(host.logs("add \\\"127.0.0.1:1\\\" to allow in [agents.asker.http]"));
    const std::string log = host.log();
    CHECK(log.find("sk-never") == std::string::npos);
    CHECK(log.find("path=/v1/chat?") == std::string::npos);
    const std::string metrics = get(host.port(), "/metrics").body;
    CHECK(metrics.find(R"(patchbay_agent_requests_total{agent="asker",outcome="answered"} 1)") !=
          std::string::npos);
    CHECK(metrics.find(R"(patchbay_agent_requests_total{agent="asker",outcome="not_sent"} 1)") !=
          std::string::npos);
    CHECK(metrics.find("patchbay_agent_first_byte_seconds_count") != std::string::npos);
  }

  TEST_CASE("a change of the allow-list makes the agent anew, and a missing secret is refused") {
    Service service;
    service.ends = true;
    const Asking stage(service);
    HostProcess host(stage.setup());
    CHECK(rest_of(*std::make_unique<Line>(Asking::ask(host, "POST " + service.server.url()))) ==
          "it begins, it ends");
    stage.write("p.toml", "[agents.asker.http]\nallow = [\"127.0.0.1:1\"]\n");
    CHECK(eventually([&] {
      Line line = Asking::ask(host, "POST " + service.server.url());
      return rest_of(line).find("Sorry") != std::string::npos;
    }));

    stage.write("p.toml", "[agents.asker.http.secrets]\nmodel = \"env:NOT_SET_ANYWHERE\"\n");
    HostProcess refused(stage.setup());
    CHECK(refused.wait() != 0);
    CHECK(refused.log().find("agent asker: secret 'model'") != std::string::npos);
  }

  TEST_CASE("an agent in plain C speaks what a service answers") {
    Service service;
    service.ends = true;
    Asking stage(service);
    stage.put(fixture_file("asks"), "asks.so");
    stage.write("p.toml", "[agents.asks.http]\nallow = [\"" + service.server.authority() + "\"]\n");
    HostProcess host(stage.setup());
    const std::string said = say(host.port(), "asks", service.server.url()).spoken();
    CHECK(said.find("data: it begins\n\n") == 0);
    CHECK(said.find(", it ends") != std::string::npos);
  }
}

}  // namespace
}  // namespace patchbay::test
