// SPDX-License-Identifier: MIT
#include "machine/store.h"

namespace patchbay {

bool is_refusal(const Error& error) {
  return error.code == store_code::refuses;
}

// machine/redis_scripts has the same for a server to decide.
void WriteCheck::look_at(const RecordChange& change, std::uint64_t is) {
  if (standing_ == Standing::done_already) return;
  const bool removed_already = !change.value && is == 0;
  if (change.value && is == change.revision) {
    standing_ = Standing::done_already;
  } else if (change.was && *change.was != is && !removed_already) {
    standing_ = Standing::conflict;
  }
}

}  // namespace patchbay
