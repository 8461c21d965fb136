// SPDX-License-Identifier: MIT
// One mapped library: maps a candidate's copy, finds its entry, unmaps it, and verifies that it is
// gone (dlclose says 0 also when the library stays). One thread at a time: [control].
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ground/result.h"
#include "machine/candidate.h"
#include "vap/vap.h"

namespace patchbay {

// What is mapped in this process, as of one moment: to ask about many libraries with one look.
class Mappings {
 public:
  static Mappings now();  // [any]
  // Is that file mapped at that address?
  [[nodiscard]] bool has(std::uintptr_t address, std::uint64_t inode) const;

 private:
  struct Range {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    std::uint64_t inode = 0;
  };
  std::vector<Range> ranges_;  // by address
};

class Library {
 public:
  // Runs the library's constructors. The Error carries the loader's own words. [control]
  static Result<Library> load(const Candidate& candidate);

  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();  // unmaps, without asking what came of it

  [[nodiscard]] const vap_plugin_t& plugin() const;
  // For who wants to know more of it than its agents: the exported function itself, and where any
  // of its dynamic symbols is (null: it has none of that name).
  using Entry = const vap_plugin_t*(VAP_CALL*)();
  [[nodiscard]] Entry entry() const;
  [[nodiscard]] const void* find_symbol(const std::string& name) const;

  // True: no byte of it is mapped any more. False: it stays until the process ends. [control]
  bool unload();
  // After unload() said false: whether it still is. The loader lets a library whose thread-local
  // objects were in use go only when it unloads another. [control]
  [[nodiscard]] bool is_mapped(const Mappings& mappings) const;
  // Gives up unmapping it: for code that must stay, eg. under a thread that never returned.
  // [control]
  void keep_mapped();

 private:
  struct Mapped;
  explicit Library(std::unique_ptr<Mapped> mapped);
  std::unique_ptr<Mapped> mapped_;
  std::uintptr_t code_ = 0;  // where its entry is or was, also when it was given up
  std::uint64_t inode_ = 0;  // of the copy; not used again before that said false
};

// Does the loader find a library of that name, eg: "libc.so.6"? Where it was not mapped yet, this
// maps it for good, and so runs its constructors: for children that end soon. [control]
bool loader_finds(const std::string& soname);

}  // namespace patchbay
