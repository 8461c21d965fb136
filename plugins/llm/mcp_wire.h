// SPDX-License-Identifier: MIT
// What is said to a server of the Model Context Protocol and what it answers: JSON-RPC, text in and
// text out. Servers are spoken to by revision 2026-07-28, in which each request says all that it
// needs, or by one of those before, which begin with a handshake. Who carries it is the business of
// others.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp_headers.h"
#include "mcp_settings.h"

namespace llm::mcp {

constexpr const char* plain_version = "2026-07-28";      // without a handshake
constexpr const char* handshake_version = "2025-11-25";  // the newest that begins with one
bool is_handshake_version(std::string_view version);     // one that we speak

struct Letter {
  int id = 0;  // 0: nobody answers it
  std::string text;
  Headers headers = {};      // over HTTP, beside the operator's
  bool is_greeting = false;  // its answer may name a session
};

// `version`: as the server is spoken to.
Letter discover(int id);
Letter initialize(int id);
Letter initialized(const std::string& version);
Letter list_tools(int id, const std::string& version, const std::string& cursor);
Letter call_tool(int id, const std::string& version, const Tool& tool,
                 const nlohmann::json& arguments);
Letter cancelled(int id, const std::string& version);
// Of what servers before 2026-07-28 may ask: we are there, and have nothing else to offer.
Letter answer_to(const nlohmann::json& request, const std::string& version);

// What has come of a letter.
struct Reply {
  enum class Fate {
    answered,   // with a result, or an error of the protocol's
    unsent,     // it never reached the server
    refused,    // by HTTP
    forgotten,  // the server knows nothing of our session
    cancelled,
    late,
    lost,
  };
  Fate fate = Fate::answered;
  std::string error = {};  // what went wrong; empty: nothing
  nlohmann::json result = nullptr;
  int code = 0;  // of the protocol's error
  nlohmann::json details = nullptr;

  bool ok() const { return error.empty(); }
  bool is_surely_undone() const;
};

// Null where it is no JSON object, or too deep.
nlohmann::json read_message(std::string_view text);
// Nothing: it is no answer, but a request or a notification of the server's.
std::optional<int> id_of_answer(const nlohmann::json& message);
Reply read_answer(const nlohmann::json& message);

// The version to go on with, of those that a server names: in its answer to discover(), or in its
// refusal. Empty: none that we speak. Nothing: it has named none, so it begins with a handshake.
std::optional<std::string> version_in(const Reply& discovered);
bool offers_tools(const nlohmann::json& greeting);

// One page of the list. What cannot be served is left out, and named with the reason.
struct Page {
  Tools tools;
  std::string next;  // empty: it was the last
  std::optional<Ms> fresh_for;
  std::vector<std::string> refused;
};
Page read_page(const nlohmann::json& result, const McpSettings& settings,
               const std::string& version);

// What a call has brought, as text.
struct Brought {
  enum class End { done, failed, unknown };
  End end = End::done;
  std::string text;
};
Brought read_result(const nlohmann::json& result);

}  // namespace llm::mcp
