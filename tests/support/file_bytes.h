// SPDX-License-Identifier: MIT
// The bytes of a file that a test reads: a library, or a document of this repository.
#pragma once
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace patchbay {

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// eg: "docs/configuration.md"
inline std::string repository_file(const std::filesystem::path& name) {
  return file_bytes(std::filesystem::path(PATCHBAY_SOURCE_DIR) / name);
}

}  // namespace patchbay
