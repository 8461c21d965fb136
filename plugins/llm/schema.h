// SPDX-License-Identifier: MIT
// What the arguments of a tool have to look like: a JSON schema (draft 7), and whether a value is
// what it asks for. Values come from models, so what could hang or kill us is left out: "format" is
// not looked at, patterns cost no stack, and a schema that refers to itself is refused. The door to
// valijson.
#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace llm {

class Schema {
 public:
  // Throws std::invalid_argument where it is none.
  explicit Schema(const nlohmann::json& schema);
  // Empty: it fits. Else what is wrong with it, for the model to mend. [any]
  std::string complaint(const nlohmann::json& value) const;

 private:
  struct Parsed;
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace llm
