// SPDX-License-Identifier: MIT
// Builds that crash, hang, leak or fail: the caller goes on hearing the version before.
#include "reload/stage.h"

namespace patchbay::test {
namespace {

constexpr const char* impatient = "[plugins]\nprobe_timeout = \"4s\"\n";

TEST_SUITE("bad_builds") {
  TEST_CASE("what a child process does not survive never comes in, and is named with its reason") {
    struct Bad {
      const char* fixture;
      const char* code;
    };
    const Bad builds[] = {{"crashes_in_constructor", "probe_crashed"},
                          {"hangs_in_constructor", "probe_hung"},
                          {"slow_constructor", "slow_constructor"},
                          {"crashes_in_create", "probe_crashed"},
                          {"hangs_in_create", "probe_hung"},
                          {"exits_in_create", "probe_exited"},
                          {"throws_in_create", "create_failed"},
                          {"crashes_in_selftest", "probe_crashed"},
                          {"hangs_in_selftest", "probe_hung"},
                          {"fails_selftest", "selftest_failed"},
                          {"keeps_thread", "keeps_threads"},
                          {"missing_symbol", "cannot_load"},
                          {"null_table", "bad_table"},
                          {"wrong_major", "wrong_abi"},
                          {"no_ident", "no_ident"},
                          {"not_a_plugin", "no_entry"},
                          {"wrong_arch", "wrong_machine"},
                          {"text", "not_elf"},
                          {"truncated", "truncated"},
                          {"needs_newer_minor", "needs_newer_host"},
                          {"needs_unknown_extension", "needs_extension"}};
    Stage stage;
    stage.write("p.toml", impatient);
    HostProcess host(serving(stage.plugins, {"--config", (stage.home.path / "p.toml").string()}));
    CHECK(words(host) == "version 1");
    for (const Bad& bad : builds) {
      CAPTURE(bad.fixture);
      const std::string before = host.log();
      stage.put(fixture_file(bad.fixture));
      CHECK(eventually([&] {
        return host.log().find(std::string("code=") + bad.code, before.size()) != std::string::npos;
      }));
      CHECK(words(host) == "version 1");
    }
    stage.put(version(2));
    CHECK(comes(host, 2));
  }

  TEST_CASE("a version that fails in its turns is swapped back by itself, and not tried again") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    stage.put(version(3));
    CHECK(host.logs_line({"agent ready", "version=3.0.0"}));
    CHECK(eventually([&] { return words(host) == "version 1"; }));
    CHECK(host.logs_line({"swapped back", "from=3.0.0", "to=1.0.0", "code=unfit"}));
    // Three callers heard the fallback line, and nobody silence.
    CHECK(host.logs_line({"version unmapped", "version=3.0.0"}));
    const fs::path same = stage.file;
    fs::last_write_time(same, fs::file_time_type::clock::now());
    stage.put(version(3));
    stage.put(version(2), "speaker.so");
    CHECK(comes(host, 2));
    const std::string log = host.log();
    CHECK(log.find("version=3.0.0 generation=2") != std::string::npos);
    CHECK(log.find("version=3.0.0 generation=3") == std::string::npos);
  }

  TEST_CASE("a first version that fails stays, for there is none to go back to") {
    Stage stage;
    stage.put(version(3));
    HostProcess host(serving(stage.plugins));
    for (int i = 0; i < 5; ++i) CHECK(words(host).find("trouble") != std::string::npos);
    stage.put(version(2));
    CHECK(comes(host, 2));
  }

  TEST_CASE("a slow constructor stalls no turn: it is tried in a child and refused") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    stage.put(fixture_file("slow_constructor"));
    CHECK(host.logs_line({"trying a plugin", "digest="}));
    while (host.log().find("code=slow_constructor") == std::string::npos)
      REQUIRE(words(host) == "version 1");
    CHECK(words(host) == "version 1");
  }

  TEST_CASE("a library that the loader keeps is served, counted, and told of with the remedy") {
    Stage stage;
    stage.write("p.toml", "[plugins]\nprobation = 0\n");
    fs::remove(stage.file);  // its plugin comes in the places of the others
    stage.put(fixture_file("unique_symbols"), "unique.so");
    stage.put(fixture_file("tls_destructor"), "tls.so");
    HostProcess host(serving(stage.plugins, {"--config", (stage.home.path / "p.toml").string()}));
    CHECK(words(host, "hi", "c", "unique") == "Turn 1.");
    CHECK(words(host, "hi", "c", "tls") == "All is well.");
    stage.put(version(1), "unique.so");
    stage.put(fixture_file("says_nothing"), "tls.so");
    CHECK(host.logs_line({"version stays mapped", "unique-symbols", "-fno-gnu-unique"}));
    CHECK(host.logs_line({"version stays mapped", "tls-destructor", "thread_local"}));
    CHECK(words(host, "hi", "c", "unique") == "version 1");
  }
}

}  // namespace
}  // namespace patchbay::test
