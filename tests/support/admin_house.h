// SPDX-License-Identifier: MIT
// All that an admin interface needs of a host, without plugins: a toy steward, and a directory for
// its socket.
#pragma once
#include "flow/admin.h"
#include "support/archive_in_memory.h"
#include "support/temp_dir.h"
#include "support/toy_steward.h"

namespace patchbay::test {

struct AdminHouse {
  Log log{LogLevel::off, LogFormat::text};
  Replies replies;
  Conversations conversations;
  ArchiveInMemory memory;
  Metrics metrics;
  Routes routes;
  Timers timers;
  Workers urgent{1};
  Workers workers{1};
  Turns turns{{replies, conversations, memory.archive, metrics, timers, workers, urgent, log}, 1};
  Budget bodies{0};
  Health health{routes, turns, metrics, memory.scribe, memory.archive, bodies};
  ToySteward steward;
  Talks talks{memory.store, memory.scribe, memory.archive, log};
  Admin admin{steward, health, talks, log};
  TempDir place;
};

}  // namespace patchbay::test
