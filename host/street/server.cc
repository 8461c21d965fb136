// SPDX-License-Identifier: MIT
#include "street/server.h"

#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "street/listener.h"

namespace patchbay {

Result<std::unique_ptr<Server>> Server::open(const Options& options,
                                             std::vector<Endpoint> endpoints, Log& log) {
  Result<Doorway> doorway = open_doorway(options);
  if (!doorway) return std::move(doorway).error();
  return std::unique_ptr<Server>(
      new Server(options, std::move(endpoints), *std::move(doorway), log));
}

Problem Server::run() {
  auto acceptor = std::make_shared<Acceptor>(std::move(doorway_.socket), log_,
                                             crew_.limits.tls ? busy_alert() : busy_answer());
  for (std::size_t i = 0; i < reactors_; ++i) {
    crew_.reactors.push_back(std::make_unique<Reactor>(crew_, acceptor, log_));
    if (!crew_.reactors.back()->is_ready()) {
      return Error{"no_descriptors", "the limit of open files leaves none to serve with",
                   "raise it (ulimit -n)"};
    }
  }
  try {
    for (const auto& reactor : crew_.reactors) {
      threads_.emplace_back([&reactor] { reactor->run(); });
      pthread_setname_np(threads_.back().native_handle(), "reactor");
    }
  } catch (const std::system_error& error) {
    return Error{"no_threads", std::string("cannot start a thread: ") + error.what(),
                 "raise the limit of processes (ulimit -u)"};
  }
  return std::nullopt;
}

Result<std::unique_ptr<Server>> Server::start(const Options& options,
                                              std::vector<Endpoint> endpoints, Log& log) {
  Result<std::unique_ptr<Server>> server = open(options, std::move(endpoints), log);
  if (!server) return server;
  if (Problem wrong = (*server)->run()) return *std::move(wrong);
  return server;
}

Result<Server::Doorway> Server::open_doorway(const Options& options) {
  if (!options.socket.empty()) {
    Result<UnixListener> listener = open_unix_listener(options.socket);
    if (!listener) return std::move(listener).error();
    return Doorway{std::move(listener->socket), options.socket, 0, std::move(listener->file)};
  }
  Result<Listener> listener = open_listener(options.address);
  if (!listener) return std::move(listener).error();
  const Address& address = listener->address;
  return Doorway{std::move(listener->socket), address.text(), address.port, {}};
}

Server::Server(const Options& options, std::vector<Endpoint> endpoints, Doorway doorway, Log& log)
    : doorway_(std::move(doorway)),
      reactors_(std::max<std::size_t>(options.reactors, 1)),
      log_(log) {
  crew_.limits = options;
  crew_.endpoints = std::move(endpoints);
}

Server::~Server() {
  stop();
}

void Server::drain() {
  crew_.draining = true;
  if (threads_.empty()) return;
  for (const auto& reactor : crew_.reactors) reactor->leave_listener();
  for (const auto& reactor : crew_.reactors) reactor->wait_until_it_left();
}

void Server::stop() {
  for (const auto& reactor : crew_.reactors) reactor->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  doorway_.file = {};
}

}  // namespace patchbay
