// SPDX-License-Identifier: MIT
// The scripted model on its socket: one thread, any number of streams. Beside the dialects' paths
// it has GET /requests (what it was asked, newest last), DELETE /requests, and GET /streams (how
// many are open, were ended, and were cut by their client).
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "performance.h"
#include "request.h"

namespace model {

class Server {
 public:
  explicit Server(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port it listens on, or 0: it cannot. Port 0 takes a free one.
  std::uint16_t listen(const std::string& address, std::uint16_t port);
  // Until SIGTERM or SIGINT.
  void run();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Connection {
    int fd = -1;
    std::string in, out;
    std::unique_ptr<Dialect> dialect;  // null: no stream is open
    std::deque<Step> steps;
    TimePoint due{};
    std::size_t wire = 0;
    bool closes = false;  // when all is sent
    bool writes = false;  // epoll is asked to tell when it can
  };

  void accept_all();
  void watch(Connection& c, bool writes, int how);
  void ready(int fd, std::uint32_t events);
  bool read(Connection& c);   // false: the client is gone
  bool flush(Connection& c);  // the same
  void close(int fd);
  void serve(Connection& c);
  void serve(Connection& c, const Request& request);
  void stream(Connection& c, const Script& script, const Asked& asked);
  bool play(Connection& c);  // all that is due; false: it is over, and the connection closed
  void act(Connection& c, const Step& step);
  void schedule(Connection& c);
  void play_due();
  int wait_ms() const;
  void record(const Request& request, const Asked& asked);
  nlohmann::json counts() const;

  std::vector<Rule> rules_;
  int epoll_ = -1, listener_ = -1, signals_ = -1;
  std::map<int, Connection> connections_;
  std::set<std::pair<TimePoint, int>> due_;
  std::deque<nlohmann::json> requests_;
  std::size_t ended_ = 0, hung_up_ = 0;
};

}  // namespace model
