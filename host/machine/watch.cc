// SPDX-License-Identifier: MIT
#include "machine/watch.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace patchbay {
namespace {

namespace fs = std::filesystem;

bool is_plugin_name(std::string_view name) {
  return name.ends_with(".so") && !name.starts_with('.');
}

// The file with the digest, of those that may have one.
std::optional<fs::path> sidecar_of(const fs::path& file) {
  if (!file.native().ends_with(".so")) return std::nullopt;
  return file.native() + ".sha256";
}

// The names of the plugins in it, or why they cannot be told.
Result<std::vector<std::string>> plugins_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code wrong;
  fs::directory_iterator entries(directory, wrong);
  while (!wrong && entries != fs::directory_iterator()) {
    std::string name = entries->path().filename().native();
    if (is_plugin_name(name)) names.push_back(std::move(name));
    entries.increment(wrong);
  }
  if (!wrong) return names;
  return Error{"directory_unreadable",
               "cannot look into " + directory.native() + ": " + wrong.message(),
               "check the path and that this user may read it"};
}

// A trail may change between the walk and the listening, so it is walked until it keeps; the next
// look at all files finds what never does.
template <class Find>
void listen_along(Inotify& inotify, Ear& ear, Find marks) {
  constexpr int most_walks = 4;
  for (int walks = 0; walks < most_walks; ++walks) {
    if (!inotify.listen(ear, marks())) return;
  }
}

}  // namespace

Watch::Look Watch::Look::at(const fs::path& file) {
  const std::optional<fs::path> sidecar = sidecar_of(file);
  return {stamp_of(file), sidecar ? stamp_of(*sidecar) : FileStamp{}};
}

Watch::Directory::Directory(Watch& watch, fs::path given)
    : path(std::move(given)),
      way([this, &watch](std::string_view, bool) { watch.scan(*this); }),
      names([this, &watch](std::string_view name, bool) { watch.heard_name(*this, name); }) {}

Watch::File::File(Watch& watch, fs::path given)
    : path(std::move(given)), way([this, &watch](std::string_view, bool moved) {
        if (moved) watch.listen(*this);
        watch.disturb(*this, Look::at(path));
      }) {}

Result<std::unique_ptr<Watch>> Watch::start(Options options, Settled settled, Log& log) {
  Result<Inotify> inotify = Inotify::open(log);
  if (!inotify) return std::move(inotify).error();
  std::unique_ptr<Watch> watch(new Watch(options, std::move(settled), *std::move(inotify), log));
  if (watch->end_.descriptor() < 0) {
    return Error{"no_descriptor", "no descriptor is left to watch files with",
                 "raise the limit of open files"};
  }
  try {
    watch->thread_ = std::thread(&Watch::run, watch.get());
  } catch (const std::system_error&) {
    return Error{"no_thread", "the system has no thread left to watch files with", ""};
  }
  return watch;
}

Watch::Watch(Options options, Settled settled, Inotify inotify, Log& log)
    : options_(options),
      settled_(std::move(settled)),
      log_(log),
      inotify_(std::move(inotify)),
      next_look_(Clock::now() + options.poll) {}

Watch::~Watch() {
  end_.raise();
  if (thread_.joinable()) thread_.join();
}

Problem Watch::follow_directory(const fs::path& directory) {
  const std::lock_guard lock(mutex_);
  if (directories_.contains(directory.native())) return std::nullopt;
  if (auto names = plugins_in(directory); !names) return std::move(names).error();
  Directory& followed =
      directories_.try_emplace(directory.native(), *this, directory).first->second;
  // Listens before it looks: what happens in between is heard, and found to be no change.
  listen(followed);
  const auto names = plugins_in(directory);
  followed.is_away = !names;
  if (!names) return std::nullopt;
  for (const std::string& name : *names) file_at(directory / name, true).directory = &followed;
  return std::nullopt;
}

void Watch::forget_directory(const fs::path& directory) {
  const std::lock_guard lock(mutex_);
  const auto found = directories_.find(directory.native());
  if (found == directories_.end()) return;
  Directory& forgotten = found->second;
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = (at++)->second;
    if (file.directory != &forgotten) continue;
    file.directory = nullptr;
    if (!file.by_name) drop(file);
  }
  inotify_.forget(forgotten.way);
  inotify_.forget(forgotten.names);
  directories_.erase(found);
}

void Watch::follow_file(const fs::path& file) {
  const std::lock_guard lock(mutex_);
  file_at(file, true).by_name = true;
}

void Watch::forget_file(const fs::path& file) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(file.native());
  if (found == files_.end()) return;
  found->second.by_name = false;
  if (found->second.directory == nullptr) drop(found->second);
}

