// SPDX-License-Identifier: MIT
// A text with blanks, "/weather/{city}", that a call's arguments fill in. "{{" is a brace; so is
// one that no name stands behind, as in JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace llm {

class Blank {
 public:
  Blank() = default;
  // Throws std::invalid_argument where a blank is none of these names.
  Blank(std::string_view text, const std::set<std::string>& names);

  // How a value looks where it is put. Null: the call does not have it.
  using Look = std::string (*)(const nlohmann::json&);
  std::string fill(const nlohmann::json& arguments, Look look) const;

  bool has_blanks() const { return parts_.size() > 1 || (!parts_.empty() && parts_[0].is_name); }
  std::string front() const;  // up to the first blank

 private:
  struct Part {
    bool is_name = false;
    std::string text;
  };
  std::vector<Part> parts_;
};

// Text as it is, all else as JSON; nothing for null.
std::string plain_look(const nlohmann::json& value);
std::string percent_look(const nlohmann::json& value);
std::string json_look(const nlohmann::json& value);

// Throws std::invalid_argument where what was filled in would lead to another path than the one
// that the blanks stand in: empty, or dots.
std::string fill_url(const Blank& url, const nlohmann::json& arguments);

}  // namespace llm
