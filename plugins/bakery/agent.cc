// SPDX-License-Identifier: MIT
//
// bakery - takes orders on the phone. The voice and the screen of one caller may speak at once, and
// a caller may interrupt at any time; so the order lives in the memory of the conversation, and
// each turn changes it in one step: read, compute, store if nobody else did meanwhile, and then
// speak.
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <vap/vap.hpp>

#include "dialogue.h"
#include "order.h"
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

class Bakery : public vap::agent {
 public:
  void start() override { shop_ = read_shop(config()); }

  void on_session_start(vap::turn& t) override {
    const Order order = read(t);
    t.say(welcome(shop_, order, local_time()));
    t.data(screen_json(order, shop_));
  }

  void on_message(vap::turn& t) override {
    Step step;
    const bool stored = change(t, [&](Order order) {
      step = respond(shop_, std::move(order), {t.turn_id(), t.text()}, local_time());
      return step.order;
    });
    if (!stored) return;
    t.data(screen_json(step.order, shop_));
    t.say(step.words);
    if (step.hang_up) t.hangup();
    if (step.placed) note_placed(step.order);
  }

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

  void note_placed(const Order& order) const {
    const int cents = order.total(shop_);
    count("bakery_orders_placed");
    observe("bakery_order_value", cents / 100.0);
    log(vap::level::info, "order placed: " + std::to_string(order.lines.size()) + " lines, " +
                              std::to_string(cents) + " cents");
  }

  Shop shop_;
};

}  // namespace
}  // namespace bakery

VAP_ENTRY(bakery::Bakery)
