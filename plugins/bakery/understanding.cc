// SPDX-License-Identifier: MIT
#include "understanding.h"

#include <algorithm>
#include <utility>

#include "speech.h"
#include "words.h"

namespace bakery {
namespace {

// The words that callers have for an item.
struct Spoken {
  const Item* item = nullptr;
  Words phrase;  // never empty
};

std::vector<Spoken> spoken_names(const Shop& shop) {
  std::vector<Spoken> names;
  const auto add = [&names](const Item& item, const std::string& text) {
    if (Words phrase = words_of(text); !phrase.empty()) names.push_back({&item, std::move(phrase)});
  };
  for (const Item& item : shop.menu) {
    add(item, item.name);
    add(item, item.plural);
    for (const std::string& other : item.also) add(item, other);
  }
  return names;
}

struct Mention {
  const Item* item = nullptr;
  std::size_t size = 0;  // words; 0: no item stands there
};

// The item whose words stand here; the longest counts, so that a chocolate croissant is none.
Mention item_at(const Words& words, std::size_t at, const std::vector<Spoken>& names) {
  Mention best;
  for (const auto& [item, phrase] : names) {
    if (phrase.size() <= best.size || at + phrase.size() > words.size()) continue;
    if (std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<std::ptrdiff_t>(at)))
      best = {item, phrase.size()};
  }
  return best;
}

const Item* first_item(const Words& words, const std::vector<Spoken>& names) {
  for (std::size_t at = 0; at < words.size(); ++at)
    if (const Mention mention = item_at(words, at, names); mention.item) return mention.item;
  return nullptr;
}

// What a word or phrase here makes of the items behind it, and how many words it has.
struct Verb {
  Change::Kind kind;
  std::string_view phrase;
};
constexpr Verb verbs[] = {{Change::Kind::remove, "remove"},
                          {Change::Kind::remove, "delete"},
                          {Change::Kind::remove, "take off"},
                          {Change::Kind::remove, "take out"},
                          {Change::Kind::remove, "take away"},
                          {Change::Kind::remove, "without"},
                          {Change::Kind::remove, "cancel"},
                          {Change::Kind::remove, "drop"},
                          {Change::Kind::remove, "not the"},
                          {Change::Kind::remove, "dont want"},
                          {Change::Kind::remove, "do not want"},
                          {Change::Kind::remove, "dont need"},
                          {Change::Kind::remove, "leave out"},
                          {Change::Kind::set, "make"},
                          {Change::Kind::set, "change"},
                          {Change::Kind::set, "instead"},
                          {Change::Kind::set, "actually"},
                          {Change::Kind::set, "rather"},
                          {Change::Kind::add, "add"},
                          {Change::Kind::add, "and give me"},
                          {Change::Kind::add, "id like"},
                          {Change::Kind::add, "i would like"},
                          {Change::Kind::add, "i want"},
                          {Change::Kind::add, "ill have"},
                          {Change::Kind::add, "ill take"},
                          {Change::Kind::add, "can i have"},
                          {Change::Kind::add, "can i get"},
                          {Change::Kind::add, "could i have"},
                          {Change::Kind::add, "could i get"}};

const Verb* verb_at(const Words& words, std::size_t at) {
  const auto* const found = std::find_if(std::begin(verbs), std::end(verbs), [&](const Verb& v) {
    return phrase_at(words, at, v.phrase);
  });
  return found == std::end(verbs) ? nullptr : found;
}

// Walks through a sentence and collects what it changes.
class Changes {
 public:
  Changes(const Words& words, const std::vector<Spoken>& names)
      : words_(words), names_(names), instead_(find_phrase(words, "instead") != npos) {
    if (instead_) verb_ = Change::Kind::set, spoken_ = true;
  }

  std::vector<Change> find() {
    for (std::size_t at = 0; at < words_.size();) at += step(at);
    flush();
    return std::move(found_);
  }

 private:
  std::size_t step(std::size_t at) {
    if (const Mention mention = item_at(words_, at, names_); mention.item)
      return take_item(at, mention);
    if (const Number number = number_at(words_, at); number.size) {
      number_ = number.value;
      article_ = words_[at] == "a" || words_[at] == "an";
      return number.size;
    }
    if (words_[at] == "more") more_ = number_.has_value();
    if (words_[at] == "another") number_ = 1, article_ = false, more_ = true;
    if (const Verb* const verb = verb_at(words_, at)) take_verb(verb->kind);
    return 1;
  }

  void take_verb(Change::Kind kind) {
    flush();
    spoken_ = true;
    if (!instead_ || kind == Change::Kind::remove) verb_ = kind;
  }

  // "to" in "change the croissants to four": the number follows the item.
  std::size_t take_item(std::size_t at, const Mention& mention) {
    const std::size_t next = at + mention.size;
    const bool to = next < words_.size() && verb_ == Change::Kind::set &&
                    (words_[next] == "to" || number_at(words_, next).size);
    if (to && !number_) {
      const std::size_t where = next + (words_[next] == "to");
      if (const Number number = number_at(words_, where); number.size) {
        number_ = number.value;
        push(mention.item->name);
        return where + number.size - at;
      }
    }
    const bool none = at > 0 && words_[at - 1] == "no";  // "and no baguette"
    if (none) found_.push_back({Change::Kind::remove, mention.item->name, 0});
    if (!none) push(mention.item->name);
    return mention.size;
  }

