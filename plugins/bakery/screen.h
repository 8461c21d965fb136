// SPDX-License-Identifier: MIT
//
// screen.h - the order as the caller's screen sees it, and what the screen asks for. The same rules
// as in the dialogue, without a voice.
#pragma once

#include <string>
#include <string_view>

#include "order.h"
#include "shop.h"

namespace bakery {

// {"order":{"items":[{"name":"croissant","quantity":2,"price":2.2}],"total":4.4,"status":"open"}},
// with "name" and "pickup" once they are known. Prices are for one, in whole and parts.
std::string screen_json(const Order& order, const Shop& shop);

struct Answer {
  Order order;
  std::string json;  // as screen_json, or {"error":{"code":...,"message":...}}
};

// request: what the screen sent, eg: {"action":"add","item":"croissant","quantity":2},
// {"action":"remove","item":"baguette"}, {"action":"show"}. A refused one changes nothing.
Answer answer_screen(const Shop& shop, Order order, std::string_view request);

}  // namespace bakery
