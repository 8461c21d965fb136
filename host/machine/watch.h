// SPDX-License-Identifier: MIT
// Tells when plugin files, or a configuration file, have changed and then kept still for a moment.
// Knows nothing of what they are for, and reads none of them.
// inotify says *when to look*, a file's stamp says *whether it changed*: so a burst of writes is
// one call, a `touch` none, and what inotify cannot see (NFS, FUSE, a directory moved far above) is
// found by looking every few seconds.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "ground/clock.h"
#include "ground/log.h"
#include "ground/result.h"
#include "machine/inotify.h"
#include "machine/interrupt.h"
#include "machine/trail.h"

namespace patchbay {

class Watch {
 public:
  struct Options {
    Milliseconds settle{300};  // since the last sign of a change: a resumed copy takes a breath
    Milliseconds poll{5'000};  // how often to look without being told
  };
  // The path as it was given, or directory / name. The file may be gone by then. On the thread of
  // the watch, without a lock of it: may follow and forget, must be short, and must not end the
  // watch.
  using Settled = std::function<void(const std::filesystem::path& file)>;

  // The Error says which limit of the system was reached. The log outlives the watch.
  static Result<std::unique_ptr<Watch>> start(Options options, Settled settled, Log& log);
  ~Watch();  // no call of Settled once it returns
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Every NAME.so in it, at present and in future, but those that begin with '.'. A change of
  // NAME.so.sha256 is one of NAME.so. What is there already is only told of when it changes. If the
  // directory goes away, its files are told of when it is back, as far as they differ then. The
  // Error: there is no such directory, and it is not followed. [any]
  [[nodiscard]] Problem follow_directory(const std::filesystem::path& directory);
  // The opposite. Files in it that are followed by themselves stay so. [any]
  void forget_directory(const std::filesystem::path& directory);
  // One file by that path, whether it exists already or not. [any]
  void follow_file(const std::filesystem::path& file);
  // The opposite. A file in a followed directory stays followed. A call of Settled that is under
  // way is not waited for. [any]
  void forget_file(const std::filesystem::path& file);

 private:
  struct Look {
    FileStamp file;
    FileStamp sidecar;

    static Look at(const std::filesystem::path& file);
    bool operator==(const Look&) const = default;
    // A sidecar without its file says nothing.
    [[nodiscard]] bool differs_from(const Look& other) const {
      return *this != other && (file.exists || other.file.exists);
    }
  };
  struct Directory {
    Directory(Watch& watch, std::filesystem::path given);

    std::filesystem::path path;
    bool is_away = false;
    Ear way;    // to the directory
    Ear names;  // in the directory
  };
  struct File {
    File(Watch& watch, std::filesystem::path given);

    std::filesystem::path path;
    bool by_name = false;            // follow_file asked for it
    Directory* directory = nullptr;  // whose name it is, where that is followed
    Look seen;                       // last
    Look told;                       // last, or at the beginning
    std::optional<Moment> settles;   // set: something was heard or seen of it
    Ear way;
  };

  Watch(Options options, Settled settled, Inotify inotify, Log& log);
  void run();
  void hear(Moment now);
  [[nodiscard]] Moment next_moment();
  std::optional<std::filesystem::path> next_settled(Moment now);

  // These want the lock.
  void look_at_all();
  void scan(Directory& directory);
  void heard_name(Directory& directory, std::string_view name);
  File& file_at(const std::filesystem::path& path, bool is_told);
  void look(File& file);
  void disturb(File& file, const Look& look);
  File* first_to_settle();
  void listen(File& file);
  void listen(Directory& directory);
  void drop(File& file);

  const Options options_;
  const Settled settled_;
  Log& log_;
  Interrupt end_;
  std::mutex mutex_;  // guards all below but the thread
  Inotify inotify_;
  Moment next_look_;
  std::map<std::string, Directory> directories_;  // by path, as it was given
  std::map<std::string, File> files_;             // likewise
  std::thread thread_;
};

}  // namespace patchbay
