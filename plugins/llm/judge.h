// SPDX-License-Identifier: MIT
// Can this call be run? Before anything runs, a model's call is held against what was declared.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "call.h"
#include "tool.h"

namespace llm {

struct Judged {
  const Tool* tool = nullptr;  // null: it cannot be run
  nlohmann::json arguments;    // an object
  std::string complaint;       // why not, for the model to mend
};

Judged judge(const Tools& tools, const Call& call);

// The arguments as an object, no deeper than what is safe to walk over. Null where they are none.
nlohmann::json arguments_of(const Call& call);

// How deep a text nests, if it is JSON.
int depth_of(std::string_view json);

}  // namespace llm
