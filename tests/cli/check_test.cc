// SPDX-License-Identifier: MIT
// Each fixture that breaks a promise is caught by the rule about that promise; who breaks none
// conforms.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "cli/commands.h"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;
using Rules = std::set<std::string>;

struct Broken {
  std::string fixture;
  std::string rule;
  Rules follow = {};  // rules that cannot hold where that one does not
};

const std::vector<Broken>& broken_fixtures() {
  static const std::vector<Broken> all{
      // the file
      {"text", "ident"},
      {"truncated", "ident"},
      {"wrong_arch", "ident"},
      {"no_ident", "ident"},
      {"not_a_plugin", "ident", {"one-export"}},
      {"wrong_major", "abi-version", {"one-export"}},
      {"needs_newer_minor", "abi-version"},
      {"needs_unknown_extension", "uses-known-extensions"},
      {"unique_symbols", "no-unique-symbols", {"really-unloads", "loaded-twice-shares-nothing"}},
      // loading it
      {"null_table", "loads"},
      {"crashes_in_constructor", "loads"},
      {"missing_symbol", "loads"},
      {"sluggish_constructor", "constructor-is-quick"},
      // an agent's life
      {"throws_in_create", "creates-an-agent"},
      {"crashes_in_create", "creates-an-agent"},
      {"exits_in_create", "creates-an-agent"},
      {"crashes_in_selftest", "selftest-passes"},
      {"tls_destructor", "really-unloads"},
      {"fails_selftest", "selftest-passes"},
      {"leaks_fd", "create-destroy-many"},
      {"keeps_thread", "destroy-joins-threads", {"create-destroy-many", "really-unloads"}},
      // a turn
      {"crashes_in_turn", "survives-a-turn"},
      {"exits_in_turn", "survives-a-turn"},
      {"hangs_in_turn", "survives-a-turn"},
      {"ends_never", "ends-once"},
      {"says_nothing", "message-answered"},
      {"leaves_step", "settles-its-steps"},
      {"runs_step_again", "repeats-no-step"},
      {"lists_twice", "lists-functions"},
      {"takes_anything", "refuses-bad-calls"},
      {"ends_function_twice", "ends-function-calls"},
      {"keeps_strings", "strings-not-kept"},
      {"changes_locale", "leaves-process-alone"},
  };
  return all;
}

std::string broken_file(const Broken& broken) {
  return fixture_directory() + "/" + broken.fixture + ".so";
}

Json report_of(const Ran& ran) {
  Json report = Json::parse(ran.output, nullptr, false);
  REQUIRE_MESSAGE(report.is_object(), ran.output << ran.errors);
  return report;
}

Rules broken_rules(const Json& report) {
  Rules rules;
  for (const Json& rule : report["rules"]) {
    if (rule["outcome"] == "failed" || rule["outcome"] == "crashed") rules.insert(rule["rule"]);
  }
  return rules;
}

// Some rules wait for what never comes: a few at a time wait together.
std::vector<Ran> check_all(const std::vector<std::string>& files) {
  constexpr std::size_t at_once = 4;
  std::vector<Ran> all;
  for (std::size_t begin = 0; begin < files.size(); begin += at_once) {
    std::vector<std::unique_ptr<HostProcess>> running;
    for (std::size_t i = begin; i < std::min(begin + at_once, files.size()); ++i) {
      running.push_back(
          std::make_unique<HostProcess>(HostProcess::Setup{{"check", files[i], "--json"}}));
    }
    for (const auto& process : running) all.push_back(read_to_end(*process));
  }
  return all;
}

void must_conform(const std::vector<std::string>& files) {
  const std::vector<Ran> all = check_all(files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    CAPTURE(files[i]);
    const Json report = report_of(all[i]);
    CHECK_MESSAGE(broken_rules(report).empty(), report.dump(2));
    CHECK(report["conformant"] == true);
    CHECK(all[i].exit == 0);
  }
}

