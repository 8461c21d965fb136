// SPDX-License-Identifier: MIT
//
// understanding.h - what a caller may mean: the topic of a sentence, and the changes of an order in
// it. Decides nothing and remembers nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shop.h"

namespace bakery {

struct Change {
  enum class Kind { add, remove, set };
  Kind kind = Kind::add;
  std::string item;  // eg: "croissant"; empty: the one that was spoken of last
  int quantity = 1;  // remove: 0 is all of them
};

enum class Topic {
  unknown,
  change,  // only what changes says
  menu,    // what is there to have?
  price,   // of item, or of the whole order where that is null
  hours,   // of weekday, or of the week where that is nothing
  order,   // what have I ordered?
  done,    // that is all
  yes,
  no,
  courtesy,    // thanks, hello
  start_over,  // forget the order
  goodbye
};

struct Meaning {
  Topic topic = Topic::unknown;
  std::vector<Change> changes;  // also beside another topic: "two baguettes, and that's all"
  const Item* item = nullptr;
  std::optional<int> weekday;
};

Meaning understand(std::string_view text, const Shop& shop, Moment now);

}  // namespace bakery
