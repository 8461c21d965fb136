// SPDX-License-Identifier: MIT
// The door to inotify: tells an Ear when something happens to a name it listens to. Knows no files,
// only names in directories; what an event means is for the Ear to judge.
// Not for two threads at once: its owner has the lock.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ground/log.h"
#include "ground/result.h"
#include "machine/descriptor.h"
#include "machine/trail.h"

namespace patchbay {

// Who listens. Is forgotten before it dies, or dies with the Inotify.
class Ear {
 public:
  // `name`: what happened has this name, or "" where it happened to the directory itself. `moved`:
  // the name may stand for something else now, so trails through it are to be found anew. May
  // listen and make other ears listen, but must not forget any.
  using Hear = std::function<void(std::string_view name, bool moved)>;

  explicit Ear(Hear hear) : hear_(std::move(hear)) {}
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

 private:
  friend class Inotify;
  Hear hear_;
  std::set<std::pair<int, std::string>> places_;  // watch descriptor and name
};

class Inotify {
 public:
  // The Error says which limit of the system was reached. The log outlives it.
  static Result<Inotify> open(Log& log);

  // Replaces what the ear listened to. True where that made a difference; a directory that is not
  // there (any more), or that the system has no watch left for, makes none. The latter is warned
  // of, once.
  bool listen(Ear& ear, const std::vector<Waymark>& marks);
  void forget(Ear& ear);

  // Tells every ear what happened since; each thing once, however often it happened. Does not wait.
  // False where the system lost some of it.
  [[nodiscard]] bool tell();

  // Readable while there is something to tell.
  [[nodiscard]] int descriptor() const { return inotify_.get(); }

 private:
  using Place = std::pair<int, std::string>;
  using Heard = std::map<std::pair<Ear*, std::string>, bool>;

  Inotify(Descriptor inotify, Log& log) : inotify_(std::move(inotify)), log_(&log) {}
  int watch(const Waymark& mark);
  void leave(Ear& ear, const Place& place);
  [[nodiscard]] bool take(std::string_view events, Heard& heard) const;

  Descriptor inotify_;
  Log* log_;
  std::map<Place, std::set<Ear*>> ears_;
  std::map<int, int> places_;  // of each watch descriptor: at 0 the system is told to end it
  std::set<int> warned_of_;    // errno
};

}  // namespace patchbay
