// SPDX-License-Identifier: MIT
// One server of the Model Context Protocol, as a source of tools. It is asked for them when the
// agent is ready, and again, later and later, while it cannot be reached; until then it has none. A
// session that it has forgotten is begun anew, and its list is asked for again as it ages.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vap/vap.hpp>
#include <vector>

#include "house.h"
#include "mcp_link.h"

namespace llm {

class Mcp {
 public:
  // `changed`: its tools may be others now. [any]
  Mcp(House& house, McpSettings settings, std::function<void()> changed);
  Mcp(const Mcp&) = delete;
  Mcp& operator=(const Mcp&) = delete;

  // Throws std::invalid_argument where the host does not let us ask it. [control]
  void start();
  void stop() { link_->end(); }  // [control]

  Tools tools() const;  // [any]
  // Asks for them again, where what is known of them is old. Does not wait for it. [any]
  void freshen();

  // Heard of once, maybe before this returns. With `of` it is cut with that turn; that, and the
  // tool, outlive it. The number is for cancel(). [any]
  int call(const Tool& tool, const nlohmann::json& arguments, const vap::speech* of,
           McpLink::Heard heard);
  void cancel(int id);  // [any]

 private:
  using Clock = std::chrono::steady_clock;
  struct Job;
  struct Listing;

  std::unique_ptr<McpLink> make_link(McpLink::Ears ears);
  bool connect();
  bool greet(const mcp::Letter& letter, void (Mcp::*hear)(const mcp::Reply&));
  void hear_discovered(const mcp::Reply& reply);
  void shake_hands();
  void hear_initialized(const mcp::Reply& reply);
  void meet(const std::string& version, const nlohmann::json& greeting);

  void list(const std::shared_ptr<Listing>& listing);
  void hear_page(const std::shared_ptr<Listing>& listing, const mcp::Reply& reply);
  void leave_out(std::vector<std::string> refused);
  void take(Listing& listing);
  void end_listing(const Listing& listing, const mcp::Reply& reply);
  void ask_again();

  void go_on_with(const std::shared_ptr<Job>& job);
  void send(const std::shared_ptr<Job>& job);
  void hear_called(const std::shared_ptr<Job>& job, const std::string& version,
                   const mcp::Reply& reply);
  bool drop_waiting(int id, const mcp::Reply& reply);
  static Ms left_of(const Job& job);

  void hear_said(const nlohmann::json& message);
  void hear_gone(const std::string& why);
  bool is_gone(const mcp::Reply& reply) const;
  void try_later(const std::string& why);
  bool has_news(const std::string& problem);
  std::string version() const;
  int next_id();

  House& house_;
  const McpSettings settings_;
  const std::function<void()> changed_;
  mutable std::mutex mutex_;  // guards everything below, but not link_
  int last_id_ = 0;
  std::string version_;         // as it is spoken to
  bool has_handshake_ = false;  // it does not know 2026-07-28
  bool connecting_ = false;     // we are getting to know it
  bool ready_ = false;          // we do
  int meeting_ = 0;             // how often we have begun to
  std::string problem_;         // why it is asked again later; empty: there is none
  Ms pause_{1000};              // before that
  Clock::time_point met_{};     // when it was ready last
  Tools tools_;
  std::set<std::string> left_out_;  // tools, and why
  bool listing_ = false, stale_ = false;
  Clock::time_point asked_{}, fresh_until_{};
  std::vector<std::shared_ptr<Job>> waiting_;  // calls, until we are ready
  const std::unique_ptr<McpLink> link_;        // the last: it may speak to us until it is gone
};

}  // namespace llm
