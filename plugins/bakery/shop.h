// SPDX-License-Identifier: MIT
//
// shop.h - what the operator configures: the menu with its prices, and the opening hours. Knows
// nothing of orders and of what is said.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace bakery {

struct Item {
  std::string name;               // eg: "croissant"
  std::string plural;             // eg: "croissants"
  int price = 0;                  // eg: 220; cents
  std::vector<std::string> also;  // eg: {"butter croissant"}; other words for it
};

struct Hours {
  int opens = 0, closes = 0;  // eg: 420, 1080; minutes of the day, equal on a day that is closed

  bool closed() const { return opens == closes; }
};

// A time of the week: all that the shop needs to know of the clock.
struct Moment {
  int weekday = 0;  // 0 is Sunday, as in struct tm
  int minute = 0;   // of the day
};

struct Shop {
  std::string name = "the Corner Bakery";  // eg: "the Corner Bakery"; follows "this is"
  std::string currency = "euro";           // eg: "euro"; takes an s for many
  std::vector<Item> menu;
  std::array<Hours, 7> week;  // Sunday first

  // The item of that name, or null.
  const Item* find(std::string_view wanted) const;

  const Hours& hours(int weekday) const { return week[static_cast<std::size_t>(weekday)]; }
  bool open(Moment now) const;
  // The first day from `from` on, `from` itself included, that is open; -1 where none is.
  int next_open_day(int from) const;
};

// The shop of an agent's configuration; what that leaves out is a small shop in town.
// Throws std::invalid_argument that names the faulty key.
Shop read_shop(std::string_view config_json);

}  // namespace bakery
