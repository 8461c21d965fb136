// SPDX-License-Identifier: MIT
#include "dialogue.h"

#include <functional>
#include <utility>

#include "answers.h"
#include "phrases.h"
#include "speech.h"
#include "understanding.h"

namespace bakery {
namespace {

// Bytes; nobody says more in one breath. The time that a sentence takes grows with its length, and
// half an order understood is worse than none.
constexpr std::size_t longest_sentence = 2000;

// One step of the talk: knows the order, and adds to the words.
class Dialogue {
 public:
  Dialogue(const Shop& shop, Order order, Moment now) : shop_(shop), now_(now) {
    step_.order = std::move(order);
  }

  Step answer(const Sentence& sentence);

 private:
  Order& order() { return step_.order; }
  void say(const std::string& sentence) {
    step_.words += (step_.words.empty() ? "" : " ") + sentence;
  }

  void take(std::string_view text);
  bool take_answer(std::string_view text, const Meaning& meaning);
  bool take_pickup(std::string_view text);
  void take_changes(const std::vector<Change>& changes);
  std::string apply(const Change& change);
  void speak_of(const Meaning& meaning);
  void yes();
  void no();
  void place();
  void ask_next();
  void start_over();
  void leave();
  void miss();

  const Shop& shop_;
  const Moment now_;
  bool was_asked_ = true;  // has the caller heard our question to its end?
  Step step_;
};

// ------------------------------------------------------------------------------- changes ----

// Applies one change, and says what became of it: "two croissants", "no more baguettes".
std::string Dialogue::apply(const Change& change) {
  const std::string name = change.item.empty() ? order().last : change.item;
  const Item* const item = shop_.find(name);
  if (!item) return {};
  const int before = order().quantity(name);
  if (change.kind == Change::Kind::remove && before == 0) return "there were no " + item->plural;
  const int wanted = change.kind == Change::Kind::set   ? change.quantity
                     : change.kind == Change::Kind::add ? before + change.quantity
                     : change.quantity == 0             ? 0
                                                        : before - change.quantity;
  order().set(name, wanted);
  order().last = name;
  const int after = order().quantity(name);
  if (after == 0) return "no more " + item->plural;
  return after < wanted ? "no more than " + item_words(after, *item) : item_words(after, *item);
}

void Dialogue::take_changes(const std::vector<Change>& changes) {
  if (order().stage == Stage::confirmed)
    return say("Your order is placed already. Say new order to begin another one.");
  std::vector<std::string> told;
  for (const Change& one : changes)
    if (std::string words = apply(one); !words.empty()) told.push_back(std::move(words));
  if (told.empty()) return say("Sorry, which of our things do you mean?");
  say("All right, " + list_words(told) + ".");
  if (order().empty()) order().stage = Stage::open;
  // A summary follows there, and says the sum.
  if (!order().empty() && order().stage != Stage::confirming)
    say("That makes " + total_words(shop_, order()) + ".");
}

// ------------------------------------------------------------------------ towards placing ----

// Asks for what is missing, in the order name, time, yes.
void Dialogue::ask_next() {
  if (order().empty()) {
    order().stage = Stage::open;
  } else if (order().stage != Stage::confirmed) {
    order().stage = order().name.empty() ? Stage::naming
                    : !order().pickup    ? Stage::timing
                                         : Stage::confirming;
  }
}

bool Dialogue::take_pickup(std::string_view text) {
  const Pickup pickup = find_pickup(text, shop_, now_);
  switch (pickup.fault) {
    case Fault::not_heard:
      return false;
    case Fault::closed_day:
    case Fault::outside_hours:
      say(hours_sentence(shop_, pickup.when.weekday, now_.weekday));
      return true;
    case Fault::past:
      say("That is too soon.");
      return true;
    case Fault::none:
      break;
  }
  order().pickup = pickup.when;
  ask_next();
  return true;
}

// The answer to what we asked. False: the sentence is about something else.
bool Dialogue::take_answer(std::string_view text, const Meaning& meaning) {
  const Topic topic = meaning.topic;
  const bool maybe = topic == Topic::unknown || topic == Topic::yes || topic == Topic::no ||
                     topic == Topic::courtesy || topic == Topic::change;
  if (!maybe || meaning.item) return false;
  // "make it three" is a time there; no item is named.
  if (order().stage == Stage::timing) return take_pickup(text);
  if (order().stage != Stage::naming || topic == Topic::change) return false;
  const std::string name = find_name(text);
  if (name.empty()) return false;
  order().name = name;
  say("Thank you, " + name + ".");
  ask_next();
  return true;
}

void Dialogue::place() {
  if (order().pickup->weekday == now_.weekday && order().pickup->minute <= now_.minute) {
    order().pickup.reset();
    say("That time has passed meanwhile.");
    return ask_next();
  }
  order().stage = Stage::confirmed;
  step_.placed = true;
  say("Thank you, " + order().name + ", your order is placed. It will be ready " +
      moment_words(*order().pickup, now_) + ".");
}

void Dialogue::yes() {
  // A yes to half a question may be a yes to something else.
  if (order().stage == Stage::confirming)
    return was_asked_ ? place() : say("Let me say it to the end.");
  if (order().stage == Stage::open && !order().empty()) return say("What else would you like?");
}

void Dialogue::no() {
  if (order().stage == Stage::open) return ask_next();  // to "anything else?"
  if (order().stage != Stage::confirming) return;
  order().stage = Stage::open;
  order().name.clear();
  order().pickup.reset();
  say("No problem, nothing is placed. What shall I change?");
}

void Dialogue::start_over() {
  const int number = order().number + (order().stage == Stage::confirmed ? 1 : 0);
  order() = Order();
  order().number = number;
  say("All right, we start from nothing.");
}

void Dialogue::leave() {
  const bool open = !order().empty() && order().stage != Stage::confirmed;
  if (open && !order().leaving) {
    order().leaving = true;
    say("Before you go, your order is not placed yet.");
    return ask_next();
  }
  if (open) say("Then I will not place it.");
  const bool known = order().stage == Stage::confirmed;
  say(known ? "Goodbye, " + order().name + "." : "Goodbye.");
  order().over = step_.hang_up = true;
}

void Dialogue::miss() {
  ++order().misses;
  say(order().misses == 1 ? "Sorry, I did not catch that."
                          : "Sorry, I still don't understand. You can order, or ask for the menu, "
                            "our prices and our opening hours.");
}

// --------------------------------------------------------------------------------- a turn ----

void Dialogue::speak_of(const Meaning& meaning) {
  switch (meaning.topic) {
    case Topic::menu:
      return say(menu_sentence(shop_));
    case Topic::price:
      if (meaning.item) return say(price_sentence(shop_, *meaning.item));
      return say(order().empty() ? menu_sentence(shop_) : order_sentence(shop_, order()));
    case Topic::hours:
      return say(hours_sentence(shop_, meaning.weekday.value_or(now_.weekday), now_.weekday));
    case Topic::order:
      return say(order_sentence(shop_, order()));
    case Topic::done:
      return ask_next();
    case Topic::yes:
      return yes();
    case Topic::no:
      return no();
    case Topic::start_over:
      return start_over();
    case Topic::goodbye:
      return leave();
    case Topic::change:
    case Topic::courtesy:
      return;
    case Topic::unknown:
      return miss();
  }
}

void Dialogue::take(std::string_view text) {
  const Meaning meaning = understand(text, shop_, now_);
  if (meaning.topic != Topic::unknown) order().misses = 0;
  if (meaning.topic != Topic::goodbye) order().leaving = false;
  if (take_answer(text, meaning)) return;
  if (!meaning.changes.empty()) take_changes(meaning.changes);
  speak_of(meaning);
}

// Of the words that were heard, the last: blanks behind them are the pipeline's.
bool ends_with(std::string_view words, std::string_view end) {
  while (!words.empty() && words.back() == ' ') words.remove_suffix(1);
  return words.size() >= end.size() && words.substr(words.size() - end.size()) == end;
}

Step Dialogue::answer(const Sentence& sentence) {
  const std::string_view text = sentence.text;
  was_asked_ = !sentence.heard || ends_with(*sentence.heard, shall_i_place_it);
  text.size() <= longest_sentence ? take(text) : say("Sorry, that was too much at once.");
  // A question of our own ends every answer, unless one of it does already.
  if (!step_.hang_up && (step_.words.empty() || step_.words.back() != '?'))
    say(question(shop_, order(), now_));
  return std::move(step_);
}

// Of the words too: a test by hand may well call every turn the same.
std::size_t fingerprint(const Sentence& sentence) {
  if (sentence.turn.empty()) return 0;
  return std::hash<std::string>()(std::string(sentence.turn) + '\n' + std::string(sentence.text));
}

}  // namespace

Step respond(const Shop& shop, Order order, const Sentence& sentence, Moment now) {
  const std::size_t heard = fingerprint(sentence);
  if (heard != 0 && order.heard == heard)  // delivered twice
    return {order, order.said, order.over, false};
  order.over = false;
  Step step = Dialogue(shop, std::move(order), now).answer(sentence);
  step.order.heard = heard;
  step.order.said = step.words;
  return step;
}

}  // namespace bakery
