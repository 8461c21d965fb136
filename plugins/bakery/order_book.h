// SPDX-License-Identifier: MIT
//
// order_book.h - the shop's book: a file with a line of JSON for each order that was placed. What
// stands in it is baked, so nothing may stand in it twice; and it can be asked what does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bakery {

class OrderBook {
 public:
  OrderBook() = default;  // none: orders are noted in the host's log alone
  explicit OrderBook(std::string file) : file_(std::move(file)) {}

  // The entry of that order, eg. of "conv_9/1"; nothing where there is none. Throws
  // std::runtime_error where the book cannot be read, since then nobody knows.
  std::optional<std::string> find(std::string_view id) const;
  // Adds one; order_json is its order. Nothing where that surely did not happen; throws
  // std::runtime_error where it may have.
  std::optional<std::string> add(std::string_view id, std::string_view order_json) const;

 private:
  std::string file_;  // eg: "/var/lib/bakery/orders.jsonl"; empty: no book
};

}  // namespace bakery
