// SPDX-License-Identifier: MIT
// The real binary, started as from a shell and read to its end.
#pragma once
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/host_process.h"
#include "support/line.h"

namespace patchbay::test {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

struct Ran {
  int exit = -1;
  std::string output;
  std::string errors;
};

inline Ran read_to_end(HostProcess& process) {
  int exit = -1;
  for (int i = 0; i < 4 && exit < 0; ++i) exit = process.wait();  // a compiler may take its time
  return {exit, process.output(), process.log()};
}

inline Ran run(const Arguments& arguments, const Environment& environment = {}) {
  HostProcess process({arguments, environment});
  return read_to_end(process);
}

// As if pasted into a shell, in that directory; the first command that fails ends it.
inline Ran run_script(const std::string& script, const std::string& directory = "",
                      const Environment& environment = {}) {
  HostProcess process({{"-euo", "pipefail", "-c", script}, environment, directory, "/bin/bash"});
  return read_to_end(process);
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// One object for each line, as `call --json` writes them.
inline std::vector<Json> json_lines(const std::string& output) {
  std::vector<Json> all;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    all.push_back(Json::parse(line, nullptr, false));
    REQUIRE_MESSAGE(all.back().is_object(), line);
  }
  return all;
}

// A directory that is gone with the object.
class Scratch {
 public:
  Scratch() {
    std::string name = std::filesystem::temp_directory_path() / "patchbay-cli-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() {
    std::error_code wrong;
    std::filesystem::remove_all(path_, wrong);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& name = "") const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace patchbay::test
