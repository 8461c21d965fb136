// SPDX-License-Identifier: MIT
// Endpoints on a real socket in a directory of their own, and a client that asks them. Whatever
// they refer to outlives it.
#pragma once
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "machine/local_client.h"
#include "street/server.h"
#include "support/temp_dir.h"

namespace patchbay::test {

class Served {
 public:
  Served(std::vector<Endpoint> endpoints, Log& log) {
    Server::Options options;
    options.socket = socket();
    options.reactors = 1;
    auto started = Server::start(options, std::move(endpoints), log);
    REQUIRE(started);
    server_ = *std::move(started);
  }
  ~Served() { server_->stop(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] std::string socket() const { return place_.of("admin.sock"); }
  [[nodiscard]] HttpResponse ask(const std::string& method, const std::string& path,
                                 const std::string& body = {}) const {
    auto answer = fetch({socket(), method, path, body, Seconds(30)});
    REQUIRE_MESSAGE(answer, answer.error().text());
    return *std::move(answer);
  }

 private:
  const TempDir place_;
  std::unique_ptr<Server> server_;
};

}  // namespace patchbay::test
