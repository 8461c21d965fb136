// SPDX-License-Identifier: MIT
// The fleet of docs/examples/fleet on this machine: its very files, with addresses and paths of
// this test in the place of theirs. A real balancer, a real Redis, two real hosts with the agent
// witness.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/examples.h"
#include "support/host_process.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace patchbay::test {

enum class Balancer { haproxy, nginx };

class ExampleFleet {
 public:
  static constexpr std::size_t hosts = 2;

  // All of it is up, and the balancer has seen so.
  explicit ExampleFleet(Balancer balancer);
  ~ExampleFleet();
  ExampleFleet(const ExampleFleet&) = delete;
  ExampleFleet& operator=(const ExampleFleet&) = delete;

  [[nodiscard]] std::uint16_t port() const { return door_; }  // the balancer's
  [[nodiscard]] HostProcess& host(std::size_t which) const { return *hosts_[which].process; }
  [[nodiscard]] pid_t pid(std::size_t which) const { return host(which).pid(); }

  void start(std::size_t which);     // the host, where it was before; until it is in rotation
  void take_out(std::size_t which);  // `patchbay drain`, until the balancer sends it nothing
  [[nodiscard]] int stop(std::size_t which);  // SIGTERM; what it ended with
  void kill(std::size_t which);

  [[nodiscard]] int turns_open(std::size_t which) const;  // as its /metrics says

  // Lines of the witness's file, eg: "begun conv_1 turn_1 4711".
  [[nodiscard]] std::vector<std::string> witnessed() const;

 private:
  struct Host {
    std::uint16_t port = 0;
    std::unique_ptr<HostProcess> process;
  };

  // Writes that file of the example with these changes; throws where it has nothing to change.
  std::string write(const std::string& file, const Changes& changes, const std::string& as) const;
  void open_haproxy();
  void open_nginx();
  [[nodiscard]] std::string standing_of(std::size_t which) const;

  TempDir dir_;
  RedisServer redis_;
  const Balancer kind_;
  std::uint16_t door_ = 0;
  std::array<Host, hosts> hosts_;
  std::unique_ptr<HostProcess> balancer_;
};

}  // namespace patchbay::test
