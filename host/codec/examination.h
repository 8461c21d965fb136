// SPDX-License-Identifier: MIT
// May this library be loaded as a plugin? Judges its bytes alone: none of its code has run. Shared
// by the host, which refuses, and by `patchbay inspect`, which explains.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/elf.h"
#include "codec/manifest.h"
#include "ground/result.h"

namespace patchbay {

struct Examination {
  ElfFacts facts;
  Manifest manifest;
  std::vector<Error> warnings;  // it can be loaded, but: eg. it can never be unmapped
};

// What this host offers to plugins.
struct HostAbilities {
  std::uint32_t abi_minor = 0;
  std::span<const std::string_view> extensions;  // eg: "vap.state/1"
  bool allow_pinned = false;                     // load what can never be unloaded (a Go runtime)
};

// The Error names what was found, what was wanted, and the cure.  [any]
Result<Examination> examine(std::string_view file, const HostAbilities& host);

}  // namespace patchbay
