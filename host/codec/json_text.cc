// SPDX-License-Identifier: MIT
#include "codec/json_text.h"

#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>

#include "ground/text.h"

namespace patchbay {
namespace {

Error invalid(std::string message) {
  return {"json_invalid", std::move(message), "send one complete JSON value in UTF-8"};
}

// Follows nlohmann's parser, which keeps its place in a vector of bits and never recurses, and
// stops it where the text nests too deep.
class Judge {
 public:
  using json = nlohmann::json;

  Judge(std::size_t size, std::size_t max_depth) : size_(size), max_depth_(max_depth) {}

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(json::binary_t&) { return true; }
  bool key(std::string&) { return true; }
  bool start_object(std::size_t) { return enter(); }
  bool start_array(std::size_t) { return enter(); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& why) {
    constexpr int out_of_range = 406;
    if (why.id == out_of_range) {
      problem_ =
          invalid("the number that ends at byte " + std::to_string(position) + " is too large");
    } else if (position > size_) {
      problem_ = invalid("the JSON breaks off at byte " + std::to_string(size_));
    } else {
      problem_ = invalid("byte " + std::to_string(position) + " does not belong there in JSON");
    }
    return false;
  }

  [[nodiscard]] Problem verdict() && { return std::move(problem_); }

 private:
  bool enter() {
    if (++depth_ <= max_depth_) return true;
    problem_ = Error{"json_too_deep",
                     "the JSON is nested deeper than " + std::to_string(max_depth_) + " levels",
                     "send a flatter value"};
    return false;
  }

  bool leave() {
    --depth_;
    return true;
  }

  std::size_t size_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  Problem problem_;
};

// What nlohmann passes over in silence: a byte order mark, and a NUL, which it takes for the end.
Problem check_bytes(std::string_view json) {
  if (const std::size_t good = valid_utf8_prefix(json); good != json.size()) {
    return Error{"json_not_utf8", "byte " + std::to_string(good + 1) + " is not UTF-8",
                 "send JSON in UTF-8"};
  }
  if (json.starts_with("\xEF\xBB\xBF")) return invalid("the JSON begins with a byte order mark");
  if (const std::size_t nul = json.find('\0'); nul != std::string_view::npos) {
    return invalid("byte " + std::to_string(nul + 1) + " is NUL");
  }
  return std::nullopt;
}

}  // namespace

Problem check_json(std::string_view json, std::size_t max_depth) {
  if (json.empty()) return invalid("the JSON is empty");
  if (Problem problem = check_bytes(json)) return problem;
  try {
    Judge judge(json.size(), max_depth);
    nlohmann::json::sax_parse(json.begin(), json.end(), &judge);
    return std::move(judge).verdict();
  } catch (const std::exception&) {
    return invalid("the JSON could not be read");
  }
}

std::string error_body(const Error& error) {
  std::string out = R"({"error":{"code":)";
  append_json_string(out, error.code);
  out += R"(,"message":)";
  append_json_string(out, error.message);
  out += R"(,"hint":)";
  append_json_string(out, error.hint);
  out += "}}";
  return out;
}

std::optional<Error> error_in_body(std::string_view body) {
  const nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains("error")) return std::nullopt;
  const nlohmann::json& error = document["error"];
  const auto text = [&error](const char* name) {
    const auto field = error.find(name);
    return field != error.end() && field->is_string() ? field->get<std::string>() : std::string();
  };
  if (!error.is_object() || text("message").empty()) return std::nullopt;
  return Error{text("code"), text("message"), text("hint")};
}

}  // namespace patchbay
