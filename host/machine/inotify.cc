// SPDX-License-Identifier: MIT
#include "machine/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace patchbay {
namespace {

constexpr std::uint32_t of_names = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t of_itself = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t of_bytes = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
// These come unasked when a watch has ended.
constexpr std::uint32_t of_ends = IN_IGNORED | IN_UNMOUNT;
constexpr std::uint32_t moving = of_names | of_itself | of_ends;

constexpr int most_reads = 64;  // of 64 KiB at once: whoever writes without end must not hold us

std::string_view remedy(int error) {
  if (error == ENOSPC) return "raise fs.inotify.max_user_watches (sysctl)";
  if (error == EACCES) return "let this user read the directory";
  return "";
}

}  // namespace

Result<Inotify> Inotify::open(Log& log) {
  Descriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (inotify) return Inotify(std::move(inotify), log);
  const int error = errno;
  if (error == EMFILE) {
    return Error{"no_inotify", "this user has no inotify instance, or no open file, left",
                 "raise fs.inotify.max_user_instances (sysctl), or the limit of open files"};
  }
  return Error{"no_inotify", "cannot open inotify: " + std::generic_category().message(error), ""};
}

// The mask is only ever added to: another ear may want more of the same directory.
int Inotify::watch(const Waymark& mark) {
  const std::uint32_t wanted =
      of_names | of_itself | (mark.written ? of_bytes : 0) | IN_ONLYDIR | IN_MASK_ADD;
  const int watch = ::inotify_add_watch(inotify_.get(), mark.directory.c_str(), wanted);
  if (watch >= 0) return watch;
  const int error = errno;
  const bool is_gone = error == ENOENT || error == ENOTDIR || error == ELOOP;
  if (!is_gone && warned_of_.insert(error).second) {
    log_->warn("changes are found late", {{"directory", mark.directory.native()},
                                          {"why", std::generic_category().message(error)},
                                          {"next", remedy(error)}});
  }
  return -1;
}

bool Inotify::listen(Ear& ear, const std::vector<Waymark>& marks) {
  std::set<Place> places;
  for (const Waymark& mark : marks) {
    if (const int found = watch(mark); found >= 0) places.emplace(found, mark.name);
  }
  if (places == ear.places_) return false;
  places.swap(ear.places_);
  for (const Place& place : ear.places_) {
    if (ears_[place].insert(&ear).second) ++places_[place.first];
  }
  for (const Place& old : places) {
    if (!ear.places_.contains(old)) leave(ear, old);
  }
  return true;
}

void Inotify::forget(Ear& ear) {
  for (const Place& place : ear.places_) leave(ear, place);
  ear.places_.clear();
}

void Inotify::leave(Ear& ear, const Place& place) {
  const auto found = ears_.find(place);
  found->second.erase(&ear);
  if (found->second.empty()) ears_.erase(found);
  const auto count = places_.find(place.first);
  if (--count->second > 0) return;
  places_.erase(count);
  // The system may have ended it by itself; its number is not given again (inotify(7)).
  ::inotify_rm_watch(inotify_.get(), place.first);
}

bool Inotify::tell() {
  Heard heard;
  bool is_whole = true;
  alignas(inotify_event) std::array<char, std::size_t{64} * 1024> bytes;
  for (int reads = 0; reads < most_reads; ++reads) {
    const ssize_t got = ::read(inotify_.get(), bytes.data(), bytes.size());
    if (got <= 0) break;
    is_whole &= take({bytes.data(), static_cast<std::size_t>(got)}, heard);
  }
  for (const auto& [what, moved] : heard) what.first->hear_(what.second, moved);
  return is_whole;
}

bool Inotify::take(std::string_view events, Heard& heard) const {
  bool is_whole = true;
  while (!events.empty()) {
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof event);
    // The name is padded with zeros, to keep the next event aligned.
    const std::string name = event.len > 0 ? events.data() + sizeof event : "";
    events.remove_prefix(sizeof event + event.len);
    if ((event.mask & IN_Q_OVERFLOW) != 0) is_whole = false;
    const bool moved = (event.mask & moving) != 0;
    const auto hear = [&](const std::set<Ear*>& ears) {
      for (Ear* ear : ears) heard[{ear, name}] |= moved;
    };
    if ((event.mask & (of_itself | of_ends)) != 0) {
      for (auto at = ears_.lower_bound({event.wd, ""});
           at != ears_.end() && at->first.first == event.wd; ++at) {
        hear(at->second);
      }
      continue;
    }
    for (const std::string& wanted : {name, std::string()}) {
      if (const auto at = ears_.find({event.wd, wanted}); at != ears_.end()) hear(at->second);
    }
  }
  return is_whole;
}

}  // namespace patchbay