void Watch::run() {
  ::pthread_setname_np(::pthread_self(), "watch");
  const Milliseconds breath = std::clamp(options_.settle / 10, Milliseconds{1}, Milliseconds{20});
  while (wait_for(inotify_.descriptor(), POLLIN, next_moment(), end_) != Woken::interrupted) {
    const Moment now = Clock::now();
    hear(now);
    while (!end_.raised()) {
      const std::optional<fs::path> file = next_settled(now);
      if (!file) break;
      settled_(*file);
    }
    // Whoever writes without end wakes us fifty times a second, not with every write.
    wait_for(-1, 0, Clock::now() + breath, end_);
  }
}

void Watch::hear(Moment now) {
  const std::lock_guard lock(mutex_);
  if (inotify_.tell() && now < next_look_) return;
  look_at_all();
  next_look_ = Clock::now() + options_.poll;
}

void Watch::look_at_all() {
  for (auto& [path, directory] : directories_) scan(directory);
  for (auto& [path, file] : files_) {
    if (file.by_name) look(file);
  }
}

void Watch::scan(Directory& directory) {
  listen(directory);
  const auto names = plugins_in(directory.path);
  if (!names) {
    if (!std::exchange(directory.is_away, true)) {
      log_.warn("plugin directory away", {{"directory", directory.path.native()},
                                          {"why", names.error().message},
                                          {"next", "its plugins go on; it is looked for"}});
    }
    return;
  }
  if (std::exchange(directory.is_away, false)) {
    log_.info("plugin directory back", {{"directory", directory.path.native()}});
  }
  for (const std::string& name : *names) {
    file_at(directory.path / name, false).directory = &directory;
  }
  for (auto& [path, file] : files_) {
    if (file.directory == &directory) look(file);
  }
}

void Watch::heard_name(Directory& directory, std::string_view name) {
  if (name.empty()) return scan(directory);
  if (!is_plugin_name(name)) return;
  const fs::path path = directory.path / name;
  const bool is_known = files_.contains(path.native());
  File& file = file_at(path, false);
  file.directory = &directory;
  if (!is_known) disturb(file, file.seen);  // the known ones hear it themselves
}

Watch::File& Watch::file_at(const fs::path& path, bool is_told) {
  const auto [at, is_new] = files_.try_emplace(path.native(), *this, path);
  File& file = at->second;
  if (!is_new) return file;
  listen(file);
  file.seen = Look::at(path);
  if (is_told) file.told = file.seen;
  return file;
}

void Watch::look(File& file) {
  listen(file);
  const Look look = Look::at(file.path);
  const bool is_overdue = !file.settles && look.differs_from(file.told);
  if (look != file.seen || is_overdue) disturb(file, look);
}

void Watch::disturb(File& file, const Look& look) {
  file.seen = look;
  file.settles = Clock::now() + std::max(options_.settle, Milliseconds{1});
}

Watch::File* Watch::first_to_settle() {
  File* first = nullptr;
  for (auto& [path, file] : files_) {
    if (file.settles && (first == nullptr || *file.settles < *first->settles)) first = &file;
  }
  return first;
}

Moment Watch::next_moment() {
  const std::lock_guard lock(mutex_);
  const File* first = first_to_settle();
  return first == nullptr ? next_look_ : std::min(next_look_, *first->settles);
}

std::optional<fs::path> Watch::next_settled(Moment now) {
  const std::lock_guard lock(mutex_);
  for (;;) {
    File* const file = first_to_settle();
    if (file == nullptr || *file->settles > now) return std::nullopt;
    const Look look = Look::at(file->path);
    if (look != file->seen) {  // it is being written to, and we cannot hear it
      disturb(*file, look);
      continue;
    }
    file->settles.reset();
    std::error_code wrong;
    if (!look.file.exists && file->directory != nullptr &&
        !fs::is_directory(file->directory->path, wrong)) {
      continue;
    }
    const bool has_changed = look.differs_from(file->told);
    file->told = look;
    fs::path path = file->path;
    // A link to nothing is kept: what it leads to may come.
    if (!file->by_name && fs::symlink_status(path, wrong).type() == fs::file_type::not_found) {
      drop(*file);
    }
    if (has_changed) return path;
  }
}

void Watch::listen(File& file) {
  listen_along(inotify_, file.way, [&] {
    std::vector<Waymark> marks = trail_of(file.path).marks;
    if (const std::optional<fs::path> sidecar = sidecar_of(file.path)) {
      for (Waymark& mark : trail_of(*sidecar).marks) marks.push_back(std::move(mark));
    }
    return marks;
  });
}

void Watch::listen(Directory& directory) {
  listen_along(inotify_, directory.way, [&] { return trail_of(directory.path).marks; });
  listen_along(inotify_, directory.names, [&] {
    fs::path end = trail_of(directory.path).end;
    return end.empty() ? std::vector<Waymark>() : std::vector<Waymark>{{std::move(end), "", true}};
  });
}

void Watch::drop(File& file) {
  inotify_.forget(file.way);
  files_.erase(files_.find(file.path.native()));
}

}  // namespace patchbay
