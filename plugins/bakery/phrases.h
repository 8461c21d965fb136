// SPDX-License-Identifier: MIT
//
// phrases.h - the bakery's sentences about its shop and an order, ready to be spoken. Changes
// nothing.
#pragma once

#include <string>

#include "order.h"
#include "shop.h"

namespace bakery {

std::string order_words(const Shop& shop,
                        const Order& order);  // eg: "two croissants and one coffee"
std::string total_words(const Shop& shop, const Order& order);  // eg: "six euros ninety"

std::string menu_sentence(const Shop& shop);
std::string price_sentence(const Shop& shop, const Item& item);
std::string hours_sentence(const Shop& shop, int weekday, int today);
std::string order_sentence(const Shop& shop, const Order& order);

// What we ask at this point of the talk; it ends every answer.
inline constexpr std::string_view shall_i_place_it = "Shall I place the order?";
std::string question(const Shop& shop, const Order& order, Moment now);

// The first words of a call; a caller who comes back has an order already.
std::string welcome(const Shop& shop, const Order& order, Moment now);

}  // namespace bakery
