// SPDX-License-Identifier: MIT
#include "order.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bakery {
namespace {

using Json = nlohmann::json;

constexpr Stage stages[] = {Stage::open, Stage::naming, Stage::timing, Stage::confirming,
                            Stage::confirmed};

Stage stage_of(std::string_view name) {
  const auto* const found = std::find_if(std::begin(stages), std::end(stages),
                                         [&](Stage s) { return stage_name(s) == name; });
  return found == std::end(stages) ? Stage::open : *found;
}

Order read_order(const Json& from, const Shop& shop) {
  Order order;
  for (const Json& line : from.at("lines")) {
    const std::string item = line.at("item");
    if (shop.find(item)) order.set(item, line.at("quantity"));
  }
  order.stage = stage_of(from.at("stage").get_ref<const std::string&>());
  order.name = from.at("name");
  if (const auto pickup = from.find("pickup"); pickup != from.end()) {
    const Moment when{pickup->at("weekday"), pickup->at("minute")};
    if (when.weekday >= 0 && when.weekday < 7) order.pickup = when;
  }
  // Both say the name and the time, so both need them.
  const bool whole = order.pickup && !order.name.empty() && !order.empty();
  if (!whole && (order.stage == Stage::confirming || order.stage == Stage::confirmed))
    order.stage = Stage::open;
  order.last = from.at("last");
  order.misses = from.at("misses");
  order.leaving = from.at("leaving");
  order.number = from.value("number", 1);
  order.heard = from.at("heard");
  order.said = from.at("said");
  order.over = from.at("over");
  return order;
}

}  // namespace

int Order::quantity(std::string_view item) const {
  for (const Line& line : lines)
    if (line.item == item) return line.quantity;
  return 0;
}

int Order::total(const Shop& shop) const {
  int cents = 0;
  for (const Line& line : lines)
    if (const Item* item = shop.find(line.item)) cents += line.quantity * item->price;
  return cents;
}

void Order::set(const std::string& item, int quantity) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.item == item; });
  const int allowed = std::clamp(quantity, 0, most);
  if (found == lines.end()) {
    if (allowed > 0) lines.push_back({item, allowed});
  } else if (allowed > 0) {
    found->quantity = allowed;
  } else {
    lines.erase(found);
  }
}

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::naming:
      return "naming";
    case Stage::timing:
      return "timing";
    case Stage::confirming:
      return "confirming";
    case Stage::confirmed:
      return "confirmed";
    case Stage::open:
      break;
  }
  return "open";
}

std::string to_json(const Order& order) {
  Json lines = Json::array();
  for (const Line& line : order.lines)
    lines.push_back({{"item", line.item}, {"quantity", line.quantity}});
  Json to = {{"lines", lines},         {"stage", stage_name(order.stage)},
             {"name", order.name},     {"last", order.last},
             {"misses", order.misses}, {"leaving", order.leaving},
             {"heard", order.heard},   {"said", order.said},
             {"over", order.over},     {"number", order.number}};
  if (order.pickup)
    to["pickup"] = {{"weekday", order.pickup->weekday}, {"minute", order.pickup->minute}};
  return to.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Order order_from_json(std::string_view json, const Shop& shop) try {
  return read_order(Json::parse(json), shop);
} catch (const Json::exception&) {
  return {};
}

}  // namespace bakery
