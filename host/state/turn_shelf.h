// SPDX-License-Identifier: MIT
// How the turns of a conversation lie in its store: one record each, whose key is the turn's number.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "machine/store.h"
#include "state/known_turns.h"
#include "state/revisions.h"

namespace patchbay {

[[nodiscard]] bool is_turn(const Record& record);
// What writes these turns down as they are now; and what has become of others since, for want of
// room.
std::vector<RecordChange> changes_of(std::span<const std::uint64_t> numbers, KnownTurns& turns,
                                     Revisions& revisions);

}  // namespace patchbay
