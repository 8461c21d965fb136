// SPDX-License-Identifier: MIT
#include "schema.h"

// Without it valijson calls abort() where it would throw.
#ifndef VALIJSON_USE_EXCEPTIONS
#define VALIJSON_USE_EXCEPTIONS 1
#endif

#include <exception>
#include <new>
#include <regex>
#include <stdexcept>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

namespace llm {
namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t deepest = 64;  // levels, of schemas within schemas
constexpr int most_subschemas = 4096;
constexpr std::size_t longest_pattern = 256, longest_matched = 4096;  // bytes

// Patterns go by another name to a constraint of our own: valijson's would match with the default
// engine of std::regex, which recurses for every character.
constexpr auto our_pattern = "llm:pattern";

[[noreturn]] void refuse_schema(const std::string& why) {
  throw std::invalid_argument("is no schema we can check: " + why);
}

class PatternConstraint : public valijson::constraints::PolyConstraint {
 public:
  explicit PatternConstraint(const std::string& pattern)
      : regex_(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial) {}

  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (!target.isString()) return true;
    const std::string text = target.asString();
    const bool fits = text.size() <= longest_matched && std::regex_search(text, regex_);
    if (!fits && results != nullptr) results->pushError(context, "It does not match the pattern.");
    return fits;
  }

 private:
  Constraint* cloneInto(void* place) const override { return new (place) PatternConstraint(*this); }
  std::size_t sizeOf() const override { return sizeof *this; }

  std::regex regex_;
};

class PatternBuilder : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& value) const override {
    return new PatternConstraint(value.asString());  // valijson owns it
  }
};

// Walks over all that valijson would, and makes it safe.
class Taming {
 public:
  explicit Taming(Json& root) : root_(root) {}

  void visit(Json& schema, std::size_t depth = 0) {
    if (depth > deepest || --left_ == 0) refuse_schema("it refers to itself, or is too large");
    if (!schema.is_object()) return;
    if (const auto ref = schema.find("$ref"); ref != schema.end())
      return visit(target_of(*ref), depth + 1);
    schema.erase("id");
    schema.erase("$id");
    schema.erase("$schema");
    schema.erase("format");
    if (schema.contains("patternProperties")) refuse_schema("patternProperties is not served");
    tame_pattern(schema);
    tame_step(schema);
    for (const char* key : {"additionalItems", "additionalProperties", "contains", "else", "if",
                            "items", "not", "propertyNames", "then"})
      if (const auto child = schema.find(key); child != schema.end()) visit(*child, depth + 1);
    for (const char* key : {"allOf", "anyOf", "oneOf", "items", "properties", "dependencies"}) {
      const auto children = schema.find(key);
      if (children == schema.end() || !children->is_structured()) continue;
      if (std::string_view(key) == "items" && !children->is_array()) continue;
      for (Json& child : *children) visit(child, depth + 1);
    }
  }

 private:
  Json& target_of(const Json& ref) {
    const std::string text = ref.is_string() ? ref.get<std::string>() : "";
    const bool is_local = text.rfind("#/", 0) == 0 && text.back() != '/' &&
                          text.find('%') == std::string::npos &&
                          text.find("//") == std::string::npos;
    if (is_local) {
      try {
        return root_.at(Json::json_pointer(text.substr(1)));
      } catch (const Json::exception&) {
        // told below
      }
    }
    refuse_schema("a $ref has to lead to a place in the same schema");
  }

  static void tame_pattern(Json& schema) {
    if (const auto pattern = schema.find("pattern"); pattern != schema.end()) {
      Json text = std::move(*pattern);
      schema.erase(pattern);
      schema[our_pattern] = std::move(text);
    }
    const auto pattern = schema.find(our_pattern);
    if (pattern == schema.end()) return;
    if (!pattern->is_string() || pattern->get_ref<const std::string&>().size() > longest_pattern)
      refuse_schema("a pattern has to be text of at most 256 bytes");
  }

  // valijson divides integers in ways that can trap.
  static void tame_step(Json& schema) {
    const auto step = schema.find("multipleOf");
    if (step == schema.end()) return;
    if (!step->is_number() || step->get<double>() <= 0) refuse_schema("multipleOf is not above 0");
    *step = step->get<double>();
  }

  Json& root_;
  int left_ = most_subschemas;
};

// "<root>", "[order]", "[2]" as order.2
std::string path_of(const std::vector<std::string>& context) {
  std::string path;
  for (const std::string& step : context)
    if (step.size() > 2 && step.front() == '[')
      path += (path.empty() ? "" : ".") + step.substr(1, step.size() - 2);
  return path;
}

}  // namespace

struct Schema::Parsed {
  valijson::Schema schema;
};

Schema::Schema(const Json& schema) {
  if (!schema.is_object()) refuse_schema("it is no table");
  Json tamed = schema;
  Taming(tamed).visit(tamed);
  auto parsed = std::make_shared<Parsed>();
  try {
    valijson::SchemaParser parser;
    parser.addConstraintBuilder(our_pattern, new PatternBuilder);  // the parser owns it
    parser.populateSchema(Adapter(tamed), parsed->schema);
  } catch (const std::regex_error&) {
    refuse_schema("a pattern is no regular expression");
  } catch (const std::exception& wrong) {
    refuse_schema(wrong.what());
  }
  parsed_ = std::move(parsed);
}

std::string Schema::complaint(const Json& value) const {
  try {
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(parsed_->schema, Adapter(value), &results)) return {};
    valijson::ValidationResults::Error first{{}, "It does not fit the schema."};
    results.popError(first);  // the innermost comes first
    const std::string path = path_of(first.context);
    return path.empty() ? first.description : path + ": " + first.description;
  } catch (const std::exception& wrong) {
    return std::string("it could not be checked: ") + wrong.what();
  }
}

}  // namespace llm
