// SPDX-License-Identifier: MIT
// One call of a tool, being run: a request, a command, a function of another agent, or a call of an
// MCP server's. Ends exactly once with an outcome that the model can be told. What changes
// something is a step of the conversation's journal: it runs once, is not cut when its turn is, and
// where nobody knows whether it was done, that is what is said.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vap/http.hpp>
#include <vap/tool.hpp>
#include <vap/vap.hpp>

#include "call.h"
#include "command.h"
#include "house.h"
#include "mcp_wire.h"
#include "tool.h"

namespace llm {

class Errand : public std::enable_shared_from_this<Errand> {
 public:
  struct Order {
    const Tool* tool;          // outlives it
    nlohmann::json arguments;  // they fit
    Call call;
    std::string step;  // its key in the journal; empty: it is no step
  };
  using Done = std::function<void(const Outcome&)>;

  // `of` is the turn's reply: it must not be ended before the errand is.
  Errand(House& house, const vap::speech& of, Order order, Done done);

  // done() may be called before it returns, else on some thread of the host's. [turn]
  void begin();
  // The turn was cancelled. done() still comes. [any]
  void cancel();

 private:
  void perform();
  void send_request();
  void hear_end(const vap::http_end& how);
  void run_command();
  void call_function();
  void hear_function(const vap::tool_end& how);
  void ask_server();
  void hear_reply(const mcp::Reply& reply);

  void done(std::string text);
  void surely_not_done(const std::string& why);
  void maybe_done(const std::string& why);
  void was_late();
  void end(std::string text, bool failed);

  House& house_;
  const vap::speech of_;
  const Order order_;
  Done done_;
  std::string answer_;  // of the request
  bool cut_ = false;    // it was longer
  Command command_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<int> asked_ = 0;  // the number of the call at its server
};

}  // namespace llm
