// SPDX-License-Identifier: MIT
// How a host starts, refuses to start, and stops (protocol §8, case 74).
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "conformance/hosts.h"
#include "support/file_bytes.h"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

// A directory of its own, gone at the end.
struct TempDir {
  fs::path path = fs::temp_directory_path() /
                  ("patchbay-serve-" + std::to_string(::getpid()) + "-" + std::to_string(made()++));
  TempDir() { fs::create_directories(path); }
  ~TempDir() { fs::remove_all(path); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  void put(const std::string& fixture, const std::string& as = "") const {
    fs::copy_file(fixture_directory() + "/" + fixture, path / (as.empty() ? fixture : as));
  }
  static int& made() {
    static int count = 0;
    return count;
  }
};

struct Refusal {
  int code;
  std::string words;
};

// What a host says that must not start with these arguments.
Refusal refuses(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment = {
                    {"LAYERCODE_WEBHOOK_SECRET", test_secret}}) {
  HostProcess host({arguments, environment, ""});
  const int code = host.wait();
  return {code, host.log()};
}

bool says(const Refusal& refusal, const std::string& words) {
  return refusal.words.find(words) != std::string::npos;
}

Line begin(HostProcess& host, const std::string& command, const std::string& conversation) {
  Line line(host.port());
  Webhook webhook;
  webhook.path = "/agents/probe";
  webhook.body = message(command, conversation);
  line.send(webhook.request());
  CHECK(line.read_head().status == 200);
  return line;
}

TEST_SUITE("serve") {
  TEST_CASE("with no configuration every plugin of the directory is served under its file's name") {
    TempDir plugins;
    plugins.put("probe.so", "first.so");
    HostProcess host(serving(plugins.path));
    CHECK(say(host.port(), "first", "say hi").spoken() == "hi");
    Webhook webhook;
    webhook.body = message("say hi");
    CHECK(send(host.port(), webhook).spoken() == "hi");  // the only one is the default
  }

  TEST_CASE("several agents and no default: /api/agent says what to do") {
    HostProcess host(serving(plugin_directory()));
    Webhook webhook;
    webhook.body = message("hi");
    const Answer answer = send(host.port(), webhook);
    CHECK(answer.status == 404);
    CHECK(answer.body.find("--agent") != std::string::npos);
  }

  TEST_CASE("a plugin that cannot be loaded is named with its reason, and the others serve") {
    TempDir plugins;
    plugins.put("probe.so");
    for (const char* bad :
         {"wrong_major.so", "no_ident.so", "not_a_plugin.so", "null_table.so",
          "throws_in_create.so", "fails_selftest.so", "needs_newer_minor.so",
          "needs_unknown_extension.so", "text.so", "truncated.so", "wrong_arch.so"}) {
      plugins.put(bad);
    }
    HostProcess host(serving(plugins.path));
    CHECK(say(host.port(), "probe", "say hi").spoken() == "hi");
    for (const char* reason :
         {"wrong_major.so code=wrong_abi", "no_ident.so code=no_ident",
          "not_a_plugin.so code=no_entry", "null_table.so code=bad_table",
          "throws_in_create.so code=create_failed", "fails_selftest.so code=selftest_failed",
          "needs_newer_minor.so code=needs_newer_host",
          "needs_unknown_extension.so code=needs_extension", "text.so code=not_elf",
          "truncated.so code=truncated", "wrong_arch.so code=wrong_machine"}) {
      CAPTURE(reason);
      CHECK(host.log().find(reason) != std::string::npos);
    }
    CHECK(say(host.port(), "text", "hi").status == 404);
  }

  TEST_CASE("overwriting the file of a running plugin harms nobody") {
    TempDir plugins;
    plugins.put("probe.so");
    HostProcess host(serving(plugins.path));
    CHECK(say(host.port(), "probe", "say before").spoken() == "before");
    std::ofstream(plugins.path / "probe.so", std::ios::trunc) << "nothing";
    CHECK(say(host.port(), "probe", "say after", "conv_2").spoken() == "after");
  }

  TEST_CASE("an agent that the configuration names must load, else the host does not start") {
    TempDir dir;
    std::ofstream(dir.path / "p.toml") << "[agents.sales]\nplugin = \"missing\"\n";
    const Refusal refusal =
        refuses({"serve", "--listen", "127.0.0.1:0", "--plugins", fixture_directory(), "--config",
                 (dir.path / "p.toml").string()});
    CHECK(refusal.code == 1);
    CHECK(says(refusal, "agent sales"));
    CHECK(says(refusal, "missing.so"));
    std::ofstream(dir.path / "p.toml") << "[agents.porbe]\n";
    CHECK(says(refuses({"serve", "--listen", "127.0.0.1:0", "--plugins", fixture_directory(),
                        "--config", (dir.path / "p.toml").string()}),
               "did you mean 'probe'?"));
  }

  TEST_CASE("an agent that cannot be made is named, also where another has tasks waiting") {
    TempDir dir;
    for (const char* other : {"refuse = \"no\"", "create_ms = 50\nrefuse = \"no\""}) {
      std::ofstream(dir.path / "p.toml")
          << "[agents.a]\nplugin = \"probe\"\n[agents.a.config]\ntick_ms = 1\n"
             "[agents.b]\nplugin = \"probe\"\n[agents.b.config]\n"
          << other << "\n";
      const Refusal refusal =
          refuses({"serve", "--listen", "127.0.0.1:0", "--plugins", fixture_directory(), "--config",
                   (dir.path / "p.toml").string()});
      CHECK(refusal.code == 1);
      CHECK(says(refusal, "agent b"));
    }
  }

  TEST_CASE("a mistake in the configuration names its line and what was meant") {
    TempDir dir;
    std::ofstream(dir.path / "p.toml") << "[server]\nlisen = \"127.0.0.1:0\"\n";
    const Refusal refusal = refuses({"serve", "--config", (dir.path / "p.toml").string()});
    CHECK(refusal.code == 1);
    CHECK(says(refusal, "p.toml:2"));
    CHECK(says(refusal, "'listen'"));
  }

  TEST_CASE("an address that is taken, wrong or unknown is named with the remedy") {
    const std::string taken = "127.0.0.1:" + std::to_string(shipped_host().port());
    const Refusal refusal = refuses({"serve", "--plugins", plugin_directory(), "--listen", taken});
    CHECK(refusal.code == 1);
    CHECK(says(refusal, taken));
    CHECK(says(refusal, "--listen"));
    CHECK(refuses({"serve", "--plugins", plugin_directory(), "--listen", "nonsense"}).code == 1);
    CHECK(refuses({"serve", "--plugins", plugin_directory(), "--listen", "127.0.0.1:99999"}).code ==
          1);
  }

  TEST_CASE("an address that cannot be is refused before any plugin is loaded") {
    const Refusal refusal =
        refuses({"serve", "--plugins", plugin_directory(), "--listen", "127.0.0.1"});
    CHECK(refusal.code == 1);
    CHECK(says(refusal, "has no port"));
    CHECK_FALSE(says(refusal, "agent ready"));
  }

  TEST_CASE("a signal ends a host that is still starting") {
    TempDir dir;
    std::ofstream(dir.path / "p.toml")
        << "[agents.quick]\nplugin = \"probe\"\n"
           "[agents.slow]\nplugin = \"probe\"\n[agents.slow.config]\ncreate_ms = 600000\n";
    for (const int number : {SIGTERM, SIGINT}) {
      HostProcess host(serving(fixture_directory(), {"--config", (dir.path / "p.toml").string()}));
      CHECK(host.logs("trying a plugin"));
      host.signal(number);
      CHECK(host.wait() == 0);
      CHECK(host.log().find("stopping signal=") != std::string::npos);
    }
  }

  TEST_CASE("the last line of the log is written, also where an agent never comes back") {
    TempDir dir;
    std::ofstream(dir.path / "p.toml") << "[server]\ndrain_timeout = 0\n"
                                          "[agents.probe]\nplugin = \"probe\"\n";
    for (int i = 0; i < 5; ++i) {
      HostProcess host(serving(fixture_directory(), {"--config", (dir.path / "p.toml").string()}));
      Line line = begin(host, "gap 600000", "conv_1");
      CHECK(line.next_event()->at("content") == "one");  // so it is at work, and not still queued
      host.signal(SIGTERM);
      CHECK(host.wait() == 0);
      CHECK(host.log().ends_with("stopped clean=false\n"));
    }
  }

  TEST_CASE("a plugin directory that is not there is named") {
    const Refusal refusal =
        refuses({"serve", "--listen", "127.0.0.1:0", "--plugins", "/nowhere/plugins"});
    CHECK(refusal.code == 1);
    CHECK(says(refusal, "/nowhere/plugins"));
  }

  TEST_CASE("an unknown flag or verb is a usage error, and says what was probably meant") {
    CHECK(refuses({"nope"}).code == 2);
    const Refusal nothing = refuses({});
    CHECK(nothing.code == 2);
    CHECK(says(nothing, "Subcommands:"));
    const Refusal no_flag = refuses({"serve", "--port", "80"});
    CHECK(no_flag.code == 2);
    CHECK(says(no_flag, "patchbay: there is no option '--port' here\n  see patchbay serve --help"));
    const Refusal misspelt = refuses({"call", "--secrt=whsec_x"});
    CHECK(says(misspelt, "there is no option '--secrt' here; did you mean '--secret'?"));
    const Refusal inner = refuses({"config", "chek", "patchbay.toml"});
    CHECK(inner.code == 2);
    CHECK(says(inner, "there is no verb 'chek'; did you mean 'check'?"));
    CHECK(says(refuses({"config", "check", "--all"}), "see patchbay config check --help"));
  }

  TEST_CASE("a fault in a configuration begins with its place") {
    TempDir dir;
    const std::string file = (dir.path / "patchbay.toml").string();
    std::ofstream(file) << "[server]\nlisen = 1\n[log]\nlevl = 1\n";
    for (const Refusal& refusal :
         {refuses({"serve", "--config", file}), refuses({"config", "check", file})}) {
      CHECK(refusal.code == 1);
      CHECK(refusal.words.starts_with(file + ":2:1: "));
      CHECK(says(refusal, "\n" + file + ":4:1: "));
    }
  }

  TEST_CASE("a call to an address that is no URL shows the URL") {
    for (const std::string address : {"127.0.0.1:8080", "localhost:8080/agents/bakery"}) {
      const Refusal refusal = refuses({"call", address, "--say", "hi"});
      CHECK(refusal.code == 2);
      CHECK(says(refusal, "http://" + address));
    }
  }

  TEST_CASE("a secret on the command line is refused, and not shown") {
    const Refusal refusal =
        refuses({"call", "http://127.0.0.1:1/", "--secret", "whsec_x", "--say", "hi"});
    CHECK(refusal.code == 2);
    CHECK(says(refusal, "--secret must say where the secret is"));
    CHECK_FALSE(says(refusal, "whsec_x"));
  }

  TEST_CASE("without --plugins, the plugins beside the program are served") {
    TempDir empty;
    HostProcess host({{"serve", "--listen", "127.0.0.1:0"},
                      {{"LAYERCODE_WEBHOOK_SECRET", test_secret}},
                      empty.path.string()});
    CHECK(host.port() != 0);
    Webhook webhook;
    webhook.path = "/agents/echo";
    webhook.body = message("hi");
    CHECK(send(host.port(), webhook).spoken() == "You said: hi");
  }

  TEST_CASE("a configuration that is no JSON is no fault of the plugin's") {
    const Refusal refusal = refuses({"check", plugin_directory() + "/echo.so", "--config", "{"});
    CHECK(refusal.code == 2);
    CHECK(says(refusal, "--config wants JSON"));
  }

  TEST_CASE("--dev makes up a secret, says it once, and serves this machine only") {
    TempDir home;
    HostProcess::Setup setup{{"serve", "--dev", "--listen", "127.0.0.1:0", "--plugins",
                              plugin_directory(), "--agent", "echo"},
                             {{"XDG_STATE_HOME", home.path.string()}},
                             ""};
    HostProcess host(setup);
    const std::uint16_t port = host.port();
    CHECK(port != 0);
    std::string secret;
    CHECK(eventually([&] {
      const std::string output = host.output();
      const std::size_t at = output.find("whsec_dev_");
      if (at != std::string::npos) secret = output.substr(at, output.find('\n', at) - at);
      return !secret.empty();
    }));
    CHECK(host.output().rfind("whsec_dev_") == host.output().find("whsec_dev_"));
    Webhook webhook;
    webhook.secret = secret;
    webhook.body = message("hi");
    CHECK(send(port, webhook).spoken() == "You said: hi");
    const Refusal open =
        refuses({"serve", "--dev", "--listen", "0.0.0.0:0", "--plugins", plugin_directory()}, {});
    CHECK(open.code == 1);
    CHECK(says(open, "loopback"));
    const Refusal name = refuses(
        {"serve", "--dev", "--listen", "127.example.com:0", "--plugins", plugin_directory()}, {});
    CHECK(says(name, "loopback"));
  }

  TEST_CASE("two hosts with --dev share the made-up secret, also one that cannot start") {
    TempDir home;
    const fs::path file = home.path / "patchbay" / "dev-secret";
    const HostProcess::Setup setup{
        {"serve", "--dev", "--listen", "127.0.0.1:0", "--plugins", plugin_directory()},
        {{"XDG_STATE_HOME", home.path.string()}},
        ""};
    HostProcess first(setup);
    const std::uint16_t port = first.port();
    CHECK(port != 0);
    const std::string secret = file_bytes(file.string());
    CHECK(secret.starts_with("whsec_dev_"));
    HostProcess second(setup);
    CHECK(second.port() != 0);
    CHECK(file_bytes(file.string()) == secret);
    CHECK(refuses({"serve", "--dev", "--listen", "127.0.0.1:" + std::to_string(port), "--plugins",
                   plugin_directory()},
                  setup.environment)
              .code == 1);
    CHECK(file_bytes(file.string()) == secret);
    for (HostProcess* host : {&first, &second}) {
      Webhook webhook;
      webhook.path = "/agents/echo";
      webhook.secret = secret;
      webhook.body = message("hi");
      CHECK(send(host->port(), webhook).spoken() == "You said: hi");
    }
  }

  TEST_CASE("a made-up secret that others could have read is made up anew") {
    TempDir home;
    const fs::path file = home.path / "patchbay" / "dev-secret";
    fs::create_directories(file.parent_path());
    const std::string known = "whsec_dev_" + std::string(48, '0');
    std::ofstream(file) << known;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read);
    HostProcess host(
        {{"serve", "--dev", "--listen", "127.0.0.1:0", "--plugins", plugin_directory()},
         {{"XDG_STATE_HOME", home.path.string()}},
         ""});
    CHECK(host.port() != 0);
    CHECK(file_bytes(file.string()) != known);
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  }

