// SPDX-License-Identifier: MIT
// The system prompt: text from the configuration, or a file that may change while calls go on.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace llm {

class Prompt {
 public:
  explicit Prompt(std::string text) : now_{std::move(text)} {}
  // Throws std::invalid_argument where the file cannot be read, or is empty.
  static std::unique_ptr<Prompt> from_file(const std::string& path);

  // As the file stands when it is asked for. While it cannot be read: as it stood before. [turn]
  std::string text();

 private:
  struct Version {
    std::string text;
    std::int64_t changed_ns = 0, size = 0;  // of the file
  };
  Prompt(std::string path, Version now) : path_(std::move(path)), now_(std::move(now)) {}
  static Version read(const std::string& path);

  const std::string path_;  // empty: there is no file
  std::mutex mutex_;        // guards everything below
  Version now_;
};

}  // namespace llm
