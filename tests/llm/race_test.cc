// SPDX-License-Identifier: MIT
#include "race.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using llm::Ms;
using llm::Race;
using llm::Runner;

const std::string nothing;

// Providers named a, b, c … that have 1000 ms for their first word, and a turn that begins at 0.
struct Field {
  explicit Field(int count, Ms hedge = Ms(100)) {
    for (int i = 0; i < count; ++i) {
      llm::Provider provider;
      provider.model = std::string(1, static_cast<char>('a' + i));
      provider.first_word = Ms(1000);
      sources.push_back(std::make_unique<llm::Source>(provider));
    }
    race = std::make_unique<Race>(sources, hedge, true);
  }
  static Race::Time at(int ms) { return Race::Time(Ms(ms)); }
  Runner next(int ms) { return race->next(nothing, at(ms)); }
  Runner second(int ms) { return race->second(nothing, at(ms)); }

  llm::Sources sources;
  std::unique_ptr<Race> race;
};

std::string name(const Runner& runner) {
  return runner ? runner->source->provider.model : "none";
}

}  // namespace

TEST_SUITE("race") {
  TEST_CASE("providers are asked in order, each once, until none is left") {
    Field field(2);
    const Runner a = field.next(0);
    CHECK(name(a) == "a");
    field.race->failed(*a);
    CHECK(a->over);
    const Runner b = field.next(10);
    CHECK(name(b) == "b");
    field.race->failed(*b);
    CHECK(field.race->idle());
    CHECK(field.next(20) == nullptr);
  }

  TEST_CASE("one that is left alone is asked only where all are, and never as a second") {
    Field field(3);
    for (const int i : {0, 1})
      field.sources[static_cast<std::size_t>(i)]->breaker.failed(Field::at(0),
                                                                 std::chrono::seconds(30));
    const Runner c = field.next(0);
    CHECK(name(c) == "c");
    CHECK(field.second(500) == nullptr);
    field.race->failed(*c);
    CHECK(name(field.next(600)) == "a");
  }

  TEST_CASE("the next is asked as well once the first has been silent for long, and no third") {
    Field field(3);
    const Runner a = field.next(0);
    CHECK(field.race->due(*a) == Field::at(100));
    CHECK(field.second(99) == nullptr);
    const Runner b = field.second(100);
    CHECK(name(b) == "b");
    CHECK(b->second);
    CHECK(field.race->due(*a) == Field::at(1000));
    CHECK(b->deadline() == Field::at(1100));
    CHECK(field.second(500) == nullptr);
    // Where one of the two fails, the other has been silent for long: that is enough.
    field.race->failed(*a);
    CHECK(name(field.second(500)) == "c");
  }

  TEST_CASE("who looks late still asks, and who has asked in vain does not ask again and again") {
    Field field(2);
    const Runner a = field.next(0);
    field.sources[1]->breaker.failed(Field::at(0), std::chrono::seconds(30));
    CHECK(field.second(90) == nullptr);
    CHECK(field.race->due(*a) == Field::at(100));  // also when that is over
    CHECK(field.second(300) == nullptr);
    CHECK(field.race->due(*a) == Field::at(1000));
  }

  TEST_CASE("nobody is asked beside one who speaks, nor where nothing is said of it") {
    Field field(2);
    const Runner a = field.next(0);
    a->spoke = true;
    CHECK(field.second(500) == nullptr);
    Field without(2, Ms(0));
    const Runner alone = without.next(0);
    CHECK(without.second(999) == nullptr);
    CHECK(without.race->due(*alone) == Field::at(1000));
  }

  TEST_CASE("the only provider is asked once more, and no longer than it had anyway") {
    Field field(1);
    const Runner first = field.next(0);
    const Runner twin = field.second(100);
    CHECK(name(twin) == "a");
    CHECK(twin->deadline() == first->deadline());
    field.race->failed(*first);
    CHECK(field.second(900) == nullptr);
    CHECK(field.race->won(twin).empty());
    field.race->round_ended(*twin);
    CHECK(name(field.next(950)) == "a");
  }

  TEST_CASE("who was first goes on alone, and leads in further rounds; the other is no failure") {
    Field field(2);
    const Runner a = field.next(0);
    const Runner b = field.second(100);
    const auto others = field.race->won(b);
    REQUIRE(others.size() == 1);
    CHECK(others[0] == a);
    CHECK(a->over);
    CHECK(!b->over);
    field.race->round_ended(*b);
    CHECK(!field.race->has_asked());
    const Runner again = field.next(200);
    CHECK(name(again) == "b");
    field.race->failed(*again);
    CHECK(name(field.next(300)) == "a");
  }

  TEST_CASE("a twin that was first leaves nobody else to ask") {
    Field field(1);
    const Runner first = field.next(0);
    const Runner twin = field.second(100);
    CHECK(field.race->won(twin).size() == 1);
    CHECK(first->over);
    CHECK(field.race->is_last());
    field.race->failed(*twin);
    CHECK(field.next(200) == nullptr);
  }

  TEST_CASE("when the caller goes all stop") {
    Field field(2);
    field.next(0);
    field.second(100);
    const auto runners = field.race->stop();
    CHECK(runners.size() == 2);
    for (const Runner& runner : runners) CHECK(runner->over);
    CHECK(field.race->idle());
  }
}
