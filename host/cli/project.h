// SPDX-License-Identifier: MIT
// What an author has in a directory, how that is built, and where the plugin is then. Looks at
// names of files, and at plugins; runs nothing.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ground/result.h"

namespace patchbay {

struct Project {
  enum class Kind { cmake, cargo, make, command };

  std::filesystem::path directory;  // absolute
  Kind kind = Kind::cmake;
  std::string command;           // of Kind::command: a line for the shell
  std::filesystem::path plugin;  // absolute; empty: wherever the build leaves one
};

struct ProjectWishes {
  std::string directory;
  std::string command;  // empty: what suits the files in the directory
  std::string plugin;   // empty: it is found
};

// The Error says what was looked for. [control]
Result<Project> find_project(const ProjectWishes& wishes);

// What builds it as it stands now: command lines, one after the other. [control]
std::vector<std::vector<std::string>> build_steps(const Project& project);

// The plugin that the build has left: the youngest, where there are several. The Error names the
// place. [control]
Result<std::filesystem::path> built_plugin(const Project& project);

// What such a file is served as: its stem, and for a crate the crate's name. [control]
std::string agent_name_for(const Project& project, const std::filesystem::path& plugin);

}  // namespace patchbay
