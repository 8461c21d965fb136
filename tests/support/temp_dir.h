// SPDX-License-Identifier: MIT
// An empty directory of its own for one test, gone when it dies.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace patchbay::test {

struct TempDir {
  std::filesystem::path path;  // without a symbolic link in it

  TempDir() {
    std::string name =
        std::filesystem::canonical(std::filesystem::temp_directory_path()) / "patchbay-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path = name;
  }
  ~TempDir() {
    std::error_code wrong;
    std::filesystem::remove_all(path, wrong);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  // Where something in it is or will be, eg: "x.sock".
  [[nodiscard]] std::string of(const std::string& name) const { return path / name; }
};

}  // namespace patchbay::test
