// SPDX-License-Identifier: MIT
#include "counter.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "speech.h"

namespace bakery {
namespace {

using Json = nlohmann::json;

bool is_called(const Item& item, const std::string& wanted) {
  const auto fits = [&](const std::string& name) { return lower(name) == wanted; };
  return fits(item.name) || fits(item.plural) ||
         std::any_of(item.also.begin(), item.also.end(), fits);
}

std::string clock_text(int minute) {
  const auto two = [](int n) {
    return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
  };
  return two(minute / 60) + ":" + two(minute % 60);
}

std::string hours_text(const Hours& hours) {
  return hours.closed() ? "closed" : clock_text(hours.opens) + "-" + clock_text(hours.closes);
}

// It came from a model: whatever it is, it becomes text.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

const char* const price_parameters = R"({
  "type": "object", "required": ["item"], "additionalProperties": false,
  "properties": {"item": {"type": "string", "minLength": 1, "maxLength": 60, "description": "eg: croissant"}}
})";

const char* const hours_parameters = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"day": {
    "enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    "description": "Without it, the whole week."
  }}
})";

std::string price_json(const Shop& shop, std::string_view item) {
  const std::string wanted = lower(item);
  for (const Item& each : shop.menu)
    if (is_called(each, wanted))
      return text_of({{"item", each.name},
                      {"price", each.price / 100.0},
                      {"currency", shop.currency},
                      {"sold", true}});
  Json menu = Json::array();
  for (const Item& each : shop.menu) menu.push_back(each.name);
  return text_of({{"item", item}, {"sold", false}, {"menu", menu}});
}

std::string hours_json(const Shop& shop, std::string_view day, Moment now) {
  Json hours = {{"open_now", shop.open(now)}};
  for (int weekday = 0; weekday < 7; ++weekday) {
    const std::string name = lower(day_words(weekday));
    if (day.empty() || day == name) hours[name] = hours_text(shop.hours(weekday));
  }
  if (hours.size() == 1)
    throw std::invalid_argument("'" + std::string(day) + "' is no day of the week, eg: monday");
  return text_of(hours);
}

}  // namespace bakery
