// SPDX-License-Identifier: MIT
// One mapped library: maps a candidate's copy, finds its entry, unmaps it, and verifies that it is
// gone (dlclose says 0 also when the library stays). One thread at a time: [control].
#pragma once
#include <memory>

#include "ground/result.h"
#include "machine/candidate.h"
#include "vap/vap.h"

namespace patchbay {

class Library {
 public:
  // Runs the library's constructors. The Error carries the loader's own words. [control]
  static Result<Library> load(const Candidate& candidate);

  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();  // unmaps, without asking what came of it

  [[nodiscard]] const vap_plugin_t& plugin() const;

  // True: no byte of it is mapped any more. False: it stays until the process ends. [control]
  bool unload();
  // Gives up unmapping it: for code that must stay, eg. under a thread that never returned.
  // [control]
  void keep_mapped();

 private:
  struct Mapped;
  explicit Library(std::unique_ptr<Mapped> mapped);
  std::unique_ptr<Mapped> mapped_;
};

}  // namespace patchbay
