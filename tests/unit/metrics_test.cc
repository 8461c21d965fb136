// SPDX-License-Identifier: MIT
#include "state/metrics.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace patchbay {
namespace {

TEST_SUITE("metrics") {
  TEST_CASE("what comes and goes is a gauge: the last number counts") {
    Metrics metrics;
    metrics.set("stuck", R"(agent="a")", 3);
    metrics.set("stuck", R"(agent="a")", 0);
    CHECK(metrics.text() == "# TYPE stuck gauge\nstuck{agent=\"a\"} 0\n");
    metrics.count("stuck", R"(agent="a")", 1);  // not what it is
    CHECK(metrics.text().ends_with(" 0\n"));
  }

  TEST_CASE("counters and observations read as Prometheus text") {
    Metrics metrics;
    metrics.count("turns_total", R"(agent="a")", 2);
    metrics.count("turns_total", R"(agent="a")", 3);
    metrics.observe("wait", R"(agent="a")", 0.5);
    metrics.observe("wait", R"(agent="a")", 1.5);
    CHECK(metrics.text() ==
          "# TYPE turns_total counter\n"
          "turns_total{agent=\"a\"} 5\n"
          "# TYPE wait summary\n"
          "wait_sum{agent=\"a\"} 2\n"
          "wait_count{agent=\"a\"} 2\n");
  }

  TEST_CASE("a name that Prometheus could not read is dropped") {
    Metrics metrics;
    metrics.count("with space", "", 1);
    metrics.count("Capital", "", 1);
    metrics.count("", "", 1);
    metrics.count(std::string(71, 'a'), "", 1);
    CHECK(metrics.text().empty());
  }

  TEST_CASE("a plugin cannot fill the memory with names") {
    Metrics metrics;
    for (int i = 0; i < 10'000; ++i) metrics.count("n" + std::to_string(i), "", 1);
    const std::string text = metrics.text();
    CHECK(text.find("n0{}") != std::string::npos);
    CHECK(text.find("n9999{}") == std::string::npos);
  }

  TEST_CASE("what is not a number is not observed") {
    Metrics metrics;
    metrics.observe("x", "", std::numeric_limits<double>::quiet_NaN());
    metrics.observe("x", "", std::numeric_limits<double>::infinity());
    CHECK(metrics.text().empty());
  }

  TEST_CASE("one name is a counter or an observation, never both") {
    Metrics metrics;
    metrics.count("x", "", 1);
    metrics.observe("x", "", 7);
    CHECK(metrics.text() == "# TYPE x counter\nx{} 1\n");
  }
}

}  // namespace
}  // namespace patchbay
