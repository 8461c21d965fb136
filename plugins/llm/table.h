// SPDX-License-Identifier: MIT
// One table of the configuration, as JSON; its keys are called by their whole path in what is
// refused. Throws std::invalid_argument, which names the key.
#pragma once
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace llm {

[[noreturn]] inline void refuse(const std::string& key, const std::string& why) {
  throw std::invalid_argument(key + " " + why);
}

class Table {
 public:
  using Json = nlohmann::json;

  Table(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) refuse(path_, "wants a table");
  }

  std::string path(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }

  std::string text(const char* key, const std::string& otherwise = {}) const {
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_string()) refuse(path(key), "wants text");
    return value->get<std::string>();
  }
  std::string needed(const char* key, const char* example) const {
    std::string value = text(key);
    if (value.empty()) refuse(path(key), std::string("is missing, eg: ") + example);
    return value;
  }
  long number(const char* key, long otherwise, long least, long most) const {
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    const bool fits = value->is_number_integer() && *value >= least && *value <= most;
    if (!fits)
      refuse(path(key),
             "wants a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value->get<long>();
  }
  bool flag(const char* key, bool otherwise) const {
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) refuse(path(key), "wants true or false");
    return value->get<bool>();
  }

 private:
  const Json& json_;
  const std::string path_;
};

}  // namespace llm
