// SPDX-License-Identifier: MIT
#include "json_object.h"

#include <cstddef>

namespace patchbay::bench {
namespace {

constexpr int deepest = 32;

// How many bytes the character at the front has; 0 where it is no UTF-8.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool no_character = (first == 0xED && at(1) > 0x9F) || (first == 0xF4 && at(1) > 0x8F);
  return overlong || no_character ? 0 : length;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<EventFields> object() {
    EventFields fields;
    skip();
    const bool good = members([&](std::string_view name) { return field(name, fields); });
    skip();
    if (!good || !text_.empty()) return std::nullopt;
    return fields;
  }

 private:
  void skip() {
    while (!text_.empty() &&
           (text_[0] == ' ' || text_[0] == '\t' || text_[0] == '\n' || text_[0] == '\r'))
      text_.remove_prefix(1);
  }
  bool take(char wanted) {
    skip();
    if (text_.empty() || text_[0] != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool field(std::string_view name, EventFields& fields) {
    std::optional<std::string_view>* const wanted = name == "type"      ? &fields.type
                                                    : name == "turn_id" ? &fields.turn_id
                                                    : name == "content" ? &fields.content
                                                                        : nullptr;
    if (wanted == nullptr) return value(1);
    if (*wanted || (name == "content" && fields.has_content)) return false;
    if (name == "content") fields.has_content = true;
    skip();
    if (text_.empty() || text_[0] != '"') return value(1);
    *wanted = string();
    return wanted->has_value();
  }

  template <class Member>
  bool members(Member member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      skip();
      const auto name = string();
      if (!name || !take(':') || !member(*name)) return false;
    } while (take(','));
    return take('}');
  }

  bool value(int depth) {
    skip();
    if (text_.empty() || depth > deepest) return false;
    switch (text_[0]) {
      case '{':
        return members([&](std::string_view) { return value(depth + 1); });
      case '[':
        return elements(depth);
      case '"':
        return string().has_value();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool elements(int depth) {
    take('[');
    if (take(']')) return true;
    do {
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool word(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }

  std::size_t digits() {
    std::size_t count = 0;
    while (count < text_.size() && text_[count] >= '0' && text_[count] <= '9') ++count;
    text_.remove_prefix(count);
    return count;
  }
  bool number() {
    if (text_[0] == '-') text_.remove_prefix(1);
    const bool zero = text_.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (text_.starts_with('.')) {
      text_.remove_prefix(1);
      if (digits() == 0) return false;
    }
    if (text_.starts_with('e') || text_.starts_with('E')) {
      text_.remove_prefix(1);
      if (text_.starts_with('+') || text_.starts_with('-')) text_.remove_prefix(1);
      if (digits() == 0) return false;
    }
    return true;
  }

  // Its bytes between the quotes.
  std::optional<std::string_view> string() {
    if (text_.empty() || text_[0] != '"') return std::nullopt;
    const std::string_view all = text_.substr(1);
    std::size_t at = 0;
    while (at < all.size() && all[at] != '"') {
      const auto byte = static_cast<unsigned char>(all[at]);
      if (byte < 0x20) return std::nullopt;
      const std::size_t length = byte == '\\'  ? escape_length(all.substr(at))
                                 : byte < 0x80 ? 1
                                               : utf8_length(all.substr(at));
      if (length == 0) return std::nullopt;
      at += length;
    }
    if (at >= all.size()) return std::nullopt;
    text_ = all.substr(at + 1);
    return all.substr(0, at);
  }
  static std::size_t escape_length(std::string_view text) {
    if (text.size() < 2) return 0;
    if (text[1] != 'u') return std::string_view("\"\\/bfnrt").find(text[1]) != text.npos ? 2 : 0;
    const bool whole = text.size() >= 6 && text.substr(2, 4).find_first_not_of(
                                               "0123456789abcdefABCDEF") == std::string_view::npos;
    return whole ? 6 : 0;
  }

  std::string_view text_;
};

}  // namespace

std::optional<EventFields> read_event(std::string_view json) {
  return Reader(json).object();
}

}  // namespace patchbay::bench
