// SPDX-License-Identifier: MIT
#include "cli/config_file.h"

#include "machine/files.h"

namespace patchbay {
namespace {

constexpr std::size_t largest_config = 1024 * 1024;  // bytes

}  // namespace

Result<Config> load_config(const std::string& file) {
  const Result<std::string> text = read_file(file, largest_config);
  if (!text) return text.error();
  return decode_config(*text, file);
}

}  // namespace patchbay
