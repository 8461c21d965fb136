// SPDX-License-Identifier: MIT
// One tool, as [[agents.NAME.config.tools]] declares it.
#pragma once
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "blank.h"
#include "schema.h"
#include "table.h"

namespace llm {

using Ms = std::chrono::milliseconds;

class Mcp;

struct Tool {
  enum class Kind {
    http,     // a request
    command,  // a program of the operator's
    agent,    // a function of another agent
    mcp,      // one of an MCP server's
  };
  explicit Tool(Schema s) : schema(std::move(s)) {}

  std::string key;  // eg: "tools[0]"; for messages
  std::string name, description;
  nlohmann::json parameters;  // a JSON schema, as models are told it
  Schema schema;              // the same
  Kind kind = Kind::http;
  Ms timeout{5000};
  bool mutating = false;  // it changes something: runs once, whatever happens to the turn
  bool show = false;      // its result goes to the caller's screen
  std::string say;        // what the caller hears while it runs, where he has heard nothing yet

  std::string method;
  Blank url;
  std::vector<std::pair<std::string, std::string>> headers;
  bool takes_body() const { return method != "GET" && method != "DELETE"; }
  bool has_body = false;  // one of its own; else the arguments are the body
  Blank body;
  Blank::Look body_look = nullptr;

  std::vector<Blank> command;  // the program, and what it is called with

  std::string agent, function;                            // whose it is, and what that one calls it
  bool parameters_given = false, mutating_given = false;  // by the operator: his word counts

  Mcp* server = nullptr;  // outlives all that runs
  std::string remote;     // what the server calls it
  // Arguments that the server wants as headers too: where they stand, as a JSON pointer, and the
  // header's name.
  std::vector<std::pair<std::string, std::string>> mirrored;
};
using Tools = std::vector<Tool>;

// Would every provider take it?
bool is_tool_name(const std::string& name);

// All of these throw std::invalid_argument, which names the key.
// A program by its path, that we may run.
void check_program(const std::string& key, const std::string& program);
// The headers, and that of `secret`.
std::vector<std::pair<std::string, std::string>> read_headers(const Table& table);
Tools read_tools(const Table& top);

}  // namespace llm