  TEST_CASE("SIGTERM lets a running turn finish, refuses new ones, and ends with 0 (case 74)") {
    for (const int number : {SIGTERM, SIGINT}) {
      HostProcess host(probe_setup());
      Line idle(host.port());
      Line speaking = begin(host, "gap 700", "conv_1");
      CHECK(speaking.next_event()->at("content") == "one");
      host.signal(number);
      CHECK(host.logs("draining"));
      Webhook webhook;
      webhook.body = message("say hi", "conv_2");
      idle.send(webhook.request());
      const Answer refused = idle.read_answer();
      CHECK(refused.status == 503);
      CHECK(refused.header("connection") == "close");
      CHECK(refused.header("retry-after") == "1");
      CHECK(speaking.next_event()->at("content") == " two");
      CHECK(speaking.next_event()->at("type") == "response.end");
      CHECK(host.wait() == 0);
    }
  }

  TEST_CASE("while agents are being destroyed a webhook is refused with 503 (case 74)") {
    TempDir dir;
    std::ofstream(dir.path / "p.toml")
        << "[agents.probe]\nplugin = \"probe\"\n[agents.probe.config]\nstop_ms = 1000\n";
    HostProcess host(serving(fixture_directory(), {"--config", (dir.path / "p.toml").string()}));
    Webhook webhook;
    webhook.body = message("say hi");
    std::vector<Line> held;
    for (int i = 0; i < 8; ++i) {
      held.emplace_back(host.port());
      held.back().send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(held.back().read_answer().status == 200);
    }
    host.signal(SIGTERM);
    CHECK(host.logs("draining turns=0"));
    for (Line& line : held) {  // the first may come before the agents are given up
      line.send(webhook.request());
      const Answer answer = line.read_answer();
      CHECK(answer.status == 503);
      CHECK(Json::parse(answer.body)["error"]["code"] == "draining");
    }
    CHECK(host.wait() == 0);
  }

