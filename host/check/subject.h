// SPDX-License-Identifier: MIT
// A plugin file as it lies there, with all that can be known of it without running it: what the
// conformance checker tests and what `patchbay inspect` shows. Never fails over a broken file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "codec/elf.h"
#include "codec/examination.h"
#include "codec/manifest.h"
#include "ground/result.h"
#include "machine/candidate.h"

namespace patchbay {

struct Subject {
  Candidate candidate;
  Result<ElfFacts> facts;       // an Error where the file is no whole library
  Result<Manifest> manifest;    // an Error where it brings none, or none that can be read
  Result<Examination> verdict;  // what a host with default settings says: load it, or why not
  std::string agent_id;         // of the agent to make, eg: "default"
  std::string config_json = "{}";
  std::string words = "Hello";  // what a caller says to it
};

// The Error says why the file cannot even be read. [control]
Result<Subject> open_subject(const std::filesystem::path& file);

}  // namespace patchbay
