// SPDX-License-Identifier: MIT
// A file that wants to become a generation, as our own sealed copy: hashed, and never changed again
// by anybody. The user's file is never mapped: overwriting a mapped library kills the process
// (SIGBUS). Does not judge the bytes; runs none of them.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/wholeness.h"
#include "ground/result.h"
#include "machine/descriptor.h"

namespace patchbay {

// The copy lives in memory (a sealed memfd) and goes when the last holder lets go.
class Candidate {
 public:
  // Copies while hashing; a file that changes meanwhile is an Error ("still being written").
  // [control]
  static Result<Candidate> stage(const std::filesystem::path& file);
  // A copy that another process staged: must be sealed as ours are. `file` is where it came from.
  // [control]
  static Result<Candidate> adopt(Descriptor sealed, std::filesystem::path file);

  // Another private copy of the same bytes: the loader maps one copy only once. [control]
  [[nodiscard]] Result<Candidate> again() const;

  [[nodiscard]] const std::filesystem::path& file()
      const;                                        // where it came from, eg: "plugins/bakery.so"
  [[nodiscard]] std::string name() const;           // its stem, eg: "bakery"
  [[nodiscard]] const std::string& digest() const;  // SHA-256, 64 hex digits
  [[nodiscard]] std::string_view bytes() const;     // the whole copy; lives as long as a holder
  // Where the file had holes when it was copied; empty for a copy of a copy.
  [[nodiscard]] const std::vector<Hole>& holes() const;
  // A path under which the loader finds the copy; unique while a holder lives.
  [[nodiscard]] std::string path() const;
  // The copy itself, for a process that is to adopt it; ours, and open as long as a holder lives.
  [[nodiscard]] int descriptor() const;
  // Keeps that path from ever being used again in this process: for a library that stays mapped.
  void keep_name() const;

 private:
  struct Copy;
  explicit Candidate(std::shared_ptr<const Copy> copy);
  std::shared_ptr<const Copy> copy_;
};

}  // namespace patchbay