TEST_SUITE("check") {
  TEST_CASE("a plugin that breaks a promise is caught by the rule about it, and by no other") {
    std::vector<std::string> files;
    for (const Broken& broken : broken_fixtures()) files.push_back(broken_file(broken));
    const std::vector<Ran> all = check_all(files);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Broken& broken = broken_fixtures()[i];
      CAPTURE(broken.fixture);
      const Json report = report_of(all[i]);
      Rules rules = broken_rules(report);
      CHECK(rules.count(broken.rule) == 1);
      rules.erase(broken.rule);
      for (const std::string& rule : rules)
        CHECK_MESSAGE(broken.follow.count(rule) == 1, "caught by " << rule << " too");
      CHECK(report["conformant"] == false);
      CHECK(all[i].exit == 1);
    }
  }

  TEST_CASE("no fixture that says it breaks something is left out here") {
    // These would hold up every rule in turn; what is said of them, the host's own trial says too.
    Rules known{"slow_constructor", "hangs_in_constructor", "hangs_in_create", "hangs_in_selftest"};
    for (const Broken& broken : broken_fixtures()) known.insert(broken.fixture);
    for (const auto& entry : fs::directory_iterator(PATCHBAY_SOURCE_DIR "/tests/fixtures")) {
      std::ifstream file(entry.path());
      std::string licence, promise;
      std::getline(file, licence);
      std::getline(file, promise);
      if (!has(promise, "Breaks:")) continue;
      CHECK_MESSAGE(known.count(entry.path().stem()) == 1, entry.path());
    }
  }

  TEST_CASE("the plugins that ship, and the one that tests use, conform") {
    must_conform({plugin_directory() + "/echo.so", plugin_directory() + "/greeter.so",
                  plugin_directory() + "/slow.so", plugin_directory() + "/bakery.so",
                  fixture_directory() + "/probe.so"});
  }

  TEST_CASE("agents in C, C++ and Rust conform") {
    std::vector<std::string> files;
    for (const char* language : {"c", "cpp", "rust"}) {
      const std::string file = fixture_directory() + "/languages/" + language + ".so";
      if (fs::exists(file)) files.push_back(file);  // where there is a compiler for it
    }
    CHECK(files.size() >= 2);
    must_conform(files);
  }

  TEST_CASE("an agent in Go breaks the one promise that no Go library can keep") {
    const std::string file = fixture_directory() + "/languages/go.so";
    if (!fs::exists(file)) return;
    const Ran ran = run({"check", file, "--only", "file", "--json"});
    CHECK(broken_rules(report_of(ran)) == Rules{"no-nodelete"});
    CHECK(ran.exit == 1);
  }

  TEST_CASE("for a person a failure has its rule, its reason and its cure") {
    const Ran ran = run({"check", fixture_directory() + "/leaks_fd.so", "--only", "many"});
    CHECK(ran.exit == 1);
    CHECK(has(ran.output, "failed   create-destroy-many"));
    CHECK(has(ran.output, "100 files open"));
    CHECK(has(ran.output, "cure: "));
    CHECK(has(ran.output, "not conformant: 0 passed, 1 failed"));
  }

  TEST_CASE("a crash names the step in which it came, and spares the checker") {
    // Under a sanitizer the signal is to reach the process as it does elsewhere.
    const Ran ran =
        run({"check", fixture_directory() + "/crashes_in_turn.so", "--only", "survives"},
            {{"ASAN_OPTIONS", "handle_segv=0"}});
    CHECK(ran.exit == 1);
    CHECK(has(ran.output, "killed by SIGSEGV in: on_turn"));
  }

  TEST_CASE("every rule that is listed can be explained") {
    const Ran list = run({"check", "--list"});
    CHECK(list.exit == 0);
    std::istringstream lines(list.output);
    int rules = 0;
    for (std::string group, rule, rest; lines >> group >> rule && std::getline(lines, rest);) {
      if (++rules % 8 != 1) continue;  // each takes a process: some are enough
      const Ran ran = run({"check", "--explain", rule});
      CHECK(ran.exit == 0);
      CHECK(has(ran.output, rule));
    }
    CHECK(rules >= 40);
  }

  TEST_CASE("what cannot be meant is a matter of the command line") {
    const std::string echo = plugin_directory() + "/echo.so";
    CHECK(run({"check"}).exit == 2);
    CHECK(run({"check", echo, "--only", "no-such-rule"}).exit == 2);
    CHECK(run({"check", echo, "--only", "("}).exit == 2);
    CHECK(run({"check", echo, "--in-process"}).exit == 2);
    const Ran typo = run({"check", "--explain", "ends-onse"});
    CHECK(typo.exit == 2);
    CHECK(has(typo.errors, "did you mean ends-once?"));
  }

  TEST_CASE("a file that is not there is a failure with a reason") {
    const Ran ran = run({"check", "/nowhere/agent.so"});
    CHECK(ran.exit == 1);
    CHECK(has(ran.errors, "/nowhere/agent.so"));
  }
}

}  // namespace
}  // namespace patchbay::test
