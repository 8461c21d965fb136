// SPDX-License-Identifier: MIT
#include "prompt.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace llm {
namespace {

std::int64_t changed_ns(const struct stat& file) {
  return std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
}

}  // namespace

std::unique_ptr<Prompt> Prompt::from_file(const std::string& path) {
  return std::unique_ptr<Prompt>(new Prompt(path, read(path)));  // the constructor is private
}

Prompt::Version Prompt::read(const std::string& path) {
  struct stat file {};
  std::ifstream in(path, std::ios::binary);
  if (::stat(path.c_str(), &file) != 0 || !in)
    throw std::invalid_argument("prompt_file cannot be read: " + path);
  Version version{{std::istreambuf_iterator<char>(in), {}}, changed_ns(file), file.st_size};
  if (version.text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw std::invalid_argument("prompt_file is empty: " + path);
  return version;
}

std::string Prompt::text() {
  const std::lock_guard<std::mutex> lock(mutex_);
  struct stat file {};
  const bool changed = !path_.empty() && ::stat(path_.c_str(), &file) == 0 &&
                       (changed_ns(file) != now_.changed_ns || file.st_size != now_.size);
  if (!changed) return now_.text;
  try {
    now_ = read(path_);
  } catch (const std::invalid_argument&) {
    // It is being written: the next turn looks again.
  }
  return now_.text;
}

}  // namespace llm
