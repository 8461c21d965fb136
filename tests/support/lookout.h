// SPDX-License-Identifier: MIT
// A watched directory, what is done in it, and what the watch tells of that.
#pragma once
#include <doctest/doctest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "machine/watch.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace patchbay::test {

namespace fs = std::filesystem;

inline constexpr Milliseconds never{3'600'000};

inline std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

inline void append(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::app) << bytes;
}

struct Call {
  std::string file;   // eg: "plugins/a.so"
  std::string bytes;  // as they were when it was told of; "" for one that is gone
};

// A watched directory `plugins`, and what the watch tells of it.
class Lookout {
 public:
  explicit Lookout(Watch::Options options = {Milliseconds{10}, never}) {
    fs::create_directories(plugins);
    fs::create_directories(aside);
    Result<std::unique_ptr<Watch>> started = Watch::start(
        options, [this](const fs::path& file) { hear(file); }, log_);
    REQUIRE(started);
    watch = *std::move(started);
  }

  // What the watch tells of all that is done meanwhile, in one go: its thread stands still until
  // all is done, so the speed of this machine has no say in it.
  template <class Do>
  std::vector<Call> told_during(Do things) {
    hold();
    things();
    release();
    // The first mark may be heard together with the things, and told of before them; the second is
    // written when they have settled.
    mark();
    mark();
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }

  // The same for commands of a shell that stands beside `plugins` and `aside`.
  std::vector<Call> told_of(const std::string& commands) {
    return told_during([&] { run(commands); });
  }

  void run(const std::string& commands) const {
    const std::string all = "set -e; cd '" + room.path.native() + "'; " + commands;
    REQUIRE(std::system(all.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe)
  }

  [[nodiscard]] std::vector<Call> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  [[nodiscard]] bool hears(const std::string& file, const std::string& bytes) {
    return eventually([&] {
      const std::vector<Call> all = calls();
      return !all.empty() && all.back().file == file && all.back().bytes == bytes;
    });
  }

  void follow_plugins() { REQUIRE_FALSE(watch->follow_directory(plugins)); }

  const TempDir room;
  const fs::path plugins = room.path / "plugins";
  const fs::path aside = room.path / "aside";

 private:
  void hear(const fs::path& file) {
    std::unique_lock lock(mutex_);
    if (file == gate_ && is_held_) {
      is_at_gate_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !is_held_; });
      is_at_gate_ = false;
    } else if (file == mark_) {
      ++marks_;
      changed_.notify_all();
    } else if (file != gate_) {
      calls_.push_back({file.lexically_relative(room.path), bytes_of(file)});
    }
  }

  void hold() {
    std::unique_lock lock(mutex_);
    is_held_ = true;
    watch->follow_file(gate_);
    append(gate_, "x");
    REQUIRE(changed_.wait_for(lock, patience, [&] { return is_at_gate_; }));
  }

  void release() {
    const std::lock_guard lock(mutex_);
    is_held_ = false;
    changed_.notify_all();
  }

  void mark() {
    std::unique_lock lock(mutex_);
    watch->follow_file(mark_);
    append(mark_, "x");
    const int before = marks_;
    REQUIRE(changed_.wait_for(lock, patience, [&] { return marks_ > before; }));
  }

  const fs::path gate_ = room.path / "gate";
  const fs::path mark_ = room.path / "mark";
  Log log_{LogLevel::off, LogFormat::text};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool is_held_ = false;
  bool is_at_gate_ = false;
  int marks_ = 0;
  std::vector<Call> calls_;

 public:
  std::unique_ptr<Watch> watch;  // dies first: it calls all the others
};

// What happened is told of in one call, when it is complete.
inline void check_told_once(const std::vector<Call>& calls, const std::string& file,
                            const std::string& bytes) {
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].file == file);
  CHECK(calls[0].bytes == bytes);
}

}  // namespace patchbay::test
