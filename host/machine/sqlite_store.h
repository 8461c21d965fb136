// SPDX-License-Identifier: MIT
// Conversations in one SQLite file beside the host, the default of `serve`. What write() has
// acknowledged survives the death of the process at any moment. Others may read the file meanwhile.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "machine/sqlite_file.h"
#include "machine/sqlite_rows.h"
#include "machine/store.h"

namespace patchbay {

class SqliteStore : public Store {
 public:
  struct Options {
    std::string path;
    // Bounds each of a call's waits: for other threads, for other programs' locks, for computing.
    Milliseconds patience{500};
    // false (SQLite's synchronous=NORMAL): the system writes to the disk in its own time. kill -9
    // loses nothing, but a power cut may lose the last moments; the file stays whole.
    // true (FULL): a power cut loses nothing either. Each batch waits for the disk.
    bool survives_power_cut = false;
  };

  // Makes the file where there is none. Error: what is wrong with it or its place. A file that
  // works at first may fail later: then each call tries it anew.
  static Result<std::unique_ptr<SqliteStore>> open(Options options);

  [[nodiscard]] Problem look() override;
  Result<std::vector<Record>> load(std::string_view conversation) override;
  Result<std::vector<Written>> write(std::span<const Write> batch) override;
  Result<bool> forget(std::string_view conversation) override;
  Result<Page> list(std::string_view prefix, std::string_view from, std::size_t most) override;
  Result<std::size_t> sweep() override;

 private:
  // Two connections, so that whoever loads does not wait for whoever writes.
  struct Side {
    std::mutex mutex;  // guards in_use
    std::condition_variable free;
    bool in_use = false;
    std::unique_ptr<SqliteFile> file;  // belongs to whoever has set in_use, as does the next
    SqliteRows rows;                   // of that connection
  };
  struct Release {
    Side& side;
    ~Release();
  };
  explicit SqliteStore(Options options) : options_(std::move(options)) {}

  // Runs `job(file)` on a connection that works, alone and bounded; drops it where it is beyond
  // help. Whatever transaction the job leaves open is taken back.
  template <class Job>
  auto on(Side& side, Job job) -> decltype(job(*side.file));
  [[nodiscard]] Problem prepare(Side& side) const;

  const Options options_;
  Side writing_;
  Side reading_;
};

}  // namespace patchbay
