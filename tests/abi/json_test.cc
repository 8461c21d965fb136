// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <climits>
#include <cstdint>
#include <string>
#include <string_view>
#include <vap/json.hpp>

namespace {

using vap::json_field;
using vap::json_raw;
using vap::quote;

TEST_SUITE("json") {
  const char* const order = R"( { "type" : "data", "data":{"items":[{"name":"rye","n":2},{"n":-7}],
    "paid":true,"gift":false,"note":null,"sum":-1.5e3,"tags":[],"empty":{},"text":""} } )";

  TEST_CASE("fields are found by path, through objects and arrays") {
    CHECK(json_field(order, "type") == "data");
    CHECK(json_field(order, "data.items.0.name") == "rye");
    CHECK(json_field<int>(order, "data.items.1.n") == -7);
    CHECK(json_field<bool>(order, "data.paid") == true);
    CHECK(json_field<bool>(order, "data.gift") == false);
    CHECK(json_field<double>(order, "data.sum") == -1500.0);
    CHECK(json_field(order, "data.text") == "");
    CHECK(json_raw(order, "data.tags") == "[]");
    CHECK(json_raw(order, "data.empty") == "{}");
    CHECK(json_raw("42", "") == "42");
  }

  TEST_CASE("what is absent, null or of another kind is nothing") {
    for (const char* path : {"typ", "data.note", "data.items.2", "data.items.x", "data.items.-1",
                             "type.x", "data..x", "data.empty.x", "data.tags.0"})
      CHECK_MESSAGE(!json_field(order, path), path);
    CHECK(!json_field<int>(order, "data.sum"));
    CHECK(!json_field<int>(order, "type"));
    CHECK(!json_field<bool>(order, "data.sum"));
    CHECK(!json_field<double>(order, "type"));
  }

  TEST_CASE("as a string, other values come as they are written") {
    CHECK(json_field(order, "data.paid") == "true");
    CHECK(json_field(order, "data.sum") == "-1.5e3");
    CHECK(json_field(order, "data.items.1") == R"({"n":-7})");
  }

  TEST_CASE("whole numbers fit or are nothing") {
    CHECK(json_field<std::int64_t>("[-9223372036854775808]", "0") == INT64_MIN);
    CHECK(json_field<std::uint64_t>("[18446744073709551615]", "0") == UINT64_MAX);
    CHECK(!json_field<std::int64_t>("[9223372036854775808]", "0"));
    CHECK(!json_field<unsigned>("[-1]", "0"));
    CHECK(json_field<signed char>("[-128]", "0") == -128);
    CHECK(!json_field<signed char>("[-129]", "0"));
    CHECK(!json_field<signed char>("[128]", "0"));
  }

  TEST_CASE("escapes are undone, half a surrogate pair is U+FFFD") {
    CHECK(json_field(R"(["a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"])", "0") ==
          "a\"\\/\b\f\n\r\t\u00e9\U0001F600");
    CHECK(json_field(R"(["\ud83d-\ude00"])", "0") == "\uFFFD-\uFFFD");
    CHECK(json_field(R"({"k\u0041y":1})", "kAy") == "1");
    CHECK(json_field(R"(["}],{["])", "0") == "}],{[");
  }

  TEST_CASE("of two members with one name the last counts, as for JavaScript") {
    CHECK(json_field(R"({"a":1,"a":2})", "a") == "2");
  }

  TEST_CASE("quoted text comes back the same") {
    std::string all;
    for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
    all += "\u00e9\U0001F600";
    CHECK(json_field("{\"x\":" + quote(all) + "}", "x") == all);
    CHECK(quote("say \"hi\"\n") == R"("say \"hi\"\u000a")");
  }

  TEST_CASE("a text cut at any byte is read only to its end") {
    const std::string whole = R"({"a":{"b":["\u00e9\ud83d\ude00\\",{"c":-1.5e3}]},"d":"x"})";
    for (std::size_t n = 0; n <= whole.size(); ++n) {
      const std::string cut(whole, 0, n);  // its own block: a sanitizer sees the end
      for (const char* path : {"a.b.0", "a.b.1.c", "d", "", "e", "0"}) {
        (void)json_field(cut, path);
        (void)json_field<double>(cut, path);
      }
    }
    CHECK(json_field(whole, "a.b.1.c") == "-1.5e3");
  }

  TEST_CASE("depth costs nothing") {
    const std::string deep = std::string(1 << 20, '[') + std::string(1 << 20, ']');
    CHECK(json_raw(deep, "")->size() == deep.size());
  }
}

}  // namespace
