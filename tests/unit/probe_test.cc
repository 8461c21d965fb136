// SPDX-License-Identifier: MIT
#include "machine/probe.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "machine/process_state.h"
#include "support/toy_host.h"
#include "support/wait.h"

namespace patchbay {
namespace {

// Time that is lost in a test: long enough for a busy machine to come to where the plugin hangs.
constexpr Milliseconds enough_to_hang{3'000};

Candidate staged(const std::string& name) {
  Result<Candidate> candidate = Candidate::stage(test::fixture(name));
  REQUIRE(candidate);
  return *std::move(candidate);
}

ProbeTerms terms_for(std::vector<std::string> names, Milliseconds most = test::patience) {
  ProbeTerms terms;
  for (const std::string& name : names)
    terms.agents.push_back({"default", "/agents/" + name, "{}"});
  terms.most = most;
  terms.program = PATCHBAY_BINARY_DIR "/patchbay";
  return terms;
}

Result<ProbeReport> probe_of(const std::string& name, Milliseconds most = test::patience) {
  return probe(staged(name), terms_for({"bakery"}, most));
}

Error error_of(const std::string& name, Milliseconds most = test::patience) {
  const Result<ProbeReport> report = probe_of(name, most);
  return report ? Error{"passed", "", ""} : report.error();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool is_mapped_in(pid_t process, const std::string& name) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (has(line, name)) return true;
  }
  return false;
}

// The children of a process; ends that nobody waited for are among them.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    std::ifstream stat(entry.path() / "stat");
    std::string text;
    std::getline(stat, text);
    // "4711 (name) S 4710 ...": the name may hold anything
    const auto name_end = text.rfind(") ");
    if (name_end == std::string::npos) continue;
    if (std::atoi(text.c_str() + name_end + 4) == parent) found.push_back(std::atoi(text.c_str()));
  }
  return found;
}

