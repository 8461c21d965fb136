// SPDX-License-Identifier: MIT
//
// bakery - takes orders on the phone. The voice and the screen of one caller may speak at once, and
// a caller may interrupt at any time; so the order lives in the memory of the conversation, and
// each turn changes it in one step: read, compute, store if nobody else did meanwhile, and then
// speak. An order that the caller has confirmed is placed once, whatever becomes of the turn, the
// network and the host: it is a step of the conversation's journal. Other agents may ask for prices
// and opening hours.
#include <chrono>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vap/functions.hpp>
#include <vap/vap.hpp>

#include "counter.h"
#include "dialogue.h"
#include "order.h"
#include "order_book.h"
#include "phrases.h"
#include "screen.h"
#include "shop.h"

namespace bakery {
namespace {

constexpr std::string_view order_key = "order";

Moment local_time() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  return {local.tm_wday, local.tm_hour * 60 + local.tm_min};
}

class Bakery : public vap::agent, public vap::functions {
 public:
  void start() override {
    shop_ = read_shop(config());
    book_ = OrderBook(vap::json_field(config(), "order_book").value_or(""));
    offer_functions();
  }

  void on_session_start(vap::turn& t) override {
    const Order order = read(t);
    t.say(welcome(shop_, order, local_time()));
    t.data(screen_json(order, shop_));
  }

  void on_message(vap::turn& t) override {
    const vap::history talk = t.history(3);  // our words, and what the caller says to them
    Step step;
    const bool stored = change(t, [&](Order order) {
      step = respond(shop_, std::move(order), {t.turn_id(), t.text(), heard_before(talk)},
                     local_time());
      return step.order;
    });
    if (!stored || !place_if_confirmed(t, step.order)) return;
    t.data(screen_json(step.order, shop_));
    t.say(step.words);
    if (step.hang_up) t.hangup();
  }

  // A caller who has said yes and hung up at once gets his bread too.
  void on_session_end(vap::turn& t) override { place_if_confirmed(t, read(t)); }

  void on_data(vap::turn& t) override {
    const std::string_view request = vap::json_raw(t.json(), "data").value_or("null");
    Answer answer;
    const bool stored = change(t, [&](Order order) {
      answer = answer_screen(shop_, std::move(order), request);
      return answer.order;
    });
    if (stored) t.data(answer.json);
  }

 private:
  void offer_functions() {
    offer({"price", "What one of a thing costs, and whether it is sold at all.", price_parameters},
          [this](vap::function_call& call) {
            const auto item = call.argument("item");
            if (!item || item->empty()) return call.refuse("item is missing: what shall it be?");
            call.end(price_json(shop_, *item));
          });
    offer({"opening_hours", "When the shop is open, and whether it is now.", hours_parameters},
          [this](vap::function_call& call) {
            const auto day = call.argument("day");
            if (!day && vap::json_raw(call.arguments(), "day"))
              return call.refuse("null is no day");
            try {
              call.end(hours_json(shop_, day.value_or(""), local_time()));
            } catch (const std::invalid_argument& wrong) {
              call.refuse(wrong.what());
            }
          });
  }

  Order read(const vap::turn& t) const {
    return order_from_json(t.state().get(order_key).value_or(""), shop_);
  }

  // Replaces the order by f(order); f runs again where somebody else was faster. False: nothing was
  // changed, as the caller is gone or spoke again, and nothing shall be said.
  template <class F>
  bool change(vap::turn& t, F&& f) const {
    const bool stored = t.state().update(order_key, [&](const std::optional<std::string>& old) {
      return to_json(f(order_from_json(old.value_or(""), shop_)));
    });
    if (!stored && !t.cancelled()) t.fail("the order could not be stored");
    return stored;
  }

  // What the caller has heard of our last words: all of them, or what an interruption left.
  static std::optional<std::string_view> heard_before(const vap::history& talk) {
    std::optional<std::string_view> heard;
    for (const vap::line& line : talk)
      if (!line.from_caller) heard = line.text;
    return heard;
  }

  // Places a confirmed order, unless an earlier turn has. Where that one was cut off on its way, as
  // with its host, the book tells. False: it is not placed, and nothing shall be said; whichever
  // turn comes next tries again.
  bool place_if_confirmed(vap::turn& t, const Order& order) const {
    if (order.stage != Stage::confirmed) return true;
    const std::string number = std::to_string(order.number);
    const std::string id = std::string(t.conversation_id()) + "/" + number;
    const std::string screen = screen_json(order, shop_);
    const vap::step placed = t.once(
        "order/" + number,
        [&] { return book_.add(id, vap::json_raw(screen, "order").value_or("null")); },
        [&] { return book_.find(id); });
    if (placed.ran()) note_placed(order);
    if (placed || placed.busy()) return true;  // busy: the turn that was talked over is at it
    if (!t.cancelled()) t.fail("the order could not be placed");
    return false;
  }

  void note_placed(const Order& order) const {
    const int cents = order.total(shop_);
    count("bakery_orders_placed");
    observe("bakery_order_value", cents / 100.0);
    log(vap::level::info, "order placed: " + std::to_string(order.lines.size()) + " lines, " +
                              std::to_string(cents) + " cents");
  }

  Shop shop_;
  OrderBook book_;
};

}  // namespace
}  // namespace bakery

VAP_ENTRY(bakery::Bakery)
