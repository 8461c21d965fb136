// SPDX-License-Identifier: MIT
// What an agent says of the functions that it offers to others (vap.tool/1), and whether a host
// takes that.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "ground/result.h"

namespace patchbay {

struct ToolFacts {
  std::string name, description;
  std::string parameters;  // a JSON schema of an object; empty: it takes none
  bool mutating = false;   // it changes something
};

inline constexpr std::size_t most_tools = 128;         // of one agent
inline constexpr std::size_t most_schema = 32 * 1024;  // bytes

// The Error names the function and what is wrong with it. [any]
[[nodiscard]] Problem check_tools(std::span<const ToolFacts> tools);

// For whoever tries a function: arguments that fit its schema, and some that do not. Nothing where
// none come to mind. [any]
std::optional<std::string> fitting_arguments(const ToolFacts& tool);
std::optional<std::string> unfitting_arguments(const ToolFacts& tool);

}  // namespace patchbay
