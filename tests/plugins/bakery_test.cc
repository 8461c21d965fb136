// SPDX-License-Identifier: MIT
//
// What the bakery hears, says and reckons; no host, no clock but an argument.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "answers.h"
#include "counter.h"
#include "dialogue.h"
#include "order.h"
#include "phrases.h"
#include "screen.h"
#include "shop.h"
#include "speech.h"
#include "understanding.h"

namespace bakery {
namespace {

constexpr int monday = 1, tuesday = 2, saturday = 6, sunday = 0;
constexpr Moment monday_ten{monday, 10 * 60};

Shop usual_shop() {
  return read_shop("{}");
}

// A caller: says one sentence after another.
struct Caller {
  Shop shop = usual_shop();
  Moment now = monday_ten;
  Order order;
  Step last;
  int turns = 0;

  std::string says(const std::string& text) {
    last = respond(shop, order, {"turn_" + std::to_string(++turns), text}, now);
    order = last.order;
    return last.words;
  }
  int has(const std::string& item) const { return order.quantity(item); }
};

// "+2 croissant", "-0 baguette" (all of them), "=3 " (of the last): what a sentence changes.
std::string changes_of(const std::string& text) {
  const Shop shop = usual_shop();
  std::string all;
  for (const Change& c : understand(text, shop, monday_ten).changes) {
    const char sign = c.kind == Change::Kind::add ? '+' : c.kind == Change::Kind::set ? '=' : '-';
    all += (all.empty() ? "" : ", ") + (sign + std::to_string(c.quantity)) + " " + c.item;
  }
  return all;
}

Topic topic_of(const std::string& text) {
  const Shop shop = usual_shop();
  return understand(text, shop, monday_ten).topic;
}

// "1 15:30", or the fault's number in brackets.
std::string pickup_of(const std::string& text, Moment now = monday_ten) {
  const Pickup p = find_pickup(text, usual_shop(), now);
  if (p.fault != Fault::none) return "(" + std::to_string(static_cast<int>(p.fault)) + ")";
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(p.when.weekday) + " " + two(p.when.minute / 60) + ":" +
         two(p.when.minute % 60);
}

}  // namespace

TEST_SUITE("bakery") {
  TEST_CASE("numbers, prices and times are spoken without a digit") {
    CHECK(number_words(0) == "zero");
    CHECK(number_words(21) == "twenty-one");
    CHECK(number_words(110) == "one hundred ten");
    CHECK(number_words(2040) == "two thousand forty");
    CHECK(price_words(450, "euro") == "four euros fifty");
    CHECK(price_words(100, "euro") == "one euro");
    CHECK(price_words(1205, "dollar") == "twelve dollars and five cents");
    CHECK(price_words(80, "euro") == "eighty cents");
    CHECK(price_words(0, "euro") == "zero euros");
    CHECK(time_words(15 * 60 + 30) == "half past three in the afternoon");
    CHECK(time_words(8 * 60 + 45) == "quarter to nine in the morning");
    CHECK(time_words(12 * 60) == "noon");
    CHECK(time_words(12 * 60 + 45) == "quarter to one in the afternoon");
    CHECK(time_words(18 * 60 + 5) == "six oh five in the evening");
    CHECK(list_words({"a", "b", "c"}) == "a, b and c");
    CHECK(list_words({"a"}) == "a");
  }

  TEST_CASE("days are named as one who stands at the counter names them") {
    CHECK(near_day_words(monday, monday) == "today");
    CHECK(near_day_words(sunday, saturday) == "tomorrow");
    CHECK(near_day_words(saturday, monday) == "on Saturday");
  }

  TEST_CASE("an order is heard in the words of callers") {
    CHECK(changes_of("Two croissants and a baguette, please.") == "+2 croissant, +1 baguette");
    CHECK(changes_of("I'd like half a dozen croissants") == "+6 croissant");
    CHECK(changes_of("a couple of apple pies") == "+2 apple tart");
    CHECK(changes_of("12 baguettes") == "+12 baguette");
    CHECK(changes_of("twenty one coffees") == "+21 coffee");
    CHECK(changes_of("one chocolate croissant") == "+1 pain au chocolat");
    CHECK(changes_of("another croissant") == "+1 croissant");
    CHECK(changes_of("two more croissants") == "+2 croissant");
    CHECK(changes_of("one more") == "+1 ");
    CHECK(changes_of("Could I get a coffee and rye bread?") == "+1 coffee, +1 rye bread");
    CHECK(changes_of("I have a question") == "");
    CHECK(changes_of("") == "");
  }

  TEST_CASE("changes are heard too") {
    CHECK(changes_of("make that three") == "=3 ");
    CHECK(changes_of("make it four croissants") == "=4 croissant");
    CHECK(changes_of("change the croissants to five") == "=5 croissant");
    CHECK(changes_of("four croissants instead") == "=4 croissant");
    CHECK(changes_of("actually, two baguettes") == "=2 baguette");
    CHECK(changes_of("remove the baguette") == "-0 baguette");
    CHECK(changes_of("take off one croissant") == "-1 croissant");
    CHECK(changes_of("I don’t want the coffee") == "-0 coffee");
    CHECK(changes_of("a coffee and no baguette") == "+1 coffee, -0 baguette");
    CHECK(changes_of("remove that") == "-0 ");
    CHECK(changes_of("two coffees, and remove the croissants") == "+2 coffee, -0 croissant");
  }

  TEST_CASE("questions are not orders") {
    CHECK(topic_of("How much is a croissant?") == Topic::price);
    CHECK(changes_of("How much is a croissant?") == "");
    CHECK(topic_of("Do you have rye bread?") == Topic::price);
    CHECK(topic_of("What do you have?") == Topic::menu);
    CHECK(topic_of("Are you open on Sunday?") == Topic::hours);
    CHECK(topic_of("What's my order?") == Topic::order);
    CHECK(topic_of("That's all, thanks") == Topic::done);
    CHECK(topic_of("Cancel my order") == Topic::start_over);
    CHECK(topic_of("Okay, bye bye!") == Topic::goodbye);
    CHECK(topic_of("No, thank you") == Topic::no);
    CHECK(topic_of("Thank you") == Topic::courtesy);
    CHECK(topic_of("The weather is awful") == Topic::unknown);
    CHECK(topic_of("日本語") == Topic::unknown);
  }

  TEST_CASE("a name is found among polite words, and nothing else is a name") {
    CHECK(find_name("Ada") == "Ada");
    CHECK(find_name("It's ada lovelace, please.") == "Ada Lovelace");
    CHECK(find_name("my name is O'Neill") == "O'Neill");
    CHECK(find_name("put it under Zoë") == "Zoë");
    CHECK(find_name("yes").empty());
    CHECK(find_name("wait a second").empty());
    CHECK(find_name("the one with the blue hat over there").empty());
    CHECK(find_name(std::string(2000, 'x')).empty());
  }

  TEST_CASE("a time is found as it is spoken, in the half of the day that is open") {
    CHECK(pickup_of("half past three") == "1 15:30");
    CHECK(pickup_of("at eleven") == "1 11:00");
    CHECK(pickup_of("quarter to five please") == "1 16:45");
    CHECK(pickup_of("ten past two") == "1 14:10");
    CHECK(pickup_of("3:05 pm") == "1 15:05");
    CHECK(pickup_of("three thirty") == "1 15:30");
    CHECK(pickup_of("two oh five") == "1 14:05");
    CHECK(pickup_of("15:30") == "1 15:30");
    CHECK(pickup_of("at noon") == "1 12:00");
    CHECK(pickup_of("in twenty minutes") == "1 10:20");
    CHECK(pickup_of("in half an hour") == "1 10:30");
    CHECK(pickup_of("as soon as possible") == "1 10:15");
    CHECK(pickup_of("tomorrow at nine") == "2 09:00");
    CHECK(pickup_of("on Saturday at one") == "6 13:00");
    CHECK(pickup_of("tomorrow morning at eight a.m.") == "2 08:00");
  }

  TEST_CASE("after closing, a time without a day is one of the next open day") {
    CHECK(pickup_of("at nine", {monday, 20 * 60}) == "2 09:00");
    CHECK(pickup_of("at nine", {saturday, 16 * 60}) == "1 09:00");
    CHECK(pickup_of("at nine", {sunday, 9 * 60}) == "1 09:00");
  }

  TEST_CASE("a time that cannot be is told from one that was not heard") {
    const auto fault = [](const std::string& text) {
      return find_pickup(text, usual_shop(), monday_ten).fault;
    };
    CHECK(fault("whenever") == Fault::not_heard);
    CHECK(fault("on Sunday at ten") == Fault::closed_day);
    CHECK(fault("at nine pm") == Fault::outside_hours);
    CHECK(fault("today at nine am") == Fault::past);
    CHECK(fault("in 999 hours") == Fault::outside_hours);
  }

  TEST_CASE("an order is taken over several turns, up to goodbye") {
    Caller ada;
    CHECK(ada.says("two croissants and a baguette please") ==
          "All right, two croissants and one baguette. That makes six euros twenty. "
          "Anything else?");
    ada.says("make that three");
    CHECK(ada.has("baguette") == 3);
    ada.says("remove the baguette");
    CHECK(ada.has("baguette") == 0);
    CHECK(ada.says("what's my order?") ==
          "You have two croissants, for four euros forty. Anything else?");
    CHECK(ada.says("that's all") == "What name shall I put it under?");
    CHECK(ada.says("Ada") == "Thank you, Ada. When would you like to pick it up?");
    CHECK(ada.says("half past three") ==
          "So that is two croissants for Ada, today at half past three in the afternoon, "
          "for four euros forty. Shall I place the order?");
    CHECK_FALSE(ada.last.placed);
    ada.says("yes please");
    CHECK(ada.last.placed);
    CHECK(ada.order.stage == Stage::confirmed);
    CHECK(ada.says("goodbye") == "Goodbye, Ada.");
    CHECK(ada.last.hang_up);
  }

  TEST_CASE("what stands beside another topic counts as well") {
    Caller caller;
    CHECK(caller.says("a baguette and that's all") ==
          "All right, one baguette. That makes one euro eighty. What name shall I put it under?");
    caller.says("Bob, please");
    CHECK(caller.says("a coffee too") ==
          "All right, one coffee. That makes four euros thirty. "
          "When would you like to pick it up?");
    CHECK(caller.says("when do you close?") ==
          "We are open today from seven in the morning to six in the evening. "
          "When would you like to pick it up?");
  }

  TEST_CASE("no to the summary leads back, and nothing is placed") {
    Caller caller;
    for (const char* text : {"two coffees", "that's all", "Ada", "at noon", "no"})
      caller.says(text);
    CHECK(caller.order.stage == Stage::open);
    CHECK(caller.has("coffee") == 2);
    CHECK_FALSE(caller.last.placed);
  }

  TEST_CASE("a change at the summary is summed up again") {
    Caller caller;
    for (const char* text : {"two coffees", "that's all", "Ada", "at noon"}) caller.says(text);
    CHECK(caller.says("make that three") ==
          "All right, three coffees. So that is three coffees for Ada, today at noon, "
          "for seven euros fifty. Shall I place the order?");
    caller.says("remove the coffees");
    CHECK(caller.order.stage == Stage::open);
  }

  TEST_CASE("a time that passed before the yes is asked again") {
    Caller caller;
    for (const char* text : {"two coffees", "that's all", "Ada", "at eleven"}) caller.says(text);
    caller.now.minute = 11 * 60 + 1;
    CHECK(caller.says("yes") ==
          "That time has passed meanwhile. When would you like to pick it up?");
    CHECK_FALSE(caller.last.placed);
  }

  TEST_CASE("goodbye with an open order asks once, then lets go") {
    Caller caller;
    caller.says("a coffee");
    CHECK(caller.says("bye") ==
          "Before you go, your order is not placed yet. What name shall I put it under?");
    CHECK_FALSE(caller.last.hang_up);
    CHECK(caller.says("goodbye") == "Then I will not place it. Goodbye.");
    CHECK(caller.last.hang_up);
  }

  TEST_CASE("a placed order does not change, and another one may follow") {
    Caller caller;
    for (const char* text : {"two coffees", "that's all", "Ada", "at noon", "yes"})
      caller.says(text);
    caller.says("three croissants");
    CHECK(caller.has("croissant") == 0);
    CHECK(caller.order.stage == Stage::confirmed);
    caller.says("thanks");
    CHECK(caller.order.stage == Stage::confirmed);
    caller.says("I'd like a new order");
    CHECK(caller.order.empty());
    caller.says("three croissants");
    CHECK(caller.has("croissant") == 3);
  }

  TEST_CASE("what is not understood is said so, the second time with help") {
    Caller caller;
    CHECK(caller.says("colourless green ideas") ==
          "Sorry, I did not catch that. What can I get you?");
    CHECK(caller.says("sleep furiously").find("ask for the menu") != std::string::npos);
    caller.says("a coffee");
    CHECK(caller.order.misses == 0);
  }

  TEST_CASE("a sentence that no breath is long enough for changes nothing, and takes no time") {
    Caller caller;
    std::string endless;
    while (endless.size() < 1 << 20) endless += "two croissants and a baguette please ";
    CHECK(caller.says(endless) == "Sorry, that was too much at once. What can I get you?");
    CHECK(caller.order.empty());
    CHECK(changes_of("a coffee " + std::string(1900, '\'')) == "+1 coffee");
  }

  TEST_CASE("nobody carries more than fifty of one thing") {
    Caller caller;
    CHECK(caller.says("9999 baguettes").find("no more than fifty baguettes") != std::string::npos);
    CHECK(caller.has("baguette") == 50);
    CHECK(caller.says("99999999999999999999 coffees") != "");
    CHECK(caller.has("coffee") <= 50);
  }

  TEST_CASE("a turn that is delivered twice changes the order once") {
    const Shop shop = usual_shop();
    const Sentence sentence{"turn_7", "two more croissants"};
    const Step first = respond(shop, {}, sentence, monday_ten);
    const Step again = respond(shop, first.order, sentence, monday_ten);
    CHECK(again.words == first.words);
    CHECK(again.order.quantity("croissant") == 2);
    const Step next = respond(shop, again.order, {"turn_8", "two more croissants"}, monday_ten);
    CHECK(next.order.quantity("croissant") == 4);
  }

  TEST_CASE("an order survives the way through memory") {
    Caller caller;
    for (const char* text : {"two coffees", "that's all", "Ada", "at noon"}) caller.says(text);
    const Order back = order_from_json(to_json(caller.order), caller.shop);
    CHECK(to_json(back) == to_json(caller.order));
    CHECK(back.pickup->minute == 12 * 60);
    CHECK(back.stage == Stage::confirming);
  }

  TEST_CASE("memory that cannot be read is an empty order") {
    const Shop shop = usual_shop();
    for (const char* json : {"", "{", "[]", "{\"lines\":[{\"item\":1}]}", "null"})
      CHECK(order_from_json(json, shop).empty());
  }

  TEST_CASE("what left the menu leaves the order, and a summary without things is none") {
    Caller caller;
    for (const char* text : {"two coffees", "that's all", "Ada", "at noon"}) caller.says(text);
    const Shop other = read_shop(R"({"menu":[{"name":"bun","price":1}]})");
    const Order back = order_from_json(to_json(caller.order), other);
    CHECK(back.empty());
    CHECK(back.stage == Stage::open);
    CHECK(welcome(other, back, monday_ten).find("What can I get you?") != std::string::npos);
  }

  TEST_CASE("the screen sees the order, and may change it by the same rules") {
    const Shop shop = usual_shop();
    Answer a = answer_screen(shop, {}, R"({"action":"add","item":"croissant","quantity":2})");
    CHECK(a.json == R"({"order":{"items":[{"name":"croissant","quantity":2,"price":2.2}],)"
                    R"("total":4.4,"status":"open"}})");
    a = answer_screen(shop, a.order, R"({"action":"remove","item":"croissant","quantity":1})");
    CHECK(a.order.quantity("croissant") == 1);
    a = answer_screen(shop, a.order, R"({"action":"remove","item":"croissant"})");
    CHECK(a.order.empty());
    CHECK(answer_screen(shop, a.order, R"({"action":"show"})").json ==
          R"({"order":{"items":[],"total":0.0,"status":"open"}})");
  }

  TEST_CASE("what the screen must not ask is refused with a reason, and changes nothing") {
    const Shop shop = usual_shop();
    Order order;
    order.set("croissant", 49);
    const auto refused = [&](const char* request, const char* code) {
      const Answer answer = answer_screen(shop, order, request);
      CAPTURE(request);
      CHECK(answer.json.find("\"code\":\"" + std::string(code) + "\"") != std::string::npos);
      CHECK(answer.order.quantity("croissant") == 49);
    };
    refused("[]", "bad_request");
    refused("null", "bad_request");
    refused("{", "bad_request");
    refused(R"({"action":"eat"})", "unknown_action");
    refused(R"({"action":7})", "unknown_action");
    refused(R"({"action":"add"})", "bad_request");
    refused(R"({"action":"add","item":"pizza"})", "unknown_item");
    refused(R"({"action":"add","item":"croissant","quantity":0})", "bad_quantity");
    refused(R"({"action":"add","item":"croissant","quantity":1.5})", "bad_quantity");
    refused(R"({"action":"add","item":"croissant","quantity":"2"})", "bad_quantity");
    refused(R"({"action":"add","item":"croissant","quantity":18446744073709551615})",
            "bad_quantity");
    refused(R"({"action":"add","item":"croissant","quantity":2})", "bad_quantity");
    refused(R"({"action":"remove","item":"coffee"})", "not_in_order");
    order.stage = Stage::confirmed;
    refused(R"({"action":"add","item":"croissant"})", "order_placed");
  }

  TEST_CASE("a shop is what its configuration says") {
    const Shop shop = read_shop(R"({"name":"Bread & Co","currency":"pound",
      "menu":[{"name":"scone","price":1.15,"also":["cream scone"]}],
      "hours":{"sunday":"09:00-12:30"}})");
    CHECK(menu_sentence(shop) == "We have scones at one pound fifteen.");
    CHECK(hours_sentence(shop, monday, monday) ==
          "We are closed today, and open again on Sunday at nine in the morning.");
    CHECK(shop.open({sunday, 9 * 60}));
    CHECK_FALSE(shop.open({sunday, 12 * 60 + 30}));
    const Meaning meaning = understand("three cream scones and a scone", shop, {sunday, 600});
    CHECK(meaning.changes.size() == 2);
  }

