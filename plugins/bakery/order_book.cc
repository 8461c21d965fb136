// SPDX-License-Identifier: MIT
#include "order_book.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <vap/json.hpp>

namespace bakery {
namespace {

std::string entry_begin(std::string_view id) {
  return "{\"id\":" + vap::quote(id) + ",";
}

}  // namespace

std::optional<std::string> OrderBook::find(std::string_view id) const {
  if (file_.empty() || ::access(file_.c_str(), F_OK) != 0) return std::nullopt;
  std::ifstream book(file_);
  if (!book) throw std::runtime_error("the order book " + file_ + " cannot be read");
  const std::string wanted = entry_begin(id);
  for (std::string line; std::getline(book, line);)
    if (line.compare(0, wanted.size(), wanted) == 0 && line.back() == '}') return line;
  return std::nullopt;
}

std::optional<std::string> OrderBook::add(std::string_view id, std::string_view order_json) const {
  std::string entry = entry_begin(id) + "\"order\":" + std::string(order_json) + "}";
  if (file_.empty()) return entry;
  const int file = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return std::nullopt;
  const std::string line = entry + "\n";
  // One write to the end of the file: other conversations write too.
  const bool whole = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const bool kept = whole && ::fsync(file) == 0;
  ::close(file);
  if (!kept) throw std::runtime_error("the order book " + file_ + " cannot be written");
  return entry;
}

}  // namespace bakery
