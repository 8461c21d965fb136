// SPDX-License-Identifier: MIT
#include "codec/http_grammar.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace patchbay {
namespace {

std::string members_below_128(const ByteSet& set) {
  std::string all;
  for (char c = 0; c >= 0 && c < 127; ++c) {
    if (set.has(c)) all += c;
  }
  if (set.has('\x7f')) all += '\x7f';
  return all;
}

bool has_above_ascii(const ByteSet& set) {
  bool any = false;
  for (int c = 128; c < 256; ++c) any = any || set.has(static_cast<char>(c));
  return any;
}

TEST_SUITE("http_grammar") {
  TEST_CASE("a name is made of exactly the token characters of RFC 9110") {
    CHECK(members_below_128(token_bytes) ==
          "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
    CHECK_FALSE(has_above_ascii(token_bytes));
  }

  TEST_CASE("a target is visible ASCII without quotation mark, hash, angle brackets, backslash") {
    CHECK(members_below_128(target_bytes) ==
          "!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
          "abcdefghijklmnopqrstuvwxyz{|}~");
    CHECK_FALSE(has_above_ascii(target_bytes));
  }

  TEST_CASE("a value is a tab, a blank, visible ASCII, or any byte above ASCII") {
    const std::string members = members_below_128(value_bytes);
    CHECK(members.substr(0, 3) == "\t !");
    CHECK(members.size() == 96);
    CHECK_FALSE(value_bytes.has('\x7f'));
    for (int c = 128; c < 256; ++c) CHECK(value_bytes.has(static_cast<char>(c)));
  }

  TEST_CASE("a run ends at the first byte that is no member") {
    CHECK(digits.run("123a5") == 3);
    CHECK(digits.run("") == 0);
    CHECK(digits.spells("123"));
    CHECK_FALSE(digits.spells("123a"));
    CHECK_FALSE(digits.spells(""));
  }

  TEST_CASE("only blanks and tabs are trimmed, and only at the ends") {
    CHECK(trimmed(" \t a b\t ") == "a b");
    CHECK(trimmed("\va\f") == "\va\f");
    CHECK(trimmed(" \t ").empty());
  }

  TEST_CASE("letters of ASCII become small, and nothing else") {
    CHECK(lowered("X-Kind_@[`{") == "x-kind_@[`{");
    CHECK(lowered("\xC3\x84") == "\xC3\x84");
    CHECK(lowered("").empty());
  }

  TEST_CASE("a word is found in a list in any case, but not within another word") {
    CHECK(has_word("foo, ,\tClose ,bar", "close"));
    CHECK(has_word("close", "close"));
    CHECK_FALSE(has_word("closed,not-close", "close"));
    CHECK_FALSE(has_word("", "close"));
    CHECK_FALSE(has_word(",,", "close"));
    CHECK_FALSE(is_word("close,", "close"));
  }

  TEST_CASE("a length is read up to the limit and not beyond it") {
    std::size_t length = 1;
    CHECK(check_content_length("0", 10, length) == HttpFault::none);
    CHECK(length == 0);
    CHECK(check_content_length("10", 10, length) == HttpFault::none);
    CHECK(length == 10);
    CHECK(check_content_length("11", 10, length) == HttpFault::body_too_large);
    CHECK(check_content_length("1", 0, length) == HttpFault::body_too_large);
    CHECK(check_content_length("9", 3, length) == HttpFault::body_too_large);
  }

  TEST_CASE("a length that overflows is too large under every limit") {
    std::size_t length = 1;
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    for (const std::string_view number :
         {"18446744073709551616", "18446744073709551621", "99999999999999999999999999"}) {
      CHECK(check_content_length(number, 1U << 23U, length) == HttpFault::body_too_large);
      CHECK(check_content_length(number, all - 1, length) == HttpFault::body_too_large);
    }
    CHECK(check_content_length("18446744073709551614", all - 1, length) == HttpFault::none);
    CHECK(length == all - 1);
  }
}

}  // namespace
}  // namespace patchbay
