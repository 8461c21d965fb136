// SPDX-License-Identifier: MIT
#include "screen.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "speech.h"

namespace bakery {
namespace {

using Json = nlohmann::ordered_json;

struct Refusal {
  std::string code, message;
};

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The only price a float ever sees: 220 is 2.2.
double money(int cents) {
  return cents / 100.0;
}

std::string clock_text(int minute) {
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return two(minute / 60) + ":" + two(minute % 60);
}

// A string member, or nothing.
std::string member(const Json& request, const char* key) {
  const auto found = request.find(key);
  return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// How many the request wants; `otherwise` where it does not say.
int quantity_of(const Json& request, int otherwise) {
  const auto found = request.find("quantity");
  if (found == request.end() || found->is_null()) return otherwise;
  const bool whole = found->is_number_integer();
  if (!whole || *found < 1 || *found > Order::most)
    throw Refusal{"bad_quantity", "quantity is a whole number from 1 to 50"};
  return found->get<int>();
}

const Item& item_of(const Json& request, const Shop& shop) {
  const std::string name = member(request, "item");
  if (name.empty()) throw Refusal{"bad_request", "item names a thing on the menu"};
  const Item* const item = shop.find(lower(name));
  if (!item) throw Refusal{"unknown_item", "there is no " + name + " on the menu"};
  return *item;
}

void add(Order& order, const Item& item, int quantity) {
  const int wanted = order.quantity(item.name) + quantity;
  if (wanted > Order::most)
    throw Refusal{"bad_quantity", "at most 50 of one thing; there are " +
                                      std::to_string(order.quantity(item.name)) + " already"};
  order.set(item.name, wanted);
  order.last = item.name;
}

void remove(Order& order, const Item& item, int quantity) {
  const int before = order.quantity(item.name);
  if (before == 0) throw Refusal{"not_in_order", "there is no " + item.name + " in the order"};
  order.set(item.name, before - quantity);
  if (order.empty()) order.stage = Stage::open;
}

void obey(const Shop& shop, Order& order, const Json& request) {
  if (!request.is_object()) throw Refusal{"bad_request", "data is an object with an action"};
  const std::string action = member(request, "action");
  if (action == "show") return;
  if (action != "add" && action != "remove")
    throw Refusal{"unknown_action", "action is add, remove or show"};
  const Item& item = item_of(request, shop);
  const int quantity = quantity_of(request, action == "add" ? 1 : Order::most);
  if (order.stage == Stage::confirmed)
    throw Refusal{"order_placed", "the order is placed and does not change any more"};
  action == "add" ? add(order, item, quantity) : remove(order, item, quantity);
}

}  // namespace

std::string screen_json(const Order& order, const Shop& shop) {
  Json items = Json::array();
  for (const Line& line : order.lines) {
    if (const Item* item = shop.find(line.item))
      items.push_back(
          {{"name", line.item}, {"quantity", line.quantity}, {"price", money(item->price)}});
  }
  Json shown = {
      {"items", items}, {"total", money(order.total(shop))}, {"status", stage_name(order.stage)}};
  if (!order.name.empty()) shown["name"] = order.name;
  if (order.pickup)
    shown["pickup"] = {{"day", lower(day_words(order.pickup->weekday))},
                       {"time", clock_text(order.pickup->minute)}};
  return text_of({{"order", shown}});
}

Answer answer_screen(const Shop& shop, Order order, std::string_view request) {
  const Order before = order;
  try {
    obey(shop, order, Json::parse(request, nullptr, false));
  } catch (const Refusal& refusal) {
    const Json error = {{"code", refusal.code}, {"message", refusal.message}};
    return {before, text_of({{"error", error}})};
  }
  const std::string shown = screen_json(order, shop);
  return {std::move(order), shown};
}

}  // namespace bakery