  TEST_CASE("a shop that is closed for ever says so, and takes no time") {
    Caller caller;
    caller.shop = read_shop(R"({"hours":{}})");
    CHECK(hours_sentence(caller.shop, tuesday, monday) == "We are closed tomorrow.");
    for (const char* text : {"a coffee", "that's all", "Ada"}) caller.says(text);
    CHECK(caller.says("at noon") == "We are closed today. When would you like to pick it up?");
    CHECK(caller.says("tomorrow at noon") ==
          "We are closed tomorrow. When would you like to pick it up?");
  }

  TEST_CASE("a configuration that makes no sense is refused with the key's name") {
    const auto refuses = [](const char* config, const char* key) {
      CAPTURE(config);
      try {
        read_shop(config);
        FAIL("it was taken");
      } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find(key) != std::string::npos);
      }
    };
    refuses(R"({"menu":[]})", "menu");
    refuses(R"({"menu":[{"name":"bun"}]})", "menu.0.price");
    refuses(R"({"menu":[{"price":1}]})", "menu.0");
    refuses(R"({"hours":{"monday":"9-17"}})", "hours.monday");
    refuses(R"({"hours":{"monday":"17:00-09:00"}})", "hours.monday");
    refuses(R"({"hours":{"monday":"09:00-25:00"}})", "hours.monday");
  }

  TEST_CASE("no sentence of ours has a digit or a sign that a voice stumbles over") {
    Caller caller;
    std::string all = welcome(caller.shop, caller.order, caller.now);
    for (const char* text :
         {"menu", "12 croissants", "how much is it", "opening hours", "foo", "foo", "that's all",
          "Ada", "15:45", "no", "that's all", "Ada", "tomorrow at 8:05", "yes", "a coffee", "bye"})
      all += caller.says(text);
    CHECK(all.find_first_of("0123456789*#_[]{}<>/:;\"") == std::string::npos);
  }

  TEST_CASE("other agents are told what a thing costs, whatever it is called") {
    const Shop shop = read_shop("{}");
    const std::string croissant =
        R"({"currency":"euro","item":"croissant","price":2.2,"sold":true})";
    for (const char* name : {"croissant", "Croissants", "butter croissant"})
      CHECK(price_json(shop, name) == croissant);
    CHECK(price_json(shop, "a car").find(R"("menu":["croissant","baguette")") != std::string::npos);
    CHECK(price_json(shop, "\xff").find(R"("sold":false)") != std::string::npos);
  }

  TEST_CASE("other agents are told when the shop is open") {
    const Shop shop = read_shop("{}");
    CHECK(hours_json(shop, "sunday", {0, 600}) == R"({"open_now":false,"sunday":"closed"})");
    CHECK(hours_json(shop, "monday", {1, 600}) == R"({"monday":"07:00-18:00","open_now":true})");
    CHECK(hours_json(shop, "", {1, 600}).find(R"("saturday":"07:00-14:00")") != std::string::npos);
    CHECK_THROWS_AS(hours_json(shop, "someday", {1, 600}), std::invalid_argument);
  }
}

}  // namespace bakery
