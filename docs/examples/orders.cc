// SPDX-License-Identifier: MIT
#include <mutex>
#include <set>
#include <string>
#include <vap/vap.hpp>

// Stands for whatever you order from: it takes an order, and can be asked for one.
class Kitchen {
 public:
  void cook(const std::string& order) {
    const std::lock_guard<std::mutex> lock(mutex_);
    orders_.insert(order);
  }
  bool has(const std::string& order) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return orders_.count(order) != 0;
  }
  std::size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return orders_.size();
  }

 private:
  mutable std::mutex mutex_;  // guards orders_
  std::multiset<std::string> orders_;
};

class Orders : public vap::agent {
 public:
  void on_message(vap::turn& t) override {
    const std::string dish(t.text());
    const std::string order = std::string(t.conversation_id()) + " " + dish;
    const vap::step cooked = t.once(
        "cook " + dish,
        [&] {  // runs once in this conversation
          kitchen_.cook(order);
          return std::to_string(kitchen_.size());
        },
        [&] {  // somebody began it and did not live to tell: was it done?
          return kitchen_.has(order) ? std::optional<std::string>("some") : std::nullopt;
        });
    if (cooked.busy()) {
      t.say("It is on its way.");
    } else if (!cooked) {
      if (!t.cancelled()) t.fail("the kitchen took no order");
    } else {
      t.say("Your " + dish + " is ordered, number " + *cooked + ".");
    }
  }

 private:
  Kitchen kitchen_;
};

VAP_AGENT(Orders, R"({"id":"com.example.orders","name":"Orders","version":"1.0.0",
                      "uses":["vap.journal/1"]})")
