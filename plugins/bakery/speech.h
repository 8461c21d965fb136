// SPDX-License-Identifier: MIT
//
// speech.h - numbers, prices, times and lists as a voice says them: no digit, no sign that a
// speaking machine could stumble over. Decides nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shop.h"

namespace bakery {

std::string number_words(int n);                                // eg: "twenty-one"
std::string price_words(int cents, std::string_view currency);  // eg: "four euros fifty"
std::string time_words(int minute);  // eg: "half past three in the afternoon"
std::string day_words(int weekday);  // eg: "Monday"
std::string list_words(const std::vector<std::string>& things);  // eg: "a, b and c"
std::string item_words(int quantity, const Item& item);          // eg: "two croissants"

// A time of the week as somebody says it who stands at `now`: "tomorrow at noon".
std::string moment_words(Moment when, Moment now);
// "today" and "tomorrow", else "on Monday".
std::string near_day_words(int weekday, int today);

std::string lower(std::string_view text);        // of ASCII; other letters stay
std::string capitalised(std::string_view text);  // its first letter, likewise

}  // namespace bakery
