// SPDX-License-Identifier: MIT
// An archive as the host has one, over a store in memory.
#pragma once
#include "ground/log.h"
#include "ground/timers.h"
#include "machine/memory_store.h"
#include "state/archive.h"
#include "state/scribe.h"

namespace patchbay::test {

struct ArchiveInMemory {
  Log log{LogLevel::off, LogFormat::text};
  MemoryStore store;
  Timers timers;
  Scribe scribe{store, timers, log};
  Archive archive{store, scribe, limits(), log};

  static Archive::Limits limits() {
    Archive::Limits limits;
    limits.keep = limits.keep_after_end = Milliseconds{60'000};
    return limits;
  }
};

}  // namespace patchbay::test
