// SPDX-License-Identifier: MIT
#include "cli/plugin_directory.h"

#include <filesystem>
#include <system_error>

namespace patchbay {

namespace {

// A source tree has a directory of that name too.
bool holds_plugins(const std::filesystem::path& directory) {
  std::error_code wrong;
  for (const auto& entry : std::filesystem::directory_iterator(directory, wrong)) {
    if (entry.path().extension() == ".so") return true;
  }
  return false;
}

}  // namespace

std::string default_plugin_directory() {
  std::error_code wrong;
  if (holds_plugins("plugins")) return "plugins";
  const auto self = std::filesystem::read_symlink("/proc/self/exe", wrong);
  const auto beside = self.parent_path() / "plugins";
  if (holds_plugins(beside)) return beside.string();
  return (self.parent_path().parent_path() / "lib" / "patchbay" / "plugins").string();
}

std::string plugin_file(const std::string& word) {
  namespace fs = std::filesystem;
  std::error_code wrong;
  if (word.find('/') != std::string::npos || fs::is_regular_file(word, wrong)) return word;
  const fs::path named = fs::path(default_plugin_directory()) / (word + ".so");
  return fs::is_regular_file(named, wrong) ? named.string() : word;
}

}  // namespace patchbay
