// SPDX-License-Identifier: MIT
//
// answers.h - the answers to what the bakery asks: a name, a time to come. Decides nothing and
// remembers nothing.
#pragma once

#include <string>
#include <string_view>

#include "shop.h"

namespace bakery {

// The name that answers "what name is it for?", or nothing: "It's Ada Lovelace, please."
std::string find_name(std::string_view text);

enum class Fault { none, not_heard, closed_day, outside_hours, past };

struct Pickup {
  Fault fault = Fault::not_heard;
  Moment when;  // where it was heard
};

// The time that answers "when will you pick it up?": "half past three", "tomorrow at noon", "in
// twenty minutes". Without a day it is the next one that is open; without a half of the day, the
// half in which the shop is.
Pickup find_pickup(std::string_view text, const Shop& shop, Moment now);

}  // namespace bakery
