// SPDX-License-Identifier: MIT
// Writes a new agent's directory from the templates (host/cli/templates). Never writes over
// anything.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct Scaffold {
  std::string name;      // eg: "hello"; also the plugin's file name and the last part of its id
  std::string language;  // "c", "cpp" or "rust"
  std::filesystem::path directory;
  std::string vap_directory;  // where vap-config.cmake is; empty: where find_package looks anyway
  std::string patchbay_directory;  // where this program is
};

// The name as a class: "my-hello" is MyHello.
std::string class_name(std::string_view name);

// The files that were written, relative to the directory. A directory that is there already, or a
// name that is no plain name, is an Error, and nothing is written. [control]
Result<std::vector<std::string>> write_scaffold(const Scaffold& scaffold);

}  // namespace patchbay
