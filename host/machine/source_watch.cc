// SPDX-License-Identifier: MIT
#include "machine/source_watch.h"

#include <poll.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace patchbay {
namespace {

namespace fs = std::filesystem;

struct Tree {
  std::vector<Waymark> directories;
  std::vector<fs::path> files;
};

// Links to directories are not followed: they may lead round in a circle.
Tree walk(const fs::path& directory) {
  Tree tree{{{directory, "", true}}, {}};
  std::error_code wrong;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied,
                                      wrong);
  while (!wrong && at != fs::recursive_directory_iterator()) {
    std::error_code gone;  // since it was listed: no matter
    const bool is_directory = !at->is_symlink(gone) && at->is_directory(gone);
    if (!is_source_name(at->path().filename().native())) {
      if (is_directory) at.disable_recursion_pending();
    } else if (is_directory) {
      tree.directories.push_back({at->path(), "", true});
    } else {
      tree.files.push_back(at->path());
    }
    at.increment(wrong);
  }
  return tree;
}

// Of the time of its last change of any kind nothing is asked: whoever builds goes by the time of
// writing.
bool is_same(const FileStamp& a, const FileStamp& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size &&
         a.modified_ns == b.modified_ns;
}

}  // namespace

bool is_source_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.front() == '#' || name.back() == '~')
    return false;
  // "4913" is vim asking whether it may write here; the ___jb are JetBrains' copies. The first
  // build of a crate writes its Cargo.lock.
  for (const std::string_view other :
       {"build", "target", "node_modules", "__pycache__", "4913", "Cargo.lock"}) {
    if (name == other) return false;
  }
  for (const std::string_view begin : {"cmake-build-", "___jb_"}) {
    if (name.starts_with(begin)) return false;
  }
  for (const std::string_view end :
       {".o", ".so", ".a", ".d", ".obj", ".tmp", ".bak", ".orig", ".log", ".sha256"}) {
    if (name.ends_with(end)) return false;
  }
  return true;
}

Result<std::unique_ptr<SourceWatch>> SourceWatch::start(const fs::path& directory, Options options,
                                                        Log& log) {
  std::error_code wrong;
  fs::path real = fs::canonical(directory, wrong);
  if (wrong || !fs::is_directory(real, wrong))
    return Error{"no_directory", "there is no directory " + directory.native(), ""};
  Result<Inotify> inotify = Inotify::open(log);
  if (!inotify) return std::move(inotify).error();
  return std::unique_ptr<SourceWatch>(
      new SourceWatch(std::move(real), options, *std::move(inotify)));
}

SourceWatch::SourceWatch(fs::path directory, Options options, Inotify inotify)
    : directory_(std::move(directory)),
      options_(options),
      inotify_(std::move(inotify)),
      ear_([this](std::string_view name, bool) {
        if (name.empty() || is_source_name(name)) heard_ = true;
      }),
      known_(look()) {}

std::vector<fs::path> SourceWatch::wait(const Interrupt& stop) {
  std::vector<fs::path> changed;
  while (changed.empty() && wait_for_signs(stop)) {
    Sources now = look();
    for (const auto& [file, stamp] : now) {
      const auto before = known_.find(file);
      if (before == known_.end() || !is_same(before->second, stamp)) changed.push_back(file);
    }
    for (const auto& [file, stamp] : known_) {
      if (!now.contains(file)) changed.push_back(file);
    }
    known_ = std::move(now);
  }
  std::sort(changed.begin(), changed.end());
  for (fs::path& file : changed) file = file.lexically_relative(directory_);
  return changed;
}

// True when it is time to look; false where it was stopped.
bool SourceWatch::wait_for_signs(const Interrupt& stop) {
  Moment until = Clock::now() + options_.poll;
  std::optional<Moment> latest;  // set: something was heard
  for (;;) {
    const Woken woken = wait_for(inotify_.descriptor(), POLLIN, until, stop);
    if (woken == Woken::interrupted) return false;
    if (woken == Woken::timed_out) return true;
    const Moment now = Clock::now();
    if (heard_any()) {
      if (!latest) latest = now + options_.most;
      until = std::min(now + options_.settle, *latest);
    }
    if (now >= until) return true;
  }
}

bool SourceWatch::heard_any() {
  const bool is_whole = inotify_.tell();
  return std::exchange(heard_, false) || !is_whole;
}

// Listens before it looks at the files: what is written after that is heard. A directory that is
// made meanwhile may hold files that nobody heard of, so the walk is made again.
SourceWatch::Sources SourceWatch::look() {
  constexpr int most_walks = 4;
  Tree tree = walk(directory_);
  for (int walks = 1; walks < most_walks && inotify_.listen(ear_, tree.directories); ++walks)
    tree = walk(directory_);
  Sources sources;
  for (const fs::path& file : tree.files) {
    if (const FileStamp stamp = stamp_of(file); stamp.exists) sources.emplace(file, stamp);
  }
  return sources;
}

}  // namespace patchbay
