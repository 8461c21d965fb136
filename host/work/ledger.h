// SPDX-License-Identifier: MIT
// A turn as it is entered in the book of its conversation, and its answer as it is read from there.
// Only turns that speak are entered; of a conversation that is none, nothing is.
#pragma once
#include <vector>

#include "codec/event.h"
#include "codec/turn_record.h"
#include "state/replies.h"

namespace patchbay {

// What is known of a turn before its agent runs.
TurnRecord opening_of(const Event& event, const Reply& reply);

// What the caller said stands in the history before the agent runs, whatever becomes of it then;
// and so does what he had heard of the turn before. [any]
void enter_in_book(const Event& event, const Reply& reply);
// The reply is open: what it said until now. False where the book does not take that now. [any]
bool note_in_book(const Reply& reply);
// The reply is closed: what it said, and how it ended. [any]
void leave_book(const Reply& reply, Outcome outcome);

// What went to the caller in that turn, in its order, as far as it is kept.
std::vector<Piece> pieces_of(const TurnRecord& turn);
// How it ended; `failed` where a newer host has a word for it that this one does not know.
Outcome outcome_of(const TurnRecord& turn);

}  // namespace patchbay
