// SPDX-License-Identifier: MIT
#include "codec/probe_letters.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace patchbay {
namespace {

// A letter is a row of fields, each as "5:hello": any byte may stand in it.
class FieldWriter {
 public:
  void text(std::string_view field) { bytes_ += fmt::format("{}:{}", field.size(), field); }
  void number(std::int64_t field) { text(std::to_string(field)); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Every field after a bad one is empty or 0; ask good() at the end.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : left_(bytes) {}

  std::string text() { return std::string(field()); }
  std::int64_t number() {
    const std::string_view digits = field();
    std::int64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, wrong] = std::from_chars(digits.data(), end, value);
    good_ = good_ && wrong == std::errc() && stop == end;
    return good_ ? value : 0;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && left_.empty(); }

 private:
  std::string_view field() {
    std::size_t size = 0;
    const char* end = left_.data() + left_.size();
    const auto [colon, wrong] = std::from_chars(left_.data(), end, size);
    good_ = good_ && wrong == std::errc() && colon != end && *colon == ':' &&
            size <= static_cast<std::size_t>(end - colon) - 1;
    if (!good_) return {};
    const std::string_view found(colon + 1, size);
    left_ = {found.data() + size, static_cast<std::size_t>(end - found.data()) - size};
    return found;
  }

  std::string_view left_;
  bool good_ = true;
};

Error unreadable() {
  return {"bad_letter", "what the other process of this program wrote cannot be read", ""};
}

}  // namespace

std::string encode_order(const ProbeOrder& order) {
  FieldWriter to;
  to.text(order.file);
  to.number(order.unload ? 1 : 0);
  to.number(order.too_slow.count());
  for (const ProbeAgent& agent : order.agents) {
    to.text(agent.agent_id);
    to.text(agent.route);
    to.text(agent.config_json);
  }
  return to.take();
}

Result<ProbeOrder> decode_order(std::string_view bytes) {
  FieldReader from(bytes);
  ProbeOrder order;
  order.file = from.text();
  order.unload = from.number() != 0;
  order.too_slow = Milliseconds{from.number()};
  while (from.good() && !from.at_end()) {
    ProbeAgent& agent = order.agents.emplace_back();
    agent.agent_id = from.text();
    agent.route = from.text();
    agent.config_json = from.text();
  }
  return from.good() ? Result<ProbeOrder>(std::move(order)) : unreadable();
}

std::string encode_answer(const ProbeAnswer& answer) {
  FieldWriter to;
  to.number(answer.constructors.count());
  to.number(answer.whole ? 1 : 0);
  to.number(answer.unmapped ? 1 : 0);
  if (answer.wrong) {
    to.text(answer.wrong->code);
    to.text(answer.wrong->message);
    to.text(answer.wrong->hint);
  }
  return to.take();
}

Result<ProbeAnswer> decode_answer(std::string_view bytes) {
  FieldReader from(bytes);
  ProbeAnswer answer;
  answer.constructors = Milliseconds{from.number()};
  answer.whole = from.number() != 0;
  answer.unmapped = from.number() != 0;
  if (from.good() && !from.at_end()) {
    Error& wrong = answer.wrong.emplace();
    wrong.code = from.text();
    wrong.message = from.text();
    wrong.hint = from.text();
  }
  return from.at_end() ? Result<ProbeAnswer>(std::move(answer)) : unreadable();
}

}  // namespace patchbay
