// SPDX-License-Identifier: MIT
#include "cli/plugin_directory.h"

#include <filesystem>
#include <system_error>

namespace patchbay {

std::string default_plugin_directory() {
  std::error_code wrong;
  if (std::filesystem::is_directory("plugins", wrong)) return "plugins";
  const auto self = std::filesystem::read_symlink("/proc/self/exe", wrong);
  return (self.parent_path().parent_path() / "lib" / "patchbay" / "plugins").string();
}

}  // namespace patchbay
