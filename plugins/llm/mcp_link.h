// SPDX-License-Identifier: MIT
// The way to one server of the Model Context Protocol: carries letters, and brings what has come of
// each. Knows nothing of what they say.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vap/vap.hpp>

#include "mcp_wire.h"

namespace llm {

class McpLink {
 public:
  struct Ears {
    std::function<void(const nlohmann::json&)> said;  // by the server, of itself
    std::function<void(const std::string&)> gone;     // it is no more, and why
  };
  // Once for each letter; of one that nobody answers, when it has been sent.
  using Heard = std::function<void(const mcp::Reply&)>;

  virtual ~McpLink() = default;
  // Forgets what was before: the next letter is the first. [any]
  virtual void begin_anew() = 0;
  // With `of` it is cut with that turn, where the way has a place for that. It may be heard before
  // this returns, and is where the host refuses to carry it: then this is false. [any]
  virtual bool send(const mcp::Letter& letter, Ms limit, const vap::speech* of, Heard heard) = 0;
  // That letter is heard of at once, as cancelled. [any]
  virtual void cancel(int id) = 0;
  // Does the server have to be told that nobody waits for a letter's answer?
  virtual bool tells_of_cancelled(const std::string& version) const = 0;
  // For good. What waits is not heard of any more. [control]
  virtual void end() = 0;
};

}  // namespace llm
