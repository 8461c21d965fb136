// SPDX-License-Identifier: MIT
//
// order.h - one caller's order: what is in it, how far it has come, and its form in the memory of
// the conversation. Knows nothing of what is said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shop.h"

namespace bakery {

enum class Stage {
  open,        // taking things
  naming,      // we asked for a name
  timing,      // we asked when
  confirming,  // we asked whether all is right
  confirmed    // placed: it does not change any more
};

struct Line {
  std::string item;  // eg: "croissant"; a name on the menu
  int quantity = 0;
};

struct Order {
  static constexpr int most = 50;  // of one thing; more wants a talk with the baker

  std::vector<Line> lines;
  Stage stage = Stage::open;
  std::string name;              // eg: "Ada"; empty until told
  std::optional<Moment> pickup;  // nothing until told
  std::string last;              // eg: "croissant"; what "make that three" means
  int misses = 0;                // how often in a row we did not understand
  bool leaving = false;          // said goodbye with an order that is not placed
  int number = 1;                // of the orders that this conversation has placed, or is about to

  // The turn that made it what it is, and our answer: a turn that is delivered twice counts once.
  std::size_t heard = 0;  // a fingerprint of it; 0: nothing to compare
  std::string said;
  bool over = false;  // the answer ended the call

  bool empty() const { return lines.empty(); }
  int quantity(std::string_view item) const;  // 0 where there is none
  int total(const Shop& shop) const;          // cents

  // Sets how many there are; 0 takes the line away, too many become `most`.
  void set(const std::string& item, int quantity);
};

// eg: "open", "confirmed"
std::string_view stage_name(Stage stage);

// For vap.state/1. What cannot be read, as after an update of the agent, is an empty order; what is
// no longer on the menu is left out.
std::string to_json(const Order& order);
Order order_from_json(std::string_view json, const Shop& shop);

}  // namespace bakery
