// SPDX-License-Identifier: MIT
// One value for each conversation, for a while: the one unused for longest makes room, and what was
// not used for long enough goes. Has no lock: whoever owns a shelf guards it with his.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ground/clock.h"

namespace patchbay {

struct ShelfLimits {
  std::size_t conversations = 100'000;
  Seconds idle{24 * 3600};         // a session's longest
  Seconds after_session_end{600};  // a caller who reconnects is still known
};

// eg: "bakery\nconv_9". Agents do not see each other's conversations, though the id be the same.
std::string shelf_name(std::string_view owner, std::string_view conversation);

template <class Value>
class Shelf {
 public:
  explicit Shelf(ShelfLimits limits) : limits_(limits) {}

  // Both count as a use of it. A pointer is good until something is added or swept.
  Value* find(const std::string& name, Moment now) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : use(found->second, now);
  }
  Value& find_or_make(const std::string& name, Moment now, const Value& fresh) {
    if (Value* there = find(name, now)) return *there;
    if (order_.size() >= limits_.conversations && !order_.empty()) {
      by_name_.erase(order_.front().name);
      order_.pop_front();
    }
    const auto at = order_.insert(order_.end(), Place{name, {}, fresh});
    by_name_.emplace(name, at);
    return *use(at, now);
  }

  void session_ended(const std::string& name, Moment now) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) found->second->forget_at = now + limits_.after_session_end;
  }
  void sweep(Moment now) {
    for (auto at = order_.begin(); at != order_.end();) {
      if (at->forget_at > now) {
        ++at;
        continue;
      }
      by_name_.erase(at->name);
      at = order_.erase(at);
    }
  }
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Place {
    std::string name;
    Moment forget_at;
    Value value;
  };
  using Order = std::list<Place>;  // used longest ago first

  Value* use(typename Order::iterator at, Moment now) {
    order_.splice(order_.end(), order_, at);
    at->forget_at = now + limits_.idle;
    return &at->value;
  }

  const ShelfLimits limits_;
  Order order_;
  std::unordered_map<std::string, typename Order::iterator> by_name_;
};

}  // namespace patchbay