  // "make that three" and "two more" name no item.
  void flush() {
    if (number_ && !article_ && (more_ || (spoken_ && verb_ == Change::Kind::set))) push("");
    number_.reset();
    more_ = false;
  }

  void push(const std::string& item) {
    const Change::Kind kind = more_ ? Change::Kind::add : verb_;
    const int otherwise = kind == Change::Kind::remove ? 0 : 1;
    if (number_ || kind != Change::Kind::set)  // "change the croissants": to what?
      found_.push_back({kind, item, number_.value_or(otherwise)});
    number_.reset();
    more_ = false;
  }

  const Words& words_;
  const std::vector<Spoken>& names_;
  const bool instead_;  // "four croissants instead": the verb stands behind what it changes
  Change::Kind verb_ = Change::Kind::add;
  bool spoken_ = false;        // a verb was
  std::optional<int> number_;  // that waits for its item
  bool article_ = false;       // the number was "a"
  bool more_ = false;
  std::vector<Change> found_;
};

bool removes_last(const Words& words) {
  return has_any(words, {"remove that", "remove it", "take that off", "take it off", "cancel that",
                         "delete that", "drop that", "leave that out"});
}

std::optional<int> weekday_in(const Words& words, Moment now) {
  if (has_any(words, {"today", "now"})) return now.weekday;
  if (has_any(words, {"tomorrow"})) return (now.weekday + 1) % 7;
  for (int day = 0; day < 7; ++day) {
    const std::string name = lower(day_words(day));
    if (has_any(words, {name, name + "s"})) return day;
  }
  return std::nullopt;
}

Topic question_in(const Words& words, const Item* item) {
  if (has_any(words, {"goodbye", "good bye", "bye", "bye bye", "hang up"})) return Topic::goodbye;
  if (has_any(words, {"start over", "never mind", "cancel my order", "cancel the order",
                      "cancel everything", "forget it", "forget my order", "new order"}) ||
      is_any(words, {"cancel"}))
    return Topic::start_over;
  if (has_any(words, {"my order", "the order so far", "read it back", "read that back",
                      "what have i ordered", "what did i order", "what do i have"}))
    return Topic::order;
  if (has_any(words, {"how much", "price of", "cost", "costs", "the total"})) return Topic::price;
  if (item && has_any(words, {"do you have", "have you got", "do you sell", "is there any",
                              "are there any", "got any"}))
    return Topic::price;
  if (has_any(words, {"open", "close", "closed", "closing", "opening", "your hours", "what hours"}))
    return Topic::hours;
  if (item) return Topic::unknown;
  if (has_any(words, {"menu", "what do you have", "what have you got", "what do you sell",
                      "what can i get", "what can i have", "what can i order", "what is there",
                      "what kind", "what else"}))
    return Topic::menu;
  return Topic::unknown;
}

Topic short_answer_in(const Words& words) {
  if (has_any(words, {"thats all", "that is all", "thats it", "that is it", "thatll be all",
                      "that will be all", "nothing else", "nothing more", "im done", "i am done",
                      "im finished", "thats everything"}))
    return Topic::done;
  if (words.empty()) return Topic::unknown;
  if (has_any(words, {"no", "nope", "wrong", "not right", "not quite", "incorrect", "dont"}))
    return Topic::no;
  if (has_any(words, {"yes", "yeah", "yep", "yup", "correct", "right", "sure", "ok", "okay",
                      "please do", "sounds good", "perfect", "exactly", "of course", "go ahead"}))
    return Topic::yes;
  if (has_any(words, {"thanks", "thank you", "great", "lovely", "hello", "hi", "good morning",
                      "good afternoon", "good evening"}))
    return Topic::courtesy;
  return Topic::unknown;
}

}  // namespace

Meaning understand(std::string_view text, const Shop& shop, Moment now) {
  const Words words = words_of(text);
  const std::vector<Spoken> names = spoken_names(shop);
  Meaning meaning;
  meaning.item = first_item(words, names);
  meaning.weekday = weekday_in(words, now);
  meaning.topic = question_in(words, meaning.item);
  if (meaning.topic == Topic::price || meaning.topic == Topic::menu ||
      meaning.topic == Topic::start_over)
    return meaning;  // the items in it are asked about, not ordered

  meaning.changes = Changes(words, names).find();
  if (meaning.changes.empty() && removes_last(words))
    meaning.changes.push_back({Change::Kind::remove, "", 0});
  if (meaning.topic != Topic::unknown) return meaning;

  const Topic answer = short_answer_in(words);
  const bool change = !meaning.changes.empty() && answer != Topic::done;
  meaning.topic = change ? Topic::change : answer;
  return meaning;
}

}  // namespace bakery
