// SPDX-License-Identifier: MIT
#include "speech.h"

namespace bakery {
namespace {

const char* const small_numbers[] = {"zero",    "one",     "two",       "three",    "four",
                                     "five",    "six",     "seven",     "eight",    "nine",
                                     "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                     "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
const char* const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                            "fifty", "sixty", "seventy", "eighty", "ninety"};
const char* const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                            "Thursday", "Friday", "Saturday"};

std::string many(int n, std::string_view thing) {
  return number_words(n) + " " + std::string(thing) + (n == 1 ? "" : "s");
}

std::string part_of_day(int minute) {
  if (minute < 12 * 60) return " in the morning";
  return minute < 18 * 60 ? " in the afternoon" : " in the evening";
}

// 0 and 12 are both twelve on a clock's face.
std::string hour_words(int hour) {
  return number_words(hour % 12 == 0 ? 12 : hour % 12);
}

// Without the part of the day: "quarter to four".
std::string face_words(int hour, int minute) {
  switch (minute) {
    case 0:
      return hour_words(hour);
    case 15:
      return "quarter past " + hour_words(hour);
    case 30:
      return "half past " + hour_words(hour);
    case 45:
      return "quarter to " + hour_words(hour + 1);
    default:
      return hour_words(hour) + (minute < 10 ? " oh " : " ") + number_words(minute);
  }
}

}  // namespace

std::string number_words(int n) {
  if (n < 0) return "minus " + number_words(-n);
  if (n < 20) return small_numbers[n];
  if (n < 100) return tens[n / 10] + (n % 10 ? "-" + number_words(n % 10) : std::string());
  const int unit = n < 1000 ? 100 : n < 1000000 ? 1000 : 1000000;
  const char* const name = unit == 100 ? " hundred" : unit == 1000 ? " thousand" : " million";
  const int rest = n % unit;
  return number_words(n / unit) + name + (rest ? " " + number_words(rest) : std::string());
}

std::string price_words(int cents, std::string_view currency) {
  const int whole = cents / 100, rest = cents % 100;
  if (whole == 0) return many(rest, rest == 0 ? currency : "cent");
  if (rest == 0) return many(whole, currency);
  if (rest < 10)
    return many(whole, currency) + " and " + many(rest, "cent");  // not "two euros five"
  return many(whole, currency) + " " + number_words(rest);
}

std::string time_words(int minute) {
  if (minute == 12 * 60) return "noon";
  if (minute % (24 * 60) == 0) return "midnight";
  return face_words(minute / 60, minute % 60) + part_of_day(minute);
}

std::string day_words(int weekday) {
  return days[weekday];
}

std::string near_day_words(int weekday, int today) {
  if (weekday == today) return "today";
  return weekday == (today + 1) % 7 ? "tomorrow" : "on " + day_words(weekday);
}

std::string moment_words(Moment when, Moment now) {
  return near_day_words(when.weekday, now.weekday) + " at " + time_words(when.minute);
}

std::string list_words(const std::vector<std::string>& things) {
  std::string all;
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (i > 0) all += i + 1 == things.size() ? " and " : ", ";
    all += things[i];
  }
  return all;
}

std::string item_words(int quantity, const Item& item) {
  return number_words(quantity) + " " + (quantity == 1 ? item.name : item.plural);
}

std::string lower(std::string_view text) {
  std::string all(text);
  for (char& c : all)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return all;
}

std::string capitalised(std::string_view text) {
  std::string all(text);
  if (!all.empty() && all[0] >= 'a' && all[0] <= 'z')
    all[0] = static_cast<char>(all[0] - 'a' + 'A');
  return all;
}

}  // namespace bakery
