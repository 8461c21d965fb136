// SPDX-License-Identifier: MIT
#include "state/shelf.h"

#include <doctest/doctest.h>

#include <string>

namespace patchbay {
namespace {

const Moment start{};

TEST_SUITE("shelf") {
  TEST_CASE("a value is made once, and found until it has had its time") {
    Shelf<std::string> shelf{ShelfLimits{}};
    CHECK(shelf.find("a", start) == nullptr);
    shelf.find_or_make("a", start, "fresh") = "used";
    CHECK(shelf.find_or_make("a", start, "fresh") == "used");
    shelf.sweep(start + Seconds{24 * 3600 - 1});
    CHECK(shelf.size() == 1);
    shelf.sweep(start + Seconds{24 * 3600});
    CHECK(shelf.size() == 0);
  }

  TEST_CASE("whoever comes back after the end of a session is known as long as any other") {
    Shelf<int> shelf{ShelfLimits{}};
    shelf.find_or_make("a", start, 1);
    shelf.session_ended("a", start);
    shelf.session_ended("nobody", start);
    CHECK(*shelf.find("a", start + Seconds{599}) == 1);
    shelf.sweep(start + Seconds{3600});
    CHECK(shelf.size() == 1);
  }

  TEST_CASE("the one unused for longest makes room") {
    ShelfLimits limits;
    limits.conversations = 2;
    Shelf<int> shelf(limits);
    shelf.find_or_make("a", start, 1);
    shelf.find_or_make("b", start, 2);
    shelf.find("a", start);
    shelf.find_or_make("c", start, 3);
    CHECK(shelf.find("b", start) == nullptr);
    CHECK(*shelf.find("a", start) == 1);
  }

  TEST_CASE("names of two agents differ, though they share a conversation's id") {
    CHECK(shelf_name("bakery", "c") != shelf_name("greeter", "c"));
  }
}

}  // namespace
}  // namespace patchbay
