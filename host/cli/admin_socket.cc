// SPDX-License-Identifier: MIT
#include "cli/admin_socket.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "street/unix_listener.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

std::string first_of(const std::string& list) {
  return list.substr(0, list.find(':'));
}

std::string own_temporary(const Surroundings& here) {
  return fmt::format("{}/patchbay-{}", here.temporary, here.user);
}

// A directory of that user which nobody else may write to, and no link to one.
bool is_own(const std::string& directory, uid_t user) {
  struct stat there {};
  return ::lstat(directory.c_str(), &there) == 0 && S_ISDIR(there.st_mode) &&
         there.st_uid == user && (there.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Problem make_own(const std::string& directory, uid_t user) {
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return Error{
        "no_admin_directory",
        fmt::format("cannot make {}: {}", directory, std::generic_category().message(errno)),
        "say where the admin socket should be: --admin PATH, or off"};
  }
  if (is_own(directory, user)) return std::nullopt;
  return Error{"unsafe_admin_directory",
               fmt::format("{} is no directory of this user alone", directory),
               "remove it, or say where the admin socket should be: --admin PATH, or off"};
}

std::vector<std::string> places(const Surroundings& here) {
  std::vector<std::string> all{first_of(here.runtime_directory), here.xdg_runtime_dir,
                               here.of_root};
  // Anybody can make a directory of this name under /tmp.
  if (is_own(own_temporary(here), here.user)) all.push_back(own_temporary(here));
  return all;
}

struct Found {
  std::vector<std::string> live;
  std::optional<std::string> foreign;  // a socket or a directory that this user may not use
};

Found look_around(const Surroundings& here) {
  Found found;
  for (const std::string& place : places(here)) {
    if (place.empty()) continue;
    std::error_code wrong;
    for (const auto& entry : fs::directory_iterator(place, wrong)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("patchbay-") || !name.ends_with(".sock")) continue;
      const Behind behind = knock(entry.path().string());
      if (behind == Behind::somebody) found.live.push_back(entry.path().string());
      if (behind == Behind::closed_off) found.foreign = entry.path().string();
    }
    if (wrong == std::errc::permission_denied) found.foreign = place;
  }
  std::sort(found.live.begin(), found.live.end());
  found.live.erase(std::unique(found.live.begin(), found.live.end()), found.live.end());
  return found;
}

}  // namespace

Surroundings surroundings() {
  Surroundings here;
  here.runtime_directory = variable("RUNTIME_DIRECTORY");
  here.xdg_runtime_dir = variable("XDG_RUNTIME_DIR");
  here.user = ::geteuid();
  return here;
}

Result<std::string> usual_admin_socket(const Surroundings& here, std::uint16_t port) {
  std::string directory = first_of(here.runtime_directory);
  if (directory.empty() && is_own(here.xdg_runtime_dir, here.user))
    directory = here.xdg_runtime_dir;
  if (directory.empty()) {
    directory = here.user == 0 ? here.of_root : own_temporary(here);
    if (Problem wrong = make_own(directory, here.user)) return *std::move(wrong);
  }
  return fmt::format("{}/patchbay-{}.sock", directory, port);
}

std::vector<std::string> live_admin_sockets(const Surroundings& here) {
  return look_around(here).live;
}

Result<std::string> find_admin_socket(const Surroundings& here) {
  const Found found = look_around(here);
  if (found.live.size() == 1) return found.live.front();
  if (found.live.empty()) {
    return Error{"no_host", "no host runs here that this user may ask",
                 found.foreign
                     ? fmt::format("{} belongs to another user: try sudo", *found.foreign)
                     : "start one with patchbay serve, or name its socket with --admin PATH"};
  }
  return Error{
      "several_hosts",
      fmt::format("{} hosts run here:\n  {}", found.live.size(), fmt::join(found.live, "\n  ")),
      "say which one with --admin PATH"};
}

}  // namespace patchbay
