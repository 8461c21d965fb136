// SPDX-License-Identifier: MIT
#include "phrases.h"

#include <vector>

#include "speech.h"

namespace bakery {

std::string order_words(const Shop& shop, const Order& order) {
  std::vector<std::string> things;
  for (const Line& line : order.lines)
    if (const Item* item = shop.find(line.item)) things.push_back(item_words(line.quantity, *item));
  return list_words(things);
}

std::string total_words(const Shop& shop, const Order& order) {
  return price_words(order.total(shop), shop.currency);
}

std::string menu_sentence(const Shop& shop) {
  std::vector<std::string> things;
  for (const Item& item : shop.menu)
    things.push_back(item.plural + " at " + price_words(item.price, shop.currency));
  return "We have " + list_words(things) + ".";
}

std::string price_sentence(const Shop& shop, const Item& item) {
  return capitalised(item_words(1, item)) + " is " + price_words(item.price, shop.currency) + ".";
}

std::string hours_sentence(const Shop& shop, int weekday, int today) {
  const Hours& hours = shop.hours(weekday);
  const std::string day = near_day_words(weekday, today);
  if (!hours.closed()) {
    return "We are open " + day + " from " + time_words(hours.opens) + " to " +
           time_words(hours.closes) + ".";
  }
  const int next = shop.next_open_day(weekday + 1);
  if (next < 0) return "We are closed " + day + ".";
  // Seen from the day that was asked about: today may well come after next Sunday.
  const std::string then = weekday == today ? near_day_words(next, today) : "on " + day_words(next);
  return "We are closed " + day + ", and open again " + then + " at " +
         time_words(shop.hours(next).opens) + ".";
}

std::string order_sentence(const Shop& shop, const Order& order) {
  if (order.empty()) return "Your order is still empty.";
  return "You have " + order_words(shop, order) + ", for " + total_words(shop, order) + ".";
}

std::string question(const Shop& shop, const Order& order, Moment now) {
  switch (order.stage) {
    case Stage::naming:
      return "What name shall I put it under?";
    case Stage::timing:
      return "When would you like to pick it up?";
    case Stage::confirming:
      return "So that is " + order_words(shop, order) + " for " + order.name + ", " +
             moment_words(*order.pickup, now) + ", for " + total_words(shop, order) + ". " +
             std::string(shall_i_place_it);
    case Stage::confirmed:
      return "Just say goodbye when you are done.";
    case Stage::open:
      break;
  }
  return order.empty() ? "What can I get you?" : "Anything else?";
}

std::string welcome(const Shop& shop, const Order& order, Moment now) {
  std::string words;
  if (order.stage == Stage::confirmed) {
    words = "Welcome back, " + order.name + ". Your order will be ready " +
            moment_words(*order.pickup, now) + ".";
  } else if (!order.empty()) {
    words = "Welcome back. You have " + order_words(shop, order) + " so far.";
  } else {
    words = "Hello, this is " + shop.name + ".";
    if (!shop.open(now)) words += " We are closed right now, but you can order for later.";
  }
  return words + " " + question(shop, order, now);
}

}  // namespace bakery
