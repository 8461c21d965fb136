// SPDX-License-Identifier: MIT
#include "codec/json_schema.h"

// Without it valijson calls abort() where it would throw; its CMake target says the same.
#ifndef VALIJSON_USE_EXCEPTIONS
#define VALIJSON_USE_EXCEPTIONS 1
#endif

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "codec/json_text.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t deepest = 64;            // levels of JSON
constexpr int most_subschemas = 4096;          // with every reference written out
constexpr std::size_t longest_pattern = 256;   // bytes; bounds the depth of the regex compiler
constexpr std::size_t longest_matched = 4096;  // bytes; matching costs the square of it

// valijson would match "pattern" with std::regex's default engine, which recurses for every
// character and dies of 8 KB. So patterns go by another name, to a constraint of our own.
constexpr auto our_pattern = "patchbay:pattern";

Error schema_invalid(std::string what) {
  return {"schema_invalid", "config_schema: " + std::move(what),
          "it is the plugin's author who can mend this"};
}

std::regex compile(const std::string& pattern) {
#if defined(__GLIBCXX__)
  return std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
#else
  return std::regex(pattern);
#endif
}

class PatternConstraint : public valijson::constraints::PolyConstraint {
 public:
  explicit PatternConstraint(const std::string& pattern) : regex_(compile(pattern)) {}

  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (!target.isString()) return true;
    const auto text = target.asString();
    const char* why = nullptr;
    if (text.size() > longest_matched) {
      why = "Too long to be matched with a pattern (4096 bytes at most)";
    } else if (!std::regex_search(text, regex_)) {
      why = "Does not match the pattern";
    }
    if (why && results) results->pushError(context, why);
    return why == nullptr;
  }

 private:
  Constraint* cloneInto(void* place) const override { return new (place) PatternConstraint(*this); }
  [[nodiscard]] std::size_t sizeOf() const override { return sizeof *this; }

  std::regex regex_;
};

class PatternBuilder : public valijson::ConstraintBuilder {
 public:
  [[nodiscard]] valijson::constraints::Constraint* make(
      const valijson::adapters::Adapter& value) const override {
    return new PatternConstraint(value.asString());
  }
};

// Walks over all that valijson would walk over, in the same order of references, and makes it safe:
// what it lets through ends, and soon.
class Taming {
 public:
  explicit Taming(Json& root) : root_(root) {}

  // nullptr, or what is wrong.
  const char* visit(Json& schema, std::size_t depth = 0) {
    if (depth > deepest || --left_ == 0) return "it refers to itself, or is too large";
    if (!schema.is_object()) return nullptr;  // true, false, or valijson's to complain of
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
      Json* target = find(*ref);
      return target ? visit(*target, depth + 1) : "a $ref must lead to a place in the same schema";
    }
    schema.erase("id");  // would change what the references below it mean
    schema.erase("format");
    if (const char* why = tame_keywords(schema)) return why;
    return visit_children(schema, depth + 1);
  }

 private:
  // Stricter than valijson's own look-up in every doubtful case (percent codes, empty tokens), so
  // that where this finds something, that finds the same.
  Json* find(const Json& ref) {
    if (!ref.is_string()) return nullptr;
    const auto& text = ref.get_ref<const std::string&>();
    if (!text.starts_with('#') || text.ends_with('/') || text.find('%') != std::string::npos ||
        text.find("//") != std::string::npos) {
      return nullptr;
    }
    try {
      return &root_.at(Json::json_pointer(text.substr(1)));
    } catch (const Json::exception&) {
      return nullptr;
    }
  }

  static const char* tame_keywords(Json& schema) {
    if (schema.contains("patternProperties")) return "'patternProperties' is not served here";
    if (auto step = schema.find("multipleOf"); step != schema.end()) {
      if (!step->is_number() || step->get<double>() <= 0) return "'multipleOf' must be above 0";
      *step = step->get<double>();  // valijson divides integers in ways that can trap
    }
    if (auto pattern = schema.find("pattern"); pattern != schema.end()) {
      Json text = std::move(*pattern);
      schema.erase(pattern);
      schema[our_pattern] = std::move(text);
    }
    const auto pattern = schema.find(our_pattern);
    if (pattern == schema.end()) return nullptr;
    if (!pattern->is_string()) return "a 'pattern' must be text";
    const bool fits = pattern->get_ref<const std::string&>().size() <= longest_pattern;
    return fits ? nullptr : "a 'pattern' is longer than 256 bytes";
  }

  const char* visit_children(Json& schema, std::size_t depth) {
    static constexpr auto single = {"additionalItems",
                                    "additionalProperties",
                                    "contains",
                                    "else",
                                    "if",
                                    "items",
                                    "not",
                                    "propertyNames",
                                    "then"};
    static constexpr auto several = {"allOf", "anyOf",      "oneOf",
                                     "items", "properties", "dependencies"};
    for (const char* key : single) {
      if (const auto child = schema.find(key); child != schema.end()) {
        if (const char* why = visit(*child, depth)) return why;
      }
    }
    for (const char* key : several) {
      const auto children = schema.find(key);
      if (children == schema.end() || !children->is_structured()) continue;
      if (std::string_view(key) == "items" && !children->is_array()) continue;
      for (auto& child : *children) {
        if (const char* why = visit(child, depth)) return why;
      }
    }
    return nullptr;
  }

  Json& root_;
  int left_ = most_subschemas;
};

