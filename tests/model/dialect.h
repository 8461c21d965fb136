// SPDX-License-Identifier: MIT
// The three ways in which models are asked over HTTP and stream their answers: bytes in, bytes out.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "script.h"

namespace model {

// Writes one answer as a stream of server-sent events.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string begin() const = 0;  // what comes before any text
  virtual std::string piece(std::string_view text) const = 0;
  virtual std::string keep_alive() const { return ": keep-alive\n\n"; }
  virtual std::string error() const = 0;
  virtual std::vector<std::string> tool(const ToolCall& call, std::size_t number) const = 0;
  virtual std::string finish(std::string_view reason, bool called_tools) const = 0;
  // The body of a refusal.
  virtual std::string refusal(int status) const = 0;
};

// By the path of the request; null: none of the three.
std::unique_ptr<Dialect> dialect_of(std::string_view path);

// Nothing: the body is not what this path wants.
std::optional<Asked> read_request(std::string_view path, std::string_view body);

}  // namespace model