TEST_SUITE("probe") {
  TEST_CASE("a plugin that keeps its promises passes, and nothing is to be said of it") {
    for (const char* name : {"probe", "says_nothing", "posts_in_create"}) {
      CAPTURE(name);
      const Result<ProbeReport> report = probe(staged(name), terms_for({"a", "b", "c"}));
      REQUIRE(report);
      CHECK(report->unmaps);
      CHECK(report->remark == "");
    }
  }

  TEST_CASE("a crash names the signal, the step and the agent, and shows what was printed") {
    const Error error = error_of("crashes_in_create");
    CHECK(error.code == "probe_crashed");
    CHECK(error.message ==
          "crashes_in_create.so was killed by SIGSEGV in create() of agent bakery, in a trial "
          "process");
    CHECK(has(error.hint, "it printed: opening the calendar"));
    CHECK(has(error_of("crashes_in_constructor").message, "by SIGSEGV in its constructors"));
    CHECK(has(error_of("crashes_in_selftest").message,
              "by SIGSEGV in the self-test of agent bakery"));
  }

  TEST_CASE("a step that does not come back is named, and the trial ends") {
    struct Case {
      std::string name, step;
      Error found;
    };
    Case cases[] = {{"hangs_in_constructor", "its constructors", {}},
                    {"hangs_in_create", "create() of agent bakery", {}},
                    {"hangs_in_selftest", "the self-test of agent bakery", {}}};
    {
      std::vector<std::thread> threads;
      for (Case& each : cases)
        threads.emplace_back([&each] { each.found = error_of(each.name, enough_to_hang); });
      for (std::thread& thread : threads) thread.join();
    }
    for (const Case& each : cases) {
      CHECK(each.found.code == "probe_hung");
      CHECK(each.found.message == each.name + ".so did not come back from " + each.step +
                                      " within 3 s, in a trial process");
    }
  }

  TEST_CASE("a plugin that ends the process is told from one that crashes") {
    const Error error = error_of("exits_in_create");
    CHECK(error.code == "probe_exited");
    CHECK(has(error.message, "with exit code 3 in create() of agent bakery"));
    CHECK(has(error.hint, "fatal: no licence"));
  }

  TEST_CASE("an agent that refuses does so in its own words") {
    Error error = error_of("throws_in_create");
    CHECK(error.code == "create_failed");
    CHECK(error.message == "agent bakery could not be created: the calendar does not answer");
    CHECK(has(error.hint, "[agents.bakery.config]"));
    error = error_of("fails_selftest");
    CHECK(error.code == "selftest_failed");
    CHECK(error.message == "agent bakery failed its self-test: the price list is empty");
  }

  TEST_CASE("each agent is tried with its own route and configuration") {
    ProbeTerms terms = terms_for({"first"});
    terms.agents.push_back({"default", "/agents/second", R"({"rolls": 2})"});
    const Result<ProbeReport> report = probe(staged("posts_in_create"), terms);
    REQUIRE_FALSE(report);
    CHECK(report.error().message ==
          "agent second could not be created: no use for {\"rolls\": 2} at /agents/second");
    CHECK(has(report.error().hint, "I am being made"));
  }

  TEST_CASE("what the loader says comes with the file's name, and a bad table is refused") {
    const Error error = error_of("missing_symbol");
    CHECK(error.code == "cannot_load");
    CHECK(has(error.message, "price_of_a_roll"));
    CHECK_FALSE(has(error.message, "/proc/"));
    CHECK(error_of("null_table").code == "bad_table");
  }

  TEST_CASE("threads that outlive their agent are counted") {
    const Result<ProbeReport> report = probe(staged("keeps_thread"), terms_for({"a", "b"}));
    REQUIRE_FALSE(report);
    CHECK(report.error().code == "keeps_threads");
    CHECK(has(report.error().message, "2 of its threads still run after destroy()"));
  }

  TEST_CASE("a library that will stay in memory is told of, with the reason") {
    Result<ProbeReport> report = probe_of("tls_destructor");
    REQUIRE(report);
    CHECK_FALSE(report->unmaps);
    CHECK(has(report->remark, "thread_local"));
    report = probe_of("asks_to_stay");
    REQUIRE(report);
    CHECK_FALSE(report->unmaps);
    CHECK(has(report->remark, "unload: no"));
    report = probe_of("unique_symbols");
    REQUIRE(report);
    if (!report->unmaps) CHECK(has(report->remark, "STB_GNU_UNIQUE"));
  }

  TEST_CASE("constructors that are slow once are remarked upon, twice is too much") {
    const std::string once = "/tmp/patchbay-slow-once-" + std::to_string(::getpid());
    ::setenv("PATCHBAY_TEST_SLOW_ONCE", once.c_str(), 1);
    const Result<ProbeReport> report = probe_of("sluggish_constructor");
    ::unsetenv("PATCHBAY_TEST_SLOW_ONCE");
    CHECK(std::filesystem::remove(once));
    REQUIRE(report);
    CHECK(report->constructors >= Milliseconds{60});
    CHECK(has(report->remark, "its constructors took"));
    const Error error = error_of("slow_constructor");
    CHECK(error.code == "slow_constructor");
    CHECK(has(error.message, "slow_constructor.so took 3"));
  }

  TEST_CASE("where there is nothing to start, or the wrong program, that is said") {
    ProbeTerms terms = terms_for({"bakery"});
    terms.program = "/nowhere/patchbay";
    Result<ProbeReport> report = probe(staged("probe"), terms);
    CHECK(report.error().code == "no_child");
    CHECK(has(report.error().message, "/nowhere/patchbay"));
    terms.program = "/bin/false";
    report = probe(staged("probe"), terms);
    CHECK(report.error().code == "probe_exited");
  }

  TEST_CASE("the signals that the host blocks or ignores are as usual in the child") {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    const Result<ProbeReport> crash = probe_of("crashes_in_create");
    const Result<ProbeReport> good = probe_of("probe");
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(crash.error().code == "probe_crashed");
    CHECK(good);
  }

  TEST_CASE("no process and no descriptor is left behind, however it ends") {
    static_cast<void>(probe_of("probe"));
    const std::size_t before = process_holdings().descriptors;
    for (const char* name :
         {"probe", "crashes_in_create", "exits_in_create", "throws_in_create", "missing_symbol"}) {
      static_cast<void>(probe_of(name));
    }
    static_cast<void>(probe_of("hangs_in_create", Milliseconds{300}));
    CHECK(process_holdings().descriptors == before);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // there is no child, not even an ended one
  }

  TEST_CASE("what a plugin started is killed with it") {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans become children of this process
    ProbeTerms terms = terms_for({}, enough_to_hang);
    terms.agents.push_back({"default", "/agents/bakery", R"({"fork": true})"});
    CHECK(probe(staged("hangs_in_create"), terms).error().code == "probe_hung");
    int status = 0;
    CHECK(test::eventually([&] { return ::waitpid(-1, &status, WNOHANG) > 0; }));
    CHECK(WIFSIGNALED(status));
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  TEST_CASE("a trial that is told to stop ends at once") {
    const Interrupt stop;
    ProbeTerms terms = terms_for({"bakery"}, Seconds{600});
    terms.stop = &stop;
    std::thread teller([&] {
      test::eventually([&] {
        const std::vector<pid_t> children = children_of(::getpid());
        return !children.empty() && is_mapped_in(children.front(), "memfd:hangs_in_create");
      });
      stop.raise();
    });
    CHECK(probe(staged("hangs_in_create"), terms).error().code == "probe_stopped");
    teller.join();
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(probe(staged("probe"), terms).error().code == "probe_stopped");  // nor does it begin
  }

  TEST_CASE("no trial outlives a host that is killed") {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const Candidate candidate = staged("hangs_in_create");
    const pid_t host = ::fork();
    if (host == 0) {
      static_cast<void>(probe(candidate, terms_for({"bakery"}, Seconds{600})));
      std::_Exit(EXIT_SUCCESS);
    }
    pid_t trial = 0;
    CHECK(test::eventually([&] {
      const std::vector<pid_t> children = children_of(host);
      if (!children.empty()) trial = children.front();
      return trial != 0 && is_mapped_in(trial, "memfd:hangs_in_create (deleted)");
    }));
    ::kill(host, SIGKILL);
    CHECK(::waitpid(host, nullptr, 0) == host);
    int status = 0;
    CHECK(test::eventually([&] { return ::waitpid(trial, &status, WNOHANG) == trial; }));
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  TEST_CASE("several threads try at once, and each gets its own answer") {
    struct Case {
      std::string name, code;
      std::string found;
    };
    std::vector<Case> cases;
    for (int round = 0; round < 3; ++round) {
      cases.push_back({"probe", "passed", ""});
      cases.push_back({"crashes_in_create", "probe_crashed", ""});
      cases.push_back({"fails_selftest", "selftest_failed", ""});
      cases.push_back({"exits_in_create", "probe_exited", ""});
    }
    std::vector<std::thread> threads;
    threads.reserve(cases.size());
    for (Case& each : cases)
      threads.emplace_back([&each] { each.found = error_of(each.name).code; });
    for (std::thread& thread : threads) thread.join();
    for (const Case& each : cases) CHECK(each.found == each.code);
  }
}

}  // namespace
}  // namespace patchbay