Problem parse_schema(std::string_view text, valijson::Schema& out) {
  if (auto why = check_json(text, deepest)) return schema_invalid(why->message);
  auto schema = Json::parse(text, nullptr, false);
  if (!schema.is_object()) return schema_invalid("it must be an object");
  if (const char* why = Taming(schema).visit(schema)) return schema_invalid(why);
  try {
    valijson::SchemaParser parser;
    parser.addConstraintBuilder(our_pattern, new PatternBuilder);  // the parser owns it
    parser.populateSchema(Adapter(schema), out);
  } catch (const std::regex_error&) {
    return schema_invalid("a 'pattern' is not a regular expression we can match");
  } catch (const std::exception& e) {
    return schema_invalid(e.what());
  }
  return {};
}

// "<root>", "[calendar]", "[2]" as calendar.2
std::vector<std::string> path_of(const std::vector<std::string>& context) {
  std::vector<std::string> path;
  for (const auto& step : context) {
    if (step.size() > 2 && step.front() == '[') path.push_back(step.substr(1, step.size() - 2));
  }
  return path;
}

// What the schema says about a place, for a person to compare with; nothing where that is not
// simple to find.
std::string wanted_at(std::string_view schema, const std::vector<std::string>& path) {
  const auto root = Json::parse(schema, nullptr, false);
  const Json* place = &root;
  for (const auto& step : path) {
    const auto properties = place->find("properties");
    if (properties == place->end() || !properties->contains(step)) return {};
    place = &(*properties)[step];
    if (!place->is_object()) return {};
  }
  if (const auto known = place->find("properties"); known != place->end() && known->is_object()) {
    std::string names;
    for (const auto& [name, unused] : known->items()) names += (names.empty() ? "" : ", ") + name;
    return "the plugin knows these keys: " + names;
  }
  constexpr std::size_t longest = 300;  // bytes, a few lines of a terminal
  auto text = place->dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return "the plugin wants " + text;
}

// valijson's longest sentence is about the commonest slip.
std::string plain_words(const std::string& description) {
  const auto quote = description.find('\'', description.find("constraints: "));
  const bool unknown_key = description.starts_with("Object contains a property that could not");
  if (!unknown_key || quote == std::string::npos) return description;
  return "unknown key " + description.substr(quote);
}

Error value_invalid(std::string_view schema, valijson::ValidationResults& results) {
  valijson::ValidationResults::Error first{{}, "It does not fit the schema."};
  results.popError(first);  // the innermost comes first
  const auto path = path_of(first.context);
  std::string message;
  for (const auto& step : path) message += (message.empty() ? "" : ".") + step;
  message += (message.empty() ? "" : ": ") + plain_words(first.description);
  if (message.ends_with('.')) message.pop_back();  // ours have none: what follows may be a bracket
  return {"value_invalid", std::move(message), wanted_at(schema, path)};
}

}  // namespace

Problem check_schema(std::string_view schema) {
  valijson::Schema parsed;
  return parse_schema(schema, parsed);
}

Problem check_value(std::string_view schema, std::string_view value) {
  valijson::Schema parsed;
  if (auto why = parse_schema(schema, parsed)) return why;
  if (auto why = check_json(value, deepest)) return Error{"value_invalid", why->message, why->hint};
  try {
    const auto document = Json::parse(value);
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(parsed, Adapter(document), &results)) return {};
    return value_invalid(schema, results);
  } catch (const std::exception& e) {
    return Error{"value_invalid", std::string("it could not be checked: ") + e.what(), ""};
  }
}

}  // namespace patchbay