  TEST_CASE("a turn that outlasts the drain is ended properly (case 74)") {
    TempDir dir;
    std::ofstream(dir.path / "p.toml")
        << "[server]\ndrain_timeout = \"200ms\"\n[webhook]\nfallback = \"We are "
           "closing.\"\n[agents.probe]\nplugin = \"probe\"\n";
    for (const char* command : {"never", "wait", "async 60000", "block 60000"}) {
      HostProcess host(serving(fixture_directory(), {"--config", (dir.path / "p.toml").string()}));
      Line line = begin(host, command, "conv_1");
      CHECK(host.logs("agent ready"));
      host.signal(SIGTERM);
      std::vector<Json> events;
      while (const auto event = line.next_event()) events.push_back(*event);
      CAPTURE(command);
      CHECK(events.back()["type"] == "response.end");
      CHECK(host.wait() == 0);
      CHECK(host.log().find("outcome=shut_down") != std::string::npos);
    }
  }

  TEST_CASE("with --log-format json every line of the log is one object") {
    HostProcess host(serving(plugin_directory(), {"--agent", "echo", "--log-format", "json"}));
    CHECK(say(host.port(), "echo", "hi").status == 200);
    CHECK(host.logs("\"outcome\":\"answered\""));
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
    const std::string log = host.log();
    std::size_t from = 0;
    for (std::size_t to = 0; (to = log.find('\n', from)) != std::string::npos; from = to + 1) {
      const Json line = Json::parse(log.substr(from, to - from));
      CHECK(line.contains("fact"));
      if (line["fact"] == "turn") {
        for (const char* key :
             {"agent", "version", "conversation", "turn", "first_word_ms", "ms", "outcome"})
          CHECK(line.contains(key));
      }
    }
  }
}

}  // namespace
}  // namespace patchbay::test
