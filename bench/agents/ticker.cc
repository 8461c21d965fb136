// SPDX-License-Identifier: MIT
//
// ticker - an agent of the benchmarks: to each message `words` words, one each `every_ms`, each of
// them the nanosecond it was due at (CLOCK_MONOTONIC). So many turns at once as there are; no
// thread waits for any.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vap/vap.hpp>

namespace {

struct Ticker : vap::agent {
  void start() override {
    words_ = vap::json_field<int>(config(), "words").value_or(words_);
    every_ = std::chrono::milliseconds(vap::json_field<int>(config(), "every_ms").value_or(100));
    if (words_ < 1 || every_.count() < 1) throw std::invalid_argument("words or every_ms < 1");
  }

  void on_message(vap::turn& t) override { go_on(t.defer(), words_, Clock::now() + every_); }

 private:
  using Clock = std::chrono::steady_clock;

  // A word that comes late delays none after it, and says itself how late it was.
  void go_on(vap::reply reply, int left, Clock::time_point due) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    after(std::max(wait, std::chrono::milliseconds(0)), std::move(reply),
          [this, left, due](vap::reply& r) { speak(r, left, due); });
  }

  void speak(vap::reply& reply, int left, Clock::time_point due) {
    const std::chrono::nanoseconds stamp = due.time_since_epoch();
    const bool heard = reply.say(std::to_string(stamp.count()));
    if (heard && left > 1) go_on(std::move(reply), left - 1, due + every_);
  }

  int words_ = 100;
  std::chrono::milliseconds every_{};
};

}  // namespace

VAP_AGENT(Ticker, R"({"id":"patchbay.bench.ticker","name":"Ticker","version":"1.0.0",
  "uses":["vap.task/1"],
  "config_schema":{"type":"object","properties":{
    "words":{"type":"integer","minimum":1,"default":100,"description":"How many it says."},
    "every_ms":{"type":"integer","minimum":1,"default":100,"description":"Before each of them."}}}})")
