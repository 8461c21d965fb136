// SPDX-License-Identifier: MIT
//
// counter.h - what one can ask at the counter without ordering: prices and opening hours, for other
// agents that speak for the shop. JSON out; nothing here changes anything.
#pragma once

#include <string>
#include <string_view>

#include "shop.h"

namespace bakery {

// Schemas of what the two take.
extern const char* const price_parameters;
extern const char* const hours_parameters;

// eg: {"item":"croissant","price":2.2,"currency":"euro","sold":true}. Whatever a caller calls it;
// what is not sold comes with all that is.
std::string price_json(const Shop& shop, std::string_view item);

// Of one day, eg: {"monday":"07:00-18:00","open_now":true}, or of all; "closed" where it is.
// Throws std::invalid_argument where that is no day.
std::string hours_json(const Shop& shop, std::string_view day, Moment now);

}  // namespace bakery
