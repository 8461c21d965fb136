// SPDX-License-Identifier: MIT
// The bytes of a file that a test reads: a library, or a document of this repository.
#pragma once
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <ios>
#include <string>

namespace patchbay {

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  std::string bytes(std::filesystem::file_size(path), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// eg: "docs/configuration.md"
inline std::string repository_file(const std::filesystem::path& name) {
  return file_bytes(std::filesystem::path(PATCHBAY_SOURCE_DIR) / name);
}

}  // namespace patchbay
