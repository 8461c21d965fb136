// SPDX-License-Identifier: MIT
// Tells which sources of a project were saved, at any depth, once they keep still. What editors and
// builds leave behind is no source: hidden files, backups, objects, the directories build and
// target. Reads no file.
// inotify says *when to look*, a walk through the tree says *what changed*: so nothing that happens
// while nobody waits is lost, and what inotify cannot see is found every few seconds.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/log.h"
#include "ground/result.h"
#include "machine/inotify.h"
#include "machine/interrupt.h"
#include "machine/trail.h"

namespace patchbay {

// Has no thread of its own: one thread makes it and waits with it.
class SourceWatch {
 public:
  struct Options {
    Milliseconds settle{50};   // since the last sign of a change: some editors write in two steps
    Milliseconds most{500};    // since the first: whoever writes without end must not hold us
    Milliseconds poll{2'000};  // how often to look without being told
  };

  // What is there now is known. The Error says which limit of the system was reached, or that there
  // is no such directory. The log outlives the watch. [control]
  static Result<std::unique_ptr<SourceWatch>> start(const std::filesystem::path& directory,
                                                    Options options, Log& log);
  SourceWatch(const SourceWatch&) = delete;
  SourceWatch& operator=(const SourceWatch&) = delete;

  // Waits until sources were written, made or deleted since the last answer; their paths within the
  // directory, sorted. Empty: it was stopped. [control]
  std::vector<std::filesystem::path> wait(const Interrupt& stop);

 private:
  using Sources = std::map<std::filesystem::path, FileStamp>;

  SourceWatch(std::filesystem::path directory, Options options, Inotify inotify);
  bool wait_for_signs(const Interrupt& stop);
  bool heard_any();
  Sources look();

  const std::filesystem::path directory_;  // without a symbolic link in it
  const Options options_;
  Inotify inotify_;
  bool heard_ = false;
  Ear ear_;
  Sources known_;
};

// May a file or a directory of that name be a source, or hold some?
bool is_source_name(std::string_view name);

}  // namespace patchbay
