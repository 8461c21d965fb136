// SPDX-License-Identifier: MIT
//
// dialogue.h - what the bakery answers: an order and a sentence go in, the order after it and our
// words come out. Pure: so a turn may be computed again when somebody else changed the order.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "order.h"
#include "shop.h"

namespace bakery {

struct Sentence {
  std::string_view turn;  // eg: "turn_4"; empty where the event has none
  std::string_view text;  // eg: "two croissants and a baguette please"
  // How much of our words before it the caller has heard; nothing where nobody knows.
  std::optional<std::string_view> heard = std::nullopt;
};

struct Step {
  Order order;
  std::string words;
  bool hang_up = false;
  bool placed = false;  // by this very step: to be entered in the book
};

Step respond(const Shop& shop, Order order, const Sentence& sentence, Moment now);

}  // namespace bakery
