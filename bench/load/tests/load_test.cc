// SPDX-License-Identifier: MIT
#include "load.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include "histogram.h"
#include "messages.h"
#include "signer.h"
#include "support/host_process.h"
#include "support/temp_dir.h"
#include "support/webhook.h"
#include "tally.h"

namespace patchbay::bench {
namespace {

using std::chrono::microseconds;

// For a real host with the agent echo, which says two things.
Options options_for(std::uint16_t port) {
  Options options;
  options.address.sin_family = AF_INET;
  options.address.sin_port = htons(port);
  options.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  options.host = "127.0.0.1";
  options.path = "/agents/echo";
  options.secret = test::test_secret;
  options.run = "test";
  options.connections = 8;
  options.warm_up = {};
  options.turns = 200;
  options.says = 2;
  return options;
}

TEST_SUITE("load") {
  TEST_CASE("what it signs is what others sign") {
    for (const std::string& secret : {std::string("short"), std::string(100, 'k')}) {
      Signer signer(secret);
      for (const std::string_view body : {"", "{}",
                                          "a longer body, of more than one block of SHA-256: it "
                                          "has to be hashed piece by piece, as all do"}) {
        std::string mine;
        signer.append(mine, body, 1'700'000'000);
        CHECK(mine == test::signature(body, secret, 1'700'000'000));
      }
    }
  }

  TEST_CASE("a quantile is right to two in a hundred") {
    Histogram times;
    for (int i = 1; i <= 100'000; ++i) times.add(microseconds(i));
    for (const double share : {0.001, 0.5, 0.99, 0.999}) {
      const double us = std::chrono::duration<double, std::micro>(times.of(share)).count();
      CHECK(std::abs(us / (share * 100'000) - 1) < 0.02);
    }
    CHECK(times.of(1) == microseconds(100'000));
    CHECK(times.longest() == microseconds(100'000));
    CHECK(times.count() == 100'000);
    CHECK(Histogram().of(0.5) == Histogram::Time{});
  }

  TEST_CASE("fairness is the slowest connection against the median's, and tells who starved") {
    const Fairness fair = fairness_of({100, 50, 110, 0, 9});
    CHECK(fair.slowest == 0);
    CHECK(fair.median == 50);
    CHECK(fair.starved == 1);
    CHECK(fairness_of({100, 80, 120}).ratio == doctest::Approx(0.8));
    CHECK(fairness_of({0, 100, 100}).starved == 1);
    CHECK(fairness_of({9, 100, 100}).starved == 1);
  }

  TEST_CASE("conversations are spread as asked") {
    Options options = options_for(1);
    options.conversations = 2;
    options.turns_of_a_conversation = 3;
    Messages messages(options);
    std::set<std::string> talks;
    std::set<std::string> turns;
    std::string request;
    std::string turn_id;
    for (std::uint64_t turn = 0; turn < 12; ++turn) {
      messages.next(request, turn_id, 0, turn);
      const std::size_t at = request.find("conv_");
      talks.insert(request.substr(at, request.find('"', at) - at));
      turns.insert(turn_id);
      if (turn == 5) CHECK(talks.size() == 2);
    }
    CHECK(talks.size() == 4);
    CHECK(turns.size() == 12);
  }

  TEST_CASE("a real host's answers are right, on kept connections, on new ones, and at a rate") {
    test::HostProcess host(test::serving(test::plugin_directory(), {"--agent", "echo"}));
    Options options = options_for(host.port());
    SUBCASE("kept") {}
    SUBCASE("new") {
      options.new_connections = true;
    }
    SUBCASE("at a rate") {
      options.rate = 2'000;
    }
    const Tally tally = Load(options).run();
    CHECK(tally.errors.empty());
    CHECK(tally.all_turns == 200);
    CHECK(tally.turns == 200);
    CHECK(tally.whole.count() == 200);
    CHECK(fairness_of(tally.turns_of_a_connection).starved == 0);
  }

  TEST_CASE("answers that are not as expected are counted by their kind") {
    test::HostProcess host(test::serving(test::plugin_directory(), {"--agent", "echo"}));
    Options options = options_for(host.port());
    const char* kind = "words_missing";
    SUBCASE("other words") {
      options.says = 3;
    }
    SUBCASE("refused") {
      options.secret = "another";
      kind = "status_401";
    }
    const Tally tally = Load(options).run();
    CHECK(tally.all_turns == 0);
    CHECK(tally.errors == std::map<std::string, std::uint64_t>{{kind, 200}});
  }

  TEST_CASE("words that bear a stamp are counted, and how late each was") {
    test::TempDir config;
    std::ofstream(config.of("ticker.toml"))
        << "[agents.ticker]\nplugin = \"ticker\"\n[agents.ticker.config]\nwords = 3\nevery_ms = "
           "2\n";
    test::HostProcess host(
        test::serving(PATCHBAY_BINARY_DIR "/bench/agents", {"--config", config.of("ticker.toml")}));
    Options options = options_for(host.port());
    options.path = "/agents/ticker";
    options.turns = 20;
    options.says = 3;
    options.stamps = true;
    const Tally tally = Load(options).run();
    CHECK(tally.errors.empty());
    CHECK(tally.all_turns == 20);
    CHECK(tally.first_delivery.count() == 20);
    CHECK(tally.delivery.count() == 60);
    CHECK(tally.delivery.of(0) > Histogram::Time{0});
    CHECK(tally.delivery.longest() < options.timeout);
    CHECK(to_json(tally).find("\"words\":60,") != std::string::npos);
  }

  TEST_CASE("a word without its stamp is a wrong one") {
    test::HostProcess host(test::serving(test::plugin_directory(), {"--agent", "echo"}));
    Options options = options_for(host.port());
    options.stamps = true;
    CHECK(Load(options).run().errors ==
          std::map<std::string, std::uint64_t>{{"stamp_malformed", 200}});
  }

  TEST_CASE("turns beyond the host's limit are refusals, and their times are told apart") {
    test::TempDir config;
    std::ofstream(config.of("narrow.toml")) << "[server]\nmax_turns = 1\n";
    test::HostProcess host(test::serving(
        test::plugin_directory(), {"--agent", "slow", "--config", config.of("narrow.toml")}));
    Options options = options_for(host.port());
    options.path = "/agents/slow";
    options.connections = 2;
    options.turns = 20;
    options.says = std::nullopt;
    options.timeout = std::chrono::seconds(1);  // the one that goes on: slow speaks for longer
    const Tally tally = Load(options).run();
    CHECK(tally.errors.at("status_503") == tally.refused.count());
    CHECK(tally.refused.count() > 0);
  }

  TEST_CASE("more connections than the system gives descriptors for are refused at the start") {
    Options options = options_for(1);
    options.connections = std::size_t{1} << 40U;
    CHECK_THROWS_WITH(Load{options}, doctest::Contains("open files"));
  }

  TEST_CASE("nobody there is an error, too, and ends") {
    Options options = options_for(1);
    options.turns = 20;
    CHECK(Load(options).run().errors == std::map<std::string, std::uint64_t>{{"connect", 20}});
  }
}

}  // namespace
}  // namespace patchbay::bench
