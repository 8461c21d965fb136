// SPDX-License-Identifier: MIT
// How the turns of a conversation lie in its store: one record each, whose key is the turn's
// number.
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
// The turns among these records; the other records stay. A turn that nobody can read is left out,
// and where it is: a newer host may.
std::vector<TurnRecord> take_turns(std::vector<Record>& records);
// What writes these turns down as they are now; and what has become of others since, for want of
// room.
std::vector<RecordChange> changes_of(std::span<const std::uint64_t> numbers, KnownTurns& turns,
                                     Revisions& revisions);

}  // namespace patchbay
