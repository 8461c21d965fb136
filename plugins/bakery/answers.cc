// SPDX-License-Identifier: MIT
#include "answers.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "speech.h"
#include "words.h"

namespace bakery {
namespace {

constexpr std::size_t longest_name = 60;  // bytes
constexpr int day_minutes = 24 * 60;
constexpr int soon = 15;  // minutes from "as soon as possible" to a warm bag

// ------------------------------------------------------------------------------------- names ----

bool is_name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalpha(byte) || c == '\'' || c == '-';
}

// As they were spelled, without what stands around them.
std::vector<std::string> spelled_words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    if (is_name_byte(c)) {
      if (!inside) words.emplace_back();
      words.back() += c;
    }
    inside = is_name_byte(c);
  }
  return words;
}

// Words that stand around a name, and are none.
bool is_filler(const std::string& word) {
  static constexpr std::string_view fillers[] = {
      "my",     "name",  "names", "is",    "its", "it",   "im",    "i",     "am",
      "the",    "this",  "for",   "under", "put", "call", "me",    "on",    "please",
      "thanks", "thank", "you",   "uh",    "um",  "well", "oh",    "yes",   "no",
      "yeah",   "ok",    "okay",  "sure",  "a",   "and",  "hi",    "hello", "to",
      "you",    "can",   "just",  "use",   "say", "that", "thats", "sorry"};
  const Words compared = words_of(word);
  return compared.empty() ||
         std::find(std::begin(fillers), std::end(fillers), compared[0]) != std::end(fillers);
}

// Who says one of these has not told a name.
bool is_no_name(const Words& words) {
  return has_any(words, {"what", "why", "who", "when", "where", "how", "wait", "hold", "moment",
                         "second", "repeat", "pardon", "again", "do", "dont", "not"});
}

// ------------------------------------------------------------------------------------- times ----

enum class Half { unsaid, morning, later };

struct Clock {
  int hour = 0, minute = 0;
};

std::optional<int> number(const Words& words, std::size_t at, int least, int most) {
  const Number n = number_at(words, at);
  if (n.size == 0 || n.value < least || n.value > most) return std::nullopt;
  if (words[at] == "a" || words[at] == "an") return std::nullopt;
  return n.value;
}

// "half past three", "quarter to four", "ten past two", "five minutes to six".
std::optional<Clock> spoken_clock(const Words& words) {
  for (std::size_t at = 1; at + 1 < words.size(); ++at) {
    if (words[at] != "past" && words[at] != "after" && words[at] != "to") continue;
    const std::size_t before = words[at - 1] == "minutes" && at > 1 ? at - 2 : at - 1;
    const auto hour = number(words, at + 1, 1, 12);
    auto minute = number(words, before, 1, 59);
    if (words[before] == "half") minute = 30;
    if (words[before] == "quarter") minute = 15;
    if (!hour || !minute) continue;
    if (words[at] != "to") return Clock{*hour, *minute};
    return Clock{*hour == 1 ? 12 : *hour - 1, 60 - *minute};
  }
  return std::nullopt;
}

// "three", "three thirty", "three oh five", "15:30".
std::optional<Clock> plain_clock(const Words& words) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    // A number of two words would be a minute: hours up to twelve have one, "twenty one" has two.
    const auto hour = number(words, at, 0, 23);
    if (!hour) continue;
    std::size_t next = at + number_at(words, at).size;
    if (next < words.size() && (words[next] == "oh" || words[next] == "o")) ++next;
    return Clock{*hour, number(words, next, 0, 59).value_or(0)};
  }
  return std::nullopt;
}

Half half_in(const Words& words) {
  if (has_any(words, {"am", "a m", "morning"})) return Half::morning;
  return has_any(words, {"pm", "p m", "afternoon", "evening", "tonight"}) ? Half::later
                                                                          : Half::unsaid;
}

