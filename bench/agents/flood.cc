// SPDX-License-Identifier: MIT
//
// flood - an agent of the benchmarks: says as much as the host takes of it without waiting, and
// more each 50 ms, for as long as somebody listens. For callers who never read.
#include <chrono>
#include <string>
#include <utility>
#include <vap/vap.hpp>

namespace {

struct Flood : vap::agent {
  void on_message(vap::turn& t) override { pour(t.defer()); }

 private:
  void pour(vap::reply reply) {
    vap_status_t status = VAP_OK;
    while (status == VAP_OK) status = reply.try_say(words_);
    if (status != VAP_E_AGAIN) return reply.end();
    after(std::chrono::milliseconds(50), std::move(reply),
          [this](vap::reply& r) { pour(std::move(r)); });
  }

  const std::string words_ = std::string(4000, 'w');
};

}  // namespace

VAP_AGENT(Flood,
          R"({"id":"patchbay.bench.flood","name":"Flood","version":"1.0.0","uses":["vap.task/1"]})")
