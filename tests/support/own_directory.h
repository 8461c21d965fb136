// SPDX-License-Identifier: MIT
// A directory of a test's own, gone with the object.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace patchbay::test {

class OwnDirectory {
 public:
  OwnDirectory() : path_(::mkdtemp(name_.data())) {}
  ~OwnDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // The name of something in it, eg: "x.sock".
  [[nodiscard]] std::string of(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::string name_ = "/tmp/patchbay-test-XXXXXX";
  std::filesystem::path path_;
};

}  // namespace patchbay::test