// Minutes from now, of "in twenty minutes" and its like.
std::optional<int> minutes_from_now(const Words& words) {
  if (has_any(words, {"as soon as possible", "right now", "right away", "now", "asap"}))
    return soon;
  if (has_any(words, {"half an hour", "half hour"})) return 30;
  if (has_any(words, {"an hour and a half"})) return 90;
  if (has_any(words, {"in an hour", "in one hour", "an hour from now"})) return 60;
  const std::size_t in = find_phrase(words, "in");
  if (in == npos) return std::nullopt;
  const Number n = number_at(words, in + 1);
  const std::size_t unit = in + 1 + n.size;
  if (n.size == 0 || unit >= words.size()) return std::nullopt;
  if (words[unit] == "minutes") return n.value;
  return words[unit] == "hours" ? std::optional<int>(n.value * 60) : std::nullopt;
}

std::optional<int> said_day(const Words& words, Moment now) {
  if (has_any(words, {"today", "tonight", "this afternoon", "this morning", "this evening"}))
    return now.weekday;
  if (has_any(words, {"tomorrow"})) return (now.weekday + 1) % 7;
  for (int day = 0; day < 7; ++day)
    if (find_phrase(words, lower(day_words(day))) != npos) return day;
  return std::nullopt;
}

bool serves(const Shop& shop, Moment when) {
  const Hours& hours = shop.hours(when.weekday);
  return when.minute >= hours.opens && when.minute <= hours.closes && !hours.closed();
}

// The minute of the day that is meant: without a half, the one in which the shop can serve.
int minute_of(Clock clock, Half half, const Shop& shop, int day, int not_before) {
  const int face = clock.hour * 60 + clock.minute;
  if (clock.hour == 0 || clock.hour > 12) return face;
  const int morning = face % (12 * 60), later = morning + 12 * 60;
  if (half != Half::unsaid) return half == Half::morning ? morning : later;
  if (serves(shop, {day, morning}) && morning > not_before) return morning;
  if (serves(shop, {day, later})) return later;
  return serves(shop, {day, morning}) || later > day_minutes ? morning : later;
}

std::optional<Clock> clock_in(const Words& words) {
  if (has_any(words, {"noon", "midday"})) return Clock{12, 0};
  const auto spoken = spoken_clock(words);
  return spoken ? spoken : plain_clock(words);
}

}  // namespace

std::string find_name(std::string_view text) {
  if (is_no_name(words_of(text))) return {};
  std::string name;
  int others = 0;  // words that are no fillers
  bool ended = false;
  for (const std::string& word : spelled_words(text)) {
    const bool filler = is_filler(word);
    ended = ended || (filler && !name.empty());
    if (filler) continue;
    ++others;
    if (!ended) name += (name.empty() ? "" : " ") + capitalised(word);
  }
  // More than four make a sentence that we have not understood.
  return others <= 4 && name.size() <= longest_name ? name : std::string();
}

Pickup find_pickup(std::string_view text, const Shop& shop, Moment now) {
  const Words words = words_of(text);
  Moment when = now;
  if (const auto minutes = minutes_from_now(words)) {
    when.minute += *minutes;
  } else if (const auto clock = clock_in(words)) {
    const auto day = said_day(words, now);
    const bool late = now.minute >= shop.hours(now.weekday).closes;  // also on a day that is closed
    when.weekday = day ? *day : shop.next_open_day(now.weekday + (late ? 1 : 0));
    if (when.weekday < 0) return {Fault::closed_day, now};
    const int not_before = when.weekday == now.weekday ? now.minute : -1;
    when.minute = minute_of(*clock, half_in(words), shop, when.weekday, not_before);
  } else {
    return {};
  }
  if (shop.hours(when.weekday).closed()) return {Fault::closed_day, when};
  if (!serves(shop, when)) return {Fault::outside_hours, when};
  if (when.weekday == now.weekday && when.minute <= now.minute) return {Fault::past, when};
  return {Fault::none, when};
}

}  // namespace bakery
