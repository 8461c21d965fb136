// SPDX-License-Identifier: MIT
// A turn as it is entered: a message of the caller's.
#pragma once
#include <string>
#include <utility>

#include "codec/turn_record.h"

namespace patchbay::test {

inline TurnRecord asked(std::string turn, std::string text = "Hello?") {
  TurnRecord opening;
  opening.type = "message";
  opening.turn_id = std::move(turn);
  opening.text = std::move(text);
  opening.begun_ms = 1'000;
  return opening;
}

}  // namespace patchbay::test
