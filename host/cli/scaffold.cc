// SPDX-License-Identifier: MIT
#include "cli/scaffold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

struct Template {
  std::string_view path;  // eg: "cpp/@NAME@.cc"
  std::string_view text;
};

constexpr Template templates[] = {
#include "templates.inc"
};

using Words = std::vector<std::pair<std::string_view, std::string>>;

std::string filled(std::string_view text, const Words& words) {
  std::string out(text);
  for (const auto& [mark, word] : words) {
    for (std::size_t at = 0; (at = out.find(mark, at)) != std::string::npos; at += word.size()) {
      out.replace(at, mark.size(), word);
    }
  }
  return out;
}

Words words_of(const Scaffold& scaffold) {
  std::string library = scaffold.name;  // cargo turns these into '_'
  std::replace(library.begin(), library.end(), '-', '_');
  return {{"@NAME@", scaffold.name},
          {"@CLASS@", class_name(scaffold.name)},
          {"@LIBRARY@", library},
          {"@VAP_DIR@", scaffold.vap_directory},
          {"@PATCHBAY_DIR@", scaffold.patchbay_directory}};
}

// What CMake calls its own targets: no library can be called so.
constexpr std::string_view taken_names[] = {
    "all",  "clean",   "edit_cache",     "help",          "install",
    "test", "package", "package_source", "rebuild_cache", "preinstall"};

// A name becomes a file, a target, a crate and part of an id: the least of what those allow.
Problem refuse_name(const std::string& name) {
  if (std::find(std::begin(taken_names), std::end(taken_names), name) != std::end(taken_names)) {
    return Error{"bad_name", fmt::format("'{}' is what CMake calls a target of its own", name),
                 fmt::format("choose another, eg: my-{}", name)};
  }
  const bool good = is_plain_name(name) && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
                    name.find('.') == std::string::npos;
  if (good) return std::nullopt;
  return Error{"bad_name", fmt::format("'{}' cannot be an agent's name", name),
               "begin with a letter; use letters, digits, '-' and '_'"};
}

Problem write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (out) return std::nullopt;
  return Error{"cannot_write", fmt::format("cannot write {}", file.string()),
               "check the directory's permissions and the disk's room"};
}

}  // namespace

std::string class_name(std::string_view name) {
  std::string out;
  bool capital = true;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      capital = true;
      continue;
    }
    out += capital ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    capital = false;
  }
  return out;
}

Result<std::vector<std::string>> write_scaffold(const Scaffold& scaffold) {
  if (Problem wrong = refuse_name(scaffold.name)) return *std::move(wrong);
  std::error_code wrong;
  if (fs::exists(scaffold.directory, wrong)) {
    return Error{
        "exists",
        fmt::format("{} is there already; nothing was written", scaffold.directory.string()),
        "choose another name, or --dir"};
  }
  fs::create_directories(scaffold.directory, wrong);
  if (wrong)
    return Error{"cannot_write",
                 fmt::format("cannot make {}: {}", scaffold.directory.string(), wrong.message()),
                 ""};

  const Words words = words_of(scaffold);
  const std::string prefix = scaffold.language + "/";
  std::vector<std::string> written;
  for (const Template& each : templates) {
    if (!each.path.starts_with(prefix)) continue;
    const std::string path = filled(each.path.substr(prefix.size()), words);
    if (Problem failed = write_file(scaffold.directory / path, filled(each.text, words)))
      return *std::move(failed);
    written.push_back(path);
  }
  return written;
}

}  // namespace patchbay
