// SPDX-License-Identifier: MIT
#include "support/examples.h"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "support/line.h"

namespace patchbay::test {

std::string example(const std::string& file, const Changes& changes) {
  std::ifstream in(PATCHBAY_SOURCE_DIR "/docs/examples/" + file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  for (const auto& [from, to] : changes) {
    std::size_t at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("changed since: " + from);
    for (; at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

std::string program(const char* path) {
  if (!std::filesystem::exists(path))
    throw std::runtime_error(std::string("no ") + path + ": scripts/needs --tests installs it");
  return path;
}

std::string here(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

bool listens(std::uint16_t port) {
  try {
    const Line line(port);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace patchbay::test
