// SPDX-License-Identifier: MIT
#include "machine/trail.h"

#include <sys/stat.h>

#include <deque>
#include <system_error>

namespace patchbay {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;  // as many as Linux follows

// The names still to be walked, those that lead anywhere.
void put_first(std::deque<std::string>& names, const fs::path& path) {
  auto at = names.begin();
  for (const fs::path& part : path.relative_path()) {
    if (part.empty() || part == ".") continue;
    at = names.insert(at, part.native()) + 1;
  }
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Trail trail_of(const fs::path& path) {
  Trail trail;
  std::error_code wrong;
  std::deque<std::string> names;
  put_first(names, fs::absolute(path, wrong));
  fs::path here = "/";
  for (int links = 0; !names.empty();) {
    const std::string name = std::move(names.front());
    names.pop_front();
    if (name == "..") {
      here = here.parent_path();
      continue;
    }
    const fs::path there = here / name;
    const fs::file_type type = fs::symlink_status(there, wrong).type();
    const bool is_link = type == fs::file_type::symlink;
    const bool is_directory = type == fs::file_type::directory;
    if (is_link || !is_directory || names.empty()) {
      trail.marks.push_back({here, name, !is_link && !is_directory});
    }
    if (is_link) {
      const fs::path target = fs::read_symlink(there, wrong);
      if (wrong || ++links > most_links) return trail;
      if (target.is_absolute()) here = "/";
      put_first(names, target);
      continue;
    }
    const bool exists = type != fs::file_type::not_found && type != fs::file_type::none;
    if (!exists || (!is_directory && !names.empty())) return trail;
    here = there;
  }
  trail.end = here;
  return trail;
}

FileStamp stamp_of(const fs::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  return {true,
          found.st_dev,
          found.st_ino,
          found.st_size,
          nanoseconds(found.st_mtim),
          nanoseconds(found.st_ctim)};
}

}  // namespace patchbay
