// SPDX-License-Identifier: MIT
#include "cli/project.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "codec/elf.h"
#include "codec/toml_document.h"
#include "ground/text.h"
#include "machine/files.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_plugin = std::size_t{1} << 30U;  // bytes
constexpr std::size_t largest_crate_file = 1024 * 1024;

struct Sign {
  std::string_view file;
  Project::Kind kind;
};
// CMake first: it may leave a Makefile here.
constexpr Sign signs[] = {{"CMakeLists.txt", Project::Kind::cmake},
                          {"Cargo.toml", Project::Kind::cargo},
                          {"Makefile", Project::Kind::make},
                          {"makefile", Project::Kind::make},
                          {"GNUmakefile", Project::Kind::make}};

fs::path absolute(const fs::path& path) {
  std::error_code wrong;
  const fs::path whole = fs::absolute(path, wrong).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();  // "hello/" is "hello"
}

bool is_there(const fs::path& file) {
  std::error_code wrong;
  return fs::exists(file, wrong);
}

std::string how_many_at_once() {
  return std::to_string(std::max(1U, std::thread::hardware_concurrency()));
}

// Where such a build leaves its plugin.
fs::path output_of(const Project& project) {
  switch (project.kind) {
    case Project::Kind::cmake:
      return project.directory / "build";
    case Project::Kind::cargo:
      return project.directory / "target" / "debug";
    case Project::Kind::make:
    case Project::Kind::command:
      break;
  }
  return project.directory;
}

bool is_plugin(const fs::path& file) {
  const Result<std::string> bytes = read_file(file, largest_plugin);
  if (!bytes) return false;
  const Result<ElfFacts> facts = read_elf(*bytes);
  return facts && facts->has_ident;
}

struct Found {
  fs::path file;
  fs::file_time_type written;
};

// The libraries below, the youngest first. A crate's dependencies are no business of ours, nor are
// the copies that cargo keeps there.
std::vector<Found> libraries_in(const fs::path& directory) {
  std::vector<Found> found;
  std::error_code wrong;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied,
                                      wrong);
  while (!wrong && at != fs::recursive_directory_iterator()) {
    const std::string name = at->path().filename().string();
    if (name.starts_with('.') || name == "deps" || name == "CMakeFiles") {
      at.disable_recursion_pending();
    } else if (name.ends_with(".so")) {
      std::error_code gone;
      const fs::file_time_type written = at->last_write_time(gone);
      if (!gone) found.push_back({at->path(), written});
    }
    at.increment(wrong);
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::pair(b.written, a.file) < std::pair(a.written, b.file);
  });
  return found;
}

std::optional<std::string> crate_name(const Project& project) {
  const fs::path file = project.directory / "Cargo.toml";
  const Result<std::string> text = read_file(file, largest_crate_file);
  if (!text) return std::nullopt;
  const Result<TomlValue> crate = parse_toml(*text, file.native());
  if (!crate) return std::nullopt;
  const TomlEntry* const package = crate->find("package");
  const TomlEntry* const name = package == nullptr ? nullptr : package->value.find("name");
  if (name == nullptr || name->value.kind != TomlKind::text) return std::nullopt;
  return name->value.text;
}

}  // namespace

Result<Project> find_project(const ProjectWishes& wishes) {
  Project project;
  project.directory = absolute(wishes.directory);
  if (!wishes.plugin.empty()) project.plugin = absolute(wishes.plugin);
  std::error_code wrong;
  if (!fs::is_directory(project.directory, wrong))
    return Error{"no_project", fmt::format("there is no directory {}", wishes.directory),
                 "patchbay new NAME makes one with an agent in it"};
  if (!wishes.command.empty()) {
    project.kind = Project::Kind::command;
    project.command = wishes.command;
    return project;
  }
  for (const Sign& sign : signs) {
    if (!is_there(project.directory / sign.file)) continue;
    project.kind = sign.kind;
    return project;
  }
  return Error{
      "no_project",
      fmt::format("{} has no CMakeLists.txt, no Cargo.toml and no Makefile",
                  wishes.directory == "." ? "this directory" : wishes.directory),
      "name a directory that has; patchbay new NAME makes one; or say what builds this one "
      "with --build COMMAND"};
}

std::vector<std::vector<std::string>> build_steps(const Project& project) {
  const std::string source = project.directory.string();
  const std::string build = output_of(project).string();
  switch (project.kind) {
    case Project::Kind::cmake: {
      std::vector<std::vector<std::string>> steps;
      // Where it failed half-way there is a cache, but nothing to build by.
      const bool is_configured = is_there(output_of(project) / "CMakeCache.txt") &&
                                 (is_there(output_of(project) / "Makefile") ||
                                  is_there(output_of(project) / "build.ninja"));
      if (!is_configured) steps.push_back({"cmake", "-S", source, "-B", build});
      steps.push_back({"cmake", "--build", build, "--parallel", how_many_at_once()});
      return steps;
    }
    case Project::Kind::cargo:
      return {{"cargo", "build", "--quiet"}};
    case Project::Kind::make:
      return {{"make"}};  // in parallel only where its author says so: not every Makefile can
    case Project::Kind::command:
      break;
  }
  return {{"/bin/sh", "-c", project.command}};
}

Result<fs::path> built_plugin(const Project& project) {
  if (!project.plugin.empty()) {
    if (is_there(project.plugin)) return project.plugin;
    return Error{"no_plugin", fmt::format("the build made no {}", project.plugin.string()),
                 "see what --plugin says"};
  }
  for (const Found& library : libraries_in(output_of(project))) {
    if (is_plugin(library.file)) return library.file;
  }
  return Error{"no_plugin",
               fmt::format("the build left no plugin in {}", output_of(project).string()),
               "a plugin has an ident (VAP_AGENT, VAP_IDENT); if it is elsewhere, say where with "
               "--plugin FILE.so"};
}

std::string agent_name_for(const Project& project, const fs::path& plugin) {
  std::string name = plugin.stem().string();
  if (project.kind == Project::Kind::cargo) {
    if (name.starts_with("lib")) name.erase(0, 3);
    std::string crate = crate_name(project).value_or(name);
    std::string library = crate;
    std::replace(library.begin(), library.end(), '-', '_');
    if (library == name) name = std::move(crate);
  }
  return is_plain_name(name) ? name : "agent";
}

}  // namespace patchbay
