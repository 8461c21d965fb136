// SPDX-License-Identifier: MIT
#include "shop.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "speech.h"

namespace bakery {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& key, const std::string& why) {
  throw std::invalid_argument("config: " + key + " " + why);
}

std::vector<Item> small_menu() {
  return {{"croissant", "croissants", 220, {"butter croissant", "butter croissants"}},
          {"baguette", "baguettes", 180, {}},
          {"pain au chocolat",
           "pains au chocolat",
           260,
           {"chocolate croissant", "chocolate croissants", "pain au chocolats"}},
          {"cinnamon roll", "cinnamon rolls", 290, {}},
          {"rye bread", "rye breads", 450, {"rye loaf", "rye loaves", "loaf of rye", "rye"}},
          {"apple tart", "apple tarts", 340, {"apple pie", "apple pies"}},
          {"coffee", "coffees", 250, {"cup of coffee", "cups of coffee"}}};
}

std::array<Hours, 7> small_town_hours() {
  const Hours weekday{7 * 60, 18 * 60}, saturday{7 * 60, 14 * 60}, closed{};
  return {closed, weekday, weekday, weekday, weekday, weekday, saturday};
}

Item read_item(const Json& from, const std::string& key) {
  Item item;
  item.name = from.value("name", "");
  if (item.name.empty()) refuse(key, "has no name");
  item.plural = from.value("plural", item.name + "s");
  item.also = from.value("also", std::vector<std::string>());
  const double price = from.value("price", 0.0);
  if (!(price > 0 && price <= 1000)) refuse(key + ".price", "is not between 0 and 1000");
  item.price = static_cast<int>(std::lround(price * 100));
  return item;
}

// "07:30" as minutes, or -1.
int read_minute(const std::string& text) {
  const auto digit = [&text](std::size_t i) { return text[i] - '0'; };
  if (text.size() != 5 || text[2] != ':') return -1;
  for (const std::size_t i : {0U, 1U, 3U, 4U})
    if (digit(i) < 0 || digit(i) > 9) return -1;
  const int hour = digit(0) * 10 + digit(1), minute = digit(3) * 10 + digit(4);
  return hour <= 24 && minute < 60 && hour * 60 + minute <= 24 * 60 ? hour * 60 + minute : -1;
}

// "07:00-18:00" or "closed".
Hours read_hours(const std::string& text, const std::string& key) {
  if (text == "closed") return {};
  const std::size_t dash = text.find('-');
  const Hours hours{read_minute(text.substr(0, dash)),
                    dash == std::string::npos ? -1 : read_minute(text.substr(dash + 1))};
  if (hours.opens < 0 || hours.closes <= hours.opens) refuse(key, "is not like \"07:00-18:00\"");
  return hours;
}

}  // namespace

const Item* Shop::find(std::string_view wanted) const {
  for (const Item& item : menu)
    if (item.name == wanted) return &item;
  return nullptr;
}

bool Shop::open(Moment now) const {
  const Hours& today = hours(now.weekday);
  return now.minute >= today.opens && now.minute < today.closes;
}

int Shop::next_open_day(int from) const {
  for (int days = 0; days < 7; ++days)
    if (const int day = (from + days) % 7; !hours(day).closed()) return day;
  return -1;
}

Shop read_shop(std::string_view config_json) {
  const Json config = Json::parse(config_json);
  Shop shop;
  shop.name = config.value("name", shop.name);
  shop.currency = config.value("currency", shop.currency);
  shop.menu = small_menu();
  shop.week = small_town_hours();

  if (const auto menu = config.find("menu"); menu != config.end()) {
    shop.menu.clear();
    for (const Json& item : *menu)
      shop.menu.push_back(read_item(item, "menu." + std::to_string(shop.menu.size())));
    if (shop.menu.empty()) refuse("menu", "has no item");
  }
  if (const auto hours = config.find("hours"); hours != config.end()) {
    for (int day = 0; day < 7; ++day) {
      const std::string name = lower(day_words(day));
      shop.week[static_cast<std::size_t>(day)] =
          read_hours(hours->value(name, "closed"), "hours." + name);
    }
  }
  return shop;
}

}  // namespace bakery
