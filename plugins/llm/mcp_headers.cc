// SPDX-License-Identifier: MIT
#include "mcp_headers.h"

#include <cctype>
#include <cstdint>
#include <set>
#include <stdexcept>

namespace llm::mcp {
namespace {

using Json = nlohmann::json;

constexpr const char* mark = "x-mcp-header";
constexpr std::string_view front = "=?base64?", back = "?=";
constexpr std::string_view secret = "{secret:";  // the host would put one there

std::string base64(std::string_view bytes) {
  constexpr const char* letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t three = 0;
    for (std::size_t n = 0; n < 3; ++n)
      three =
          three << 8U | (at + n < bytes.size() ? static_cast<unsigned char>(bytes[at + n]) : 0U);
    for (unsigned n = 0; n < 4; ++n)
      out += at + n > bytes.size() ? '=' : letters[three >> (18U - 6U * n) & 63U];
  }
  return out;
}

bool is_plain(std::string_view text) {
  for (const char c : text)
    if ((c < ' ' || c > '~') && c != '\t') return false;
  if (text.empty()) return true;
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  return !is_blank(text.front()) && !is_blank(text.back());
}

bool is_marked_as_encoded(std::string_view text) {
  return text.size() >= front.size() + back.size() && text.substr(0, front.size()) == front &&
         text.substr(text.size() - back.size()) == back;
}

bool is_token(const std::string& name) {
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
        std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos)
      return false;
  return !name.empty();
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Walks over a schema, whose depth Schema has judged.
class Marks {
 public:
  std::vector<std::pair<std::string, std::string>> found;

  // `reached`: only by properties of properties, from the top.
  void visit(const Json& schema, const std::string& pointer, bool reached) {
    if (schema.is_array())
      for (const Json& one : schema) visit(one, pointer, false);
    if (!schema.is_object()) return;
    if (const auto marked = schema.find(mark); marked != schema.end()) {
      if (!reached || pointer.empty()) refuse("stands where no header can be made of it");
      take(schema, *marked, pointer);
    }
    for (const auto& [key, value] : schema.items()) {
      // What a default, an example or a choice looks like is no schema.
      if (key == "default" || key == "enum" || key == "const" || key == "examples") continue;
      if (key != "properties") {
        visit(value, pointer, false);
      } else if (value.is_object()) {
        for (const auto& [name, property] : value.items())
          visit(property, (Json::json_pointer(pointer) / name).to_string(), reached);
      }
    }
  }

 private:
  [[noreturn]] static void refuse(const std::string& why) {
    throw std::invalid_argument(std::string("has a bad ") + mark + ": it " + why);
  }
  void take(const Json& schema, const Json& marked, const std::string& pointer) {
    const std::string name = marked.is_string() ? marked.get<std::string>() : "";
    if (!is_token(name)) refuse("is no name of a header");
    const Json type = schema.value("type", Json());
    if (type != "string" && type != "integer" && type != "boolean")
      refuse("is of no text, whole number or boolean");
    if (!names_.insert(lower(name)).second) refuse("is there twice");
    found.emplace_back(pointer, "Mcp-Param-" + name);
  }

  std::set<std::string> names_;
};

}  // namespace

bool names_secret(std::string_view text) {
  return text.find(secret) != std::string_view::npos;
}

std::string header_value(std::string_view text) {
  if (is_plain(text) && !is_marked_as_encoded(text) && !names_secret(text))
    return std::string(text);
  return std::string(front) + base64(text) + std::string(back);
}

std::vector<std::pair<std::string, std::string>> mirrored_in(const Json& schema) {
  Marks marks;
  marks.visit(schema, "", true);
  return std::move(marks.found);
}

Headers mirror(const std::vector<std::pair<std::string, std::string>>& mirrored,
               const Json& arguments) {
  Headers headers;
  for (const auto& [pointer, name] : mirrored) {
    const Json::json_pointer place(pointer);
    if (!arguments.contains(place)) continue;
    const Json& value = arguments.at(place);
    if (value.is_string()) headers.emplace_back(name, header_value(value.get<std::string>()));
    if (value.is_number_integer() || value.is_boolean()) headers.emplace_back(name, value.dump());
  }
  return headers;
}

}  // namespace llm::mcp
