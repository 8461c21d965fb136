// SPDX-License-Identifier: MIT
#include "ground/redaction.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace patchbay {
namespace {

constexpr std::size_t fewest_digits = 4;
constexpr std::size_t longest_gap = 3;  // separators between two digits of one number
constexpr std::size_t shortest_key = 32;
constexpr std::size_t shortest_token = 8;  // behind "Bearer "

// Keys whose makers let them begin with a name, so that they are known however short they are.
struct NamedKey {
  std::string_view name;
  std::size_t fewest = 8;  // characters behind it; fewer are a word
};
constexpr std::array named_keys{NamedKey{"sk-"},         NamedKey{"sk_"},     NamedKey{"pk_"},
                                NamedKey{"whsec_"},      NamedKey{"ghp_"},    NamedKey{"gho_"},
                                NamedKey{"ghu_"},        NamedKey{"ghs_"},    NamedKey{"ghr_"},
                                NamedKey{"github_pat_"}, NamedKey{"xoxb-"},   NamedKey{"xoxp-"},
                                NamedKey{"xoxa-"},       NamedKey{"xoxs-"},   NamedKey{"AKIA", 16},
                                NamedKey{"ASIA", 16},    NamedKey{"AIza", 35}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_one_of(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

// Each of these tells how many bytes of such a character begin the text; 0: none does.
using Measure = std::size_t (*)(std::string_view);

std::size_t key_character(std::string_view text) {
  return is_digit(text[0]) || is_letter(text[0]) || is_one_of("+/_=-", text[0]) ? 1 : 0;
}
std::size_t token_character(std::string_view text) {
  return key_character(text) != 0 || is_one_of(".~", text[0]) ? 1 : 0;
}

bool starts_with_range(std::string_view text, std::string_view lead, unsigned char from,
                       unsigned char to) {
  if (text.size() <= lead.size() || !text.starts_with(lead)) return false;
  const auto last = static_cast<unsigned char>(text[lead.size()]);
  return last >= from && last <= to;
}

// Of the Latin letters beyond ASCII too: people are called so.
std::size_t address_character(std::string_view text) {
  if (is_digit(text[0]) || is_letter(text[0]) || is_one_of("._%+-", text[0])) return 1;
  for (const std::string_view lead : {"\xC3", "\xC4", "\xC5"})
    if (starts_with_range(text, lead, 0x80, 0xBF)) return 2;
  return 0;
}
std::size_t domain_character(std::string_view text) {
  return is_one_of("_%+", text[0]) ? 0 : address_character(text);
}

// In the scripts that transcripts come in: Latin, Arabic, Persian, Devanagari, full width.
std::size_t digit(std::string_view text) {
  if (is_digit(text[0])) return 1;
  if (starts_with_range(text, "\xD9", 0xA0, 0xA9)) return 2;
  if (starts_with_range(text, "\xDB", 0xB0, 0xB9)) return 2;
  if (starts_with_range(text, "\xE0\xA5", 0xA6, 0xAF)) return 3;
  if (starts_with_range(text, "\xEF\xBC", 0x90, 0x99)) return 3;
  return 0;
}
std::size_t separator(std::string_view text) {
  if (is_one_of(" .-/()", text[0])) return 1;
  if (text.starts_with("\xC2\xA0")) return 2;                      // no-break space
  if (starts_with_range(text, "\xE2\x80", 0x90, 0x95)) return 3;   // hyphens and dashes
  return starts_with_range(text, "\xE2\x80", 0xAF, 0xAF) ? 3 : 0;  // narrow no-break space
}

std::size_t run_of(Measure measure, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = measure(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(),
                    [](char w, char t) { return w == t || (is_letter(w) && (w ^ t) == 0x20); });
}

// Walks through a text once. Each kind of run is measured at its beginning and not again before its
// end, so that no text makes it slow.
class Redactor {
 public:
  explicit Redactor(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) {
      if (!named_key() && !address() && !key() && !number()) out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  // As it will be read: what was taken out before is no part of a word.
  [[nodiscard]] bool in_a_word() const {
    return !out_.empty() && (is_letter(out_.back()) || is_digit(out_.back()));
  }
  bool replace(std::size_t size, std::string_view by) {
    out_ += by;
    at_ += size;
    return true;
  }

  bool named_key() {
    if (in_a_word() || !is_letter(text_[at_])) return false;
    constexpr std::string_view bearer = "Bearer ";
    if (begins_with_word(rest(), bearer)) {
      const std::size_t size = run_of(token_character, rest().substr(bearer.size()));
      if (size < shortest_token) return false;
      out_ += rest().substr(0, bearer.size());
      return replace(bearer.size() + size, "[key]");
    }
    for (const NamedKey& known : named_keys) {
      if (!rest().starts_with(known.name)) continue;
      const std::size_t size = run_of(key_character, rest());
      return size >= known.name.size() + known.fewest && replace(size, "[key]");
    }
    return false;
  }

  bool address() {
    if (at_ < address_end_ || address_character(rest()) == 0) return false;
    const std::size_t local = run_of(address_character, rest());
    address_end_ = at_ + local;
    if (address_end_ >= text_.size() || text_[address_end_] != '@') return false;
    std::string_view domain = text_.substr(address_end_ + 1);
    domain = domain.substr(0, run_of(domain_character, domain));
    while (!domain.empty() && is_one_of(".-", domain.back())) domain.remove_suffix(1);
    return !domain.empty() && replace(local + 1 + domain.size(), "[e-mail]");
  }

  // Words are long too, so a letter and a digit have to be in it.
  bool key() {
    if (at_ < key_end_ || key_character(rest()) == 0) return false;
    const std::size_t size = run_of(key_character, rest());
    key_end_ = at_ + size;
    const std::string_view found = rest().substr(0, size);
    return size >= shortest_key && std::any_of(found.begin(), found.end(), is_digit) &&
           std::any_of(found.begin(), found.end(), is_letter) && replace(size, "[key]");
  }

  bool number() {
    std::size_t end = 0, digits = 0;
    for (std::size_t at = at_, gap = 0; at < text_.size() && gap <= longest_gap;) {
      const std::size_t size = digit(text_.substr(at));
      const std::size_t between = size == 0 && digits != 0 ? separator(text_.substr(at)) : 0;
      if (size == 0 && between == 0) break;
      at += size + between;
      gap = size != 0 ? 0 : gap + 1;
      if (size == 0) continue;
      end = at;
      ++digits;
    }
    if (digits < fewest_digits) return false;
    if (!out_.empty() && out_.back() == '+') out_.pop_back();
    return replace(end - at_, "[number]");
  }

  const std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  std::size_t address_end_ = 0;  // up to here it is known that no address begins
  std::size_t key_end_ = 0;
};

}  // namespace

std::string redacted(std::string_view text) {
  return Redactor(text).run();
}

}  // namespace patchbay
