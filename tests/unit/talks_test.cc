// SPDX-License-Identifier: MIT
#include "flow/talks.h"

#include <doctest/doctest.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "support/gated_store.h"
#include "support/served.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

struct House {
  Log log{LogLevel::off, LogFormat::text};
  test::GatedStore store;
  Timers timers;
  Scribe scribe{store, timers, log};
  Archive archive{store, scribe, limits(), log};
  std::mutex mutex;  // guards forgotten_, which a reader of Talks writes
  std::string forgotten_;
  Talks talks{store, scribe, archive, log, [this](const std::string& name) {
                const std::lock_guard lock(mutex);
                forgotten_ = name;
              }};
  test::Served served{talks.endpoints(), log};

  static Archive::Limits limits() {
    Archive::Limits limits;
    limits.keep = limits.keep_after_end = Milliseconds{60'000};
    return limits;
  }
  void talk(const std::string& agent, const std::string& conversation) {
    const auto book = archive.book(conversation_name(agent, conversation), Clock::now());
    CHECK(!book->open());
    TurnRecord turn;
    turn.type = "message";
    turn.text = "hello";
    turn.begun_ms = 1;
    book->begin_turn(turn, 1, std::nullopt);
    book->end_turn(1, {{"Good day.", 2, false}}, "answered", 3);
  }
  std::string forgotten() {
    const std::lock_guard lock(mutex);
    return forgotten_;
  }
  [[nodiscard]] HttpResponse ask(const std::string& method, const std::string& path) const {
    return served.ask(method, path);
  }
};

TEST_SUITE("talks") {
  TEST_CASE("what a turn has just said is told at once") {
    House house;
    house.talk("bakery", "conv_9");
    const HttpResponse answer = house.ask("GET", "/conversations/bakery/conv_9");
    CHECK(answer.status == 200);
    const Json talk = Json::parse(answer.body);
    CHECK(talk["turns"][0]["caller"] == "hello");
    CHECK(talk["turns"][0]["sent"] == "Good day.");
  }

  TEST_CASE("an id of any bytes is found by its percent-encoded form") {
    House house;
    house.talk("bakery", "a/b c?\xC3\xA9");
    CHECK(house.ask("GET", "/conversations/bakery/a%2Fb%20c%3F%C3%A9").status == 200);
    CHECK(house.ask("GET", "/conversations/bakery/a/b").status == 404);
    CHECK(house.ask("GET", "/conversations/bakery").status == 404);
  }

  TEST_CASE("a list is the newest first, of one agent where that is asked, and page by page") {
    House house;
    house.talk("bakery", "one");
    house.talk("bakery", "two");
    house.talk("florist", "three");
    CHECK(Json::parse(house.ask("GET", "/conversations").body)["conversations"].size() == 3);
    Json page = Json::parse(house.ask("GET", "/conversations?agent=bakery&most=1").body);
    REQUIRE(page["conversations"].size() == 1);
    CHECK(page["conversations"][0]["conversation"] == "two");
    const std::string from = page["next"];
    page = Json::parse(house.ask("GET", "/conversations?agent=bakery&most=1&from=" + from).body);
    CHECK(page["conversations"][0]["conversation"] == "one");
    CHECK(house.ask("GET", "/conversations?most=0").status == 400);
    CHECK(house.ask("GET", "/conversations?moist=3").status == 400);
  }

  TEST_CASE("what is forgotten is gone here and in the store; what nobody knows is 404") {
    House house;
    house.talk("bakery", "conv_9");
    const HttpResponse answer = house.ask("DELETE", "/conversations/bakery/conv_9");
    CHECK(answer.status == 200);
    CHECK(answer.body == R"({"forgotten":true})");
    CHECK(house.forgotten() == "bakery\nconv_9");
    CHECK(house.store.load("bakery\nconv_9")->empty());
    const HttpResponse again = house.ask("DELETE", "/conversations/bakery/conv_9");
    CHECK(again.status == 404);
    CHECK(Json::parse(again.body)["error"]["code"] == "unknown_conversation");
    CHECK(house.ask("GET", "/conversations/bakery/conv_9").status == 404);
  }

  TEST_CASE("a store that is down is told, and forgets when it is back") {
    House house;
    house.talk("bakery", "conv_9");
    CHECK(house.ask("GET", "/conversations/bakery/conv_9").status == 200);
    house.store.down = true;
    house.talk("bakery", "conv_10");
    const Json behind = Json::parse(house.ask("GET", "/conversations/bakery/conv_9").body);
    CHECK(behind["unwritten"] == 1);  // a turn that is over at once is one write
    const HttpResponse unwritten = house.ask("GET", "/conversations/bakery/conv_10");
    CHECK(unwritten.status == 404);
    CHECK(Json::parse(unwritten.body)["error"]["hint"] ==
          "it may be in what waits for the store (1 writes)");
    house.store.unreadable = true;
    const HttpResponse dark = house.ask("GET", "/conversations/bakery/conv_9");
    CHECK(dark.status == 503);
    CHECK(Json::parse(dark.body)["error"]["code"] == "store_down");
    const HttpResponse later = house.ask("DELETE", "/conversations/bakery/conv_9");
    CHECK(later.status == 202);
    CHECK(later.body == R"({"forgotten":false})");
    Json standing = Json::parse(house.ask("GET", "/store").body);
    CHECK(standing["up"] == false);
    CHECK(standing["readable"] == false);
    CHECK(standing["last_reading_error"] == "the store is away (bring it back)");
    CHECK(standing["unread"] == 0);
    CHECK(standing["waiting"] == 2);
    CHECK(standing["late"] == 2);
    house.store.down = house.store.unreadable = false;
    REQUIRE(house.scribe.flush(Seconds{10}));
    CHECK(house.ask("GET", "/conversations/bakery/conv_9").status == 404);
    standing = Json::parse(house.ask("GET", "/store").body);
    CHECK(standing["up"] == true);
    CHECK(standing["readable"] == true);
    CHECK(standing["down_ms"].is_null());
    CHECK(standing["lost"] == 0);
  }
}

}  // namespace
}  // namespace patchbay
