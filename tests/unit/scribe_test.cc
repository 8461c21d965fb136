// SPDX-License-Identifier: MIT
#include "state/scribe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "machine/redis_store.h"
#include "support/gated_store.h"
#include "support/redis_server.h"
#include "support/wait.h"
#include "support/writes.h"

namespace patchbay {
namespace {

using namespace test;
using Outcome = Scribe::Outcome;
using Pace = Scribe::Pace;

// What was told, of each post, in its order.
class Told {
 public:
  Scribe::Done of(int post) {
    return [this, post](Outcome outcome) {
      const std::lock_guard lock(mutex_);
      all_[post].push_back(outcome);
    };
  }
  std::vector<Outcome> said(int post) {
    const std::lock_guard lock(mutex_);
    return all_[post];
  }
  std::size_t ended() {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const auto& post) {
      return !post.second.empty() && post.second.back() != Outcome::late;
    }));
  }

 private:
  std::mutex mutex_;  // guards all_
  std::map<int, std::vector<Outcome>> all_;
};

struct Desk {
  GatedStore store;
  Timers timers;
  Log log{LogLevel::off, LogFormat::text};
  Told told;  // outlives the scribe
  Scribe scribe;

  explicit Desk(Scribe::Limits limits = patient()) : scribe(store, timers, log, limits) {}
  static Scribe::Limits patient() {
    Scribe::Limits limits;
    limits.budget = an_hour;  // a busy machine makes nothing late that the case does not
    limits.first_pause = limits.longest_pause = Milliseconds{1};
    return limits;
  }
  // What nobody waits for waits for ever, unless something else brings it on its way.
  static Scribe::Limits gathering() {
    Scribe::Limits limits = patient();
    limits.gather = an_hour;
    return limits;
  }
};

// The same, before a real server.
struct RedisDesk {
  RedisServer server;
  RedisStore store{{server.address(), "patchbay:", {}}};
  Timers timers;
  Log log{LogLevel::off, LogFormat::text};
  Told told;  // outlives the scribe
  Scribe scribe;

  explicit RedisDesk(Scribe::Limits limits) : scribe(store, timers, log, limits) {}
};

TEST_SUITE("scribe") {
  TEST_CASE("what is posted is written, and its end is told once") {
    Desk desk;
    for (int i = 0; i < 50; ++i) {
      desk.scribe.post(write_of("c", {set("k", std::to_string(i))}), desk.told.of(i));
    }
    CHECK(desk.scribe.flush(patience));
    CHECK(value_of(desk.store, "c", "k") == "49");
    for (int i = 0; i < 50; ++i) CHECK(desk.told.said(i) == std::vector{Outcome::written});
    CHECK(desk.scribe.standing().written == 50);
    CHECK(desk.scribe.standing().waiting == 0);
    CHECK(desk.scribe.standing().waiting_bytes == 0);
    CHECK(!desk.scribe.standing().down_since);
  }

  TEST_CASE("whoever flushes waits for what was posted before, and for nothing else") {
    Desk desk;
    std::atomic<bool> go_on = true;
    std::function<void(Outcome)> again = [&](Outcome) {  // as turns do that never pause
      if (go_on) desk.scribe.post(write_of("busy", {set("k", "v")}), again);
    };
    for (int i = 0; i < 2; ++i) again(Outcome::written);
    desk.scribe.post(write_of("c", {set("k", "v")}), desk.told.of(0));
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    go_on = false;
    CHECK(desk.scribe.flush(patience));
  }

  TEST_CASE("a store is slow while its writes are late, and a while after") {
    Scribe::Limits limits = Desk::patient();
    limits.budget = Milliseconds{1};
    limits.calm = Milliseconds{1};
    Desk desk(limits);
    CHECK(!desk.scribe.standing().slow_since);
    desk.store.hangs = true;
    desk.scribe.post(write_of("c", {set("k", "v")}), {});
    CHECK(eventually([&] { return desk.scribe.standing().slow_since.has_value(); }));
    CHECK(!desk.scribe.standing().down_since);
    desk.store.hangs = false;
    CHECK(eventually([&] { return !desk.scribe.standing().slow_since; }));
    CHECK(desk.scribe.flush(patience));
  }

  TEST_CASE("a store that is down is not told to be slow") {
    Scribe::Limits limits = Desk::patient();
    limits.budget = Milliseconds{1};
    Desk desk(limits);
    desk.store.down = true;
    desk.scribe.post(write_of("c", {set("k", "v")}), {});
    CHECK(eventually([&] { return desk.scribe.standing().late == 1; }));
    CHECK(eventually([&] { return desk.scribe.standing().down_since.has_value(); }));
    CHECK(!desk.scribe.standing().slow_since);
    desk.store.down = false;
    CHECK(desk.scribe.flush(patience));
  }

  TEST_CASE("what gathers while the store works goes as one batch, up to a number") {
    Scribe::Limits limits = Desk::patient();
    limits.batch_writes = 40;
    Desk desk(limits);
    desk.store.hangs = true;
    for (int i = 0; i < 101; ++i) {
      desk.scribe.post(write_of("c" + std::to_string(i), {set("k", "x")}), {});
      if (i == 0) CHECK(eventually([&] { return desk.store.batches == 1; }));
    }
    desk.store.hangs = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.store.batches == 4);
    CHECK(desk.store.largest_batch == 40);
  }

  TEST_CASE("what nobody waits for is gathered, and of one conversation becomes one write") {
    Desk desk(Desk::gathering());
    for (int i = 0; i < 3; ++i) {
      desk.scribe.post(write_of("c", {set("k", std::to_string(i)), set(std::to_string(i), "x")}),
                       desk.told.of(i), Pace::gathered);
    }
    desk.scribe.post(write_of("d", {set("k", "other")}), desk.told.of(3), Pace::gathered);
    CHECK(desk.store.batches == 0);
    CHECK(desk.scribe.standing().waiting == 2);
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.store.batches == 1);
    CHECK(desk.store.largest_batch == 2);
    CHECK(value_of(desk.store, "c", "k") == "2");
    for (const char* key : {"0", "1", "2"}) CHECK(value_of(desk.store, "c", key) == "x");
    for (int i = 0; i < 4; ++i) CHECK(desk.told.said(i) == std::vector{Outcome::written});
    CHECK(desk.scribe.standing().written == 4);
    CHECK(desk.scribe.standing().waiting_bytes == 0);
  }

  TEST_CASE("a record that is changed and then removed is gone") {
    Desk desk(Desk::gathering());
    desk.scribe.post(write_of("c", {set("k", "x"), set("l", "y")}), {}, Pace::gathered);
    desk.scribe.post(write_of("c", {removal("k")}), {}, Pace::gathered);
    CHECK(desk.scribe.flush(patience));
    CHECK(value_of(desk.store, "c", "k") == "(absent)");
    CHECK(value_of(desk.store, "c", "l") == "y");
  }

  TEST_CASE("what is gathered is written after its time, though nobody asks for it") {
    Scribe::Limits limits = Desk::gathering();
    limits.gather = Milliseconds{1};
    Desk desk(limits);
    desk.scribe.post(write_of("c", {set("k", "x")}), {}, Pace::gathered);
    CHECK(eventually([&] { return desk.scribe.standing().written == 1; }));
  }

  TEST_CASE("when somebody waits for a write, what was gathered before goes first") {
    Desk desk(Desk::gathering());
    desk.scribe.post(write_of("c", {set("k", "begin")}), desk.told.of(0), Pace::gathered);
    desk.scribe.post(write_of("d", {set("k", "x")}), desk.told.of(1));
    CHECK(eventually([&] { return desk.told.ended() == 2; }));
    CHECK(value_of(desk.store, "c", "k") == "begin");
  }

  TEST_CASE("what has gathered for a whole batch waits no longer") {
    Scribe::Limits limits = Desk::gathering();
    limits.batch_writes = 10;
    Desk desk(limits);
    for (int i = 0; i < 10; ++i) {
      desk.scribe.post(write_of(std::to_string(i), {set("k", "x")}), {}, Pace::gathered);
    }
    CHECK(eventually([&] { return desk.scribe.standing().written == 10; }));
  }

  TEST_CASE("a write that asks for a revision stays alone and in its place") {
    Desk desk(Desk::gathering());
    desk.scribe.post(write_of("c", {set("k", "one", 0)}), desk.told.of(0), Pace::gathered);
    desk.scribe.post(write_of("c", {set("k", "late", 0)}), desk.told.of(1), Pace::gathered);
    desk.scribe.post(write_of("c", {set("k", "two")}), desk.told.of(2), Pace::gathered);
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    CHECK(desk.told.said(1) == std::vector{Outcome::conflict});
    CHECK(desk.told.said(2) == std::vector{Outcome::written});
    CHECK(value_of(desk.store, "c", "k") == "two");
  }

  TEST_CASE("nothing joins what the store may have done already") {
    Desk desk(Desk::gathering());
    desk.store.hangs = true;
    desk.store.answers_lost = 1;
    desk.scribe.post(write_of("c", {set("k", "one")}), desk.told.of(0));
    CHECK(eventually([&] { return desk.store.batches == 1; }));
    desk.scribe.post(write_of("c", {set("k", "two")}), desk.told.of(1), Pace::gathered);
    CHECK(desk.scribe.standing().waiting == 2);
    desk.store.hangs = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    CHECK(desk.told.said(1) == std::vector{Outcome::written});
    CHECK(value_of(desk.store, "c", "k") == "two");
  }

  TEST_CASE("what is to be forgotten takes nothing along that comes after it") {
    Desk desk(Desk::gathering());
    desk.scribe.post(write_of("c", {set("old", "x")}), {}, Pace::gathered);
    desk.scribe.post_forget("c", desk.told.of(0));
    desk.scribe.post(write_of("c", {set("new", "x")}), {}, Pace::gathered);
    CHECK(desk.scribe.flush(patience));
    CHECK(value_of(desk.store, "c", "old") == "(absent)");
    CHECK(value_of(desk.store, "c", "new") == "x");
  }

  TEST_CASE("a large value goes without company") {
    Scribe::Limits limits = Desk::patient();
    limits.batch_bytes = 1'000;
    Desk desk(limits);
    desk.store.hangs = true;
    for (int i = 0; i < 6; ++i) {
      desk.scribe.post(write_of("c", {set("k", std::string(2'000, 'x'))}), {});
    }
    desk.store.hangs = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.store.largest_batch == 1);
  }

  TEST_CASE("a conflict is told to its owner and holds nobody up") {
    Desk desk;
    desk.scribe.post(write_of("c", {set("k", "one", 0)}), desk.told.of(0));
    desk.scribe.post(write_of("c", {set("k", "late", 0)}), desk.told.of(1));
    desk.scribe.post(write_of("c", {set("l", "two", 0)}), desk.told.of(2));
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    CHECK(desk.told.said(1) == std::vector{Outcome::conflict});
    CHECK(desk.told.said(2) == std::vector{Outcome::written});
    CHECK(desk.scribe.standing().conflicts == 1);
  }

  TEST_CASE("what the store did, and never said so, is no conflict when it is given again") {
    Desk desk;
    desk.store.hangs = true;
    std::uint64_t before = 0;
    for (int i = 0; i < 6; ++i) {
      RecordChange change = set("k", std::to_string(i), before);
      before = change.revision;
      desk.scribe.post(write_of("c", {std::move(change)}), desk.told.of(i));
    }
    desk.store.answers_lost = 2;
    desk.store.hangs = false;
    CHECK(desk.scribe.flush(patience));
    for (int i = 0; i < 6; ++i) CHECK(desk.told.said(i) == std::vector{Outcome::written});
    CHECK(value_of(desk.store, "c", "k") == "5");
  }

  TEST_CASE("while the store is down writes are late and kept, and then written in order") {
    Scribe::Limits limits = Desk::patient();
    limits.budget = Milliseconds{5};
    Desk desk(limits);
    desk.store.down = true;
    std::uint64_t before = 0;
    for (int i = 0; i < 30; ++i) {
      RecordChange change = set("k", std::to_string(i), before);
      before = change.revision;
      desk.scribe.post(write_of("c", {std::move(change)}), desk.told.of(i));
    }
    CHECK(eventually([&] { return desk.scribe.standing().late == 30; }));
    CHECK(!desk.scribe.flush(Milliseconds{1}));
    const Scribe::Standing down = desk.scribe.standing();
    CHECK(down.down_since);
    REQUIRE(down.last_error);
    CHECK(down.last_error->code == "store_gone");
    CHECK(down.waiting == 30);
    CHECK(all_of(desk.store, "c").empty());

    desk.store.down = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(value_of(desk.store, "c", "k") == "29");
    for (int i = 0; i < 30; ++i) {
      CHECK(desk.told.said(i) == std::vector{Outcome::late, Outcome::written});
    }
    CHECK(!desk.scribe.standing().down_since);
    CHECK(desk.scribe.standing().lost == 0);
  }

  TEST_CASE("a store that hangs makes writes late, though the scribe waits for it") {
    Scribe::Limits limits = Desk::patient();
    limits.budget = Milliseconds{5};
    Desk desk(limits);
    desk.store.hangs = true;
    desk.scribe.post(write_of("c", {set("k", "one")}), desk.told.of(0));
    CHECK(eventually([&] { return desk.told.said(0) == std::vector{Outcome::late}; }));
    desk.store.hangs = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::late, Outcome::written});
  }

  TEST_CASE("nobody hears late after the end, however close the two are") {
    Scribe::Limits limits = Desk::patient();
    limits.budget = Milliseconds{0};
    Desk desk(limits);
    const int many = 2'000;
    for (int i = 0; i < many; ++i) {
      desk.scribe.post(write_of("c", {set("k", std::to_string(i))}), desk.told.of(i));
    }
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.ended() == many);
    for (int i = 0; i < many; ++i) {
      const std::vector<Outcome> said = desk.told.said(i);
      CHECK(said.size() <= 2);
      CHECK(said.back() == Outcome::written);
    }
  }

  TEST_CASE("what a long outage leaves no room for is lost at once, and counted") {
    Scribe::Limits limits = Desk::patient();
    limits.waiting_writes = 3;
    Desk desk(limits);
    desk.store.down = true;
    for (int i = 0; i < 5; ++i) {
      desk.scribe.post(write_of("c" + std::to_string(i), {set("k", "x")}), desk.told.of(i));
    }
    CHECK(desk.told.said(3) == std::vector{Outcome::lost});
    CHECK(desk.told.said(4) == std::vector{Outcome::lost});
    CHECK(desk.scribe.standing().lost == 2);
    CHECK(desk.scribe.standing().waiting == 3);
    desk.store.down = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(2) == std::vector{Outcome::written});
    CHECK(all_of(desk.store, "c3").empty());
  }

  TEST_CASE("the bytes that wait are bounded as well as their number") {
    Scribe::Limits limits = Desk::patient();
    limits.waiting_bytes = 10'000;
    Desk desk(limits);
    desk.store.down = true;
    desk.scribe.post(write_of("c", {set("k", std::string(8'000, 'x'))}), desk.told.of(0));
    desk.scribe.post(write_of("c", {set("l", std::string(8'000, 'x'))}), desk.told.of(1));
    desk.scribe.post(write_of("c", {set("m", "small")}), desk.told.of(2));
    CHECK(desk.told.said(1) == std::vector{Outcome::lost});
    desk.store.down = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    CHECK(desk.told.said(2) == std::vector{Outcome::written});
  }

  TEST_CASE("a write that no store would take does not hold up the others for ever") {
    Scribe::Limits limits = Desk::patient();
    limits.write_bytes = 1'000;
    Desk desk(limits);
    desk.scribe.post(write_of("c", {set("k", std::string(2'000, 'x'))}), desk.told.of(0));
    desk.scribe.post(write_of("c", {set("l", "x")}), desk.told.of(1));
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::lost});
    CHECK(desk.told.said(1) == std::vector{Outcome::written});
  }

  TEST_CASE("a conversation that the store refuses is lost alone, and holds nobody up") {
    Desk desk(Desk::gathering());
    desk.store.refused = "bakery\nbad";
    for (int i = 0; i < 2; ++i)
      desk.scribe.post(write_of("bakery\nbad", {set("k", "x")}), desk.told.of(0), Pace::gathered);
    desk.scribe.post(write_of("good", {set("k", "x")}), desk.told.of(1), Pace::gathered);
    desk.scribe.post(write_of("late", {set("k", "x", 7)}), desk.told.of(2), Pace::gathered);
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::lost, Outcome::lost});
    CHECK(desk.told.said(1) == std::vector{Outcome::written});
    CHECK(desk.told.said(2) == std::vector{Outcome::conflict});
    CHECK(value_of(desk.store, "good", "k") == "x");
    const Scribe::Standing standing = desk.scribe.standing();
    CHECK(!standing.down_since);
    CHECK(standing.lost == 2);
    CHECK(standing.waiting == 0);
    CHECK(standing.waiting_bytes == 0);
    REQUIRE(standing.last_error);
    CHECK(is_refusal(*standing.last_error));
  }

  TEST_CASE("what still waits when the scribe goes is told to be lost") {
    Told told;
    {
      GatedStore store;
      Timers timers;
      Log log(LogLevel::off, LogFormat::text);
      Scribe scribe(store, timers, log);
      store.down = true;
      scribe.post(write_of("c", {set("k", "x")}), told.of(0));
    }
    CHECK(told.said(0).back() == Outcome::lost);
  }

  TEST_CASE("a conversation is forgotten after what was posted of it, and before what comes") {
    Desk desk;
    desk.store.down = true;
    desk.scribe.post(write_of("c", {set("before", "x")}), {});
    desk.scribe.post_forget("c", desk.told.of(0));
    desk.scribe.post(write_of("c", {set("after", "x")}), {});
    desk.store.down = false;
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    CHECK(value_of(desk.store, "c", "before") == "(absent)");
    CHECK(value_of(desk.store, "c", "after") == "x");
  }

  TEST_CASE("what has had its time is swept away now and then, by itself") {
    Scribe::Limits limits = Desk::patient();
    limits.sweep_every = Milliseconds{1};
    Desk desk(limits);
    CHECK(eventually([&] { return desk.store.sweeps > 3; }));
  }

  TEST_CASE("a key of another kind in Redis costs the conversation of its name, and no other") {
    RedisDesk desk(Desk::gathering());
    desk.server.ask({"SET", "patchbay:c:bakery\nbad", "a string"});
    int post = 0;
    for (const char* name : {"before", "bakery\nbad", "behind"})
      desk.scribe.post(write_of(name, {set("k", "x")}), desk.told.of(post++), Pace::gathered);
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(0) == std::vector{Outcome::written});
    CHECK(desk.told.said(1) == std::vector{Outcome::lost});
    CHECK(desk.told.said(2) == std::vector{Outcome::written});
    CHECK(value_of(desk.store, "behind", "k") == "x");
    CHECK(!desk.scribe.standing().down_since);
    CHECK(desk.scribe.standing().lost == 1);
    // A purge takes it away, whatever it is.
    desk.scribe.post_forget("bakery\nbad", desk.told.of(3));
    desk.scribe.post(write_of("bakery\nbad", {set("k", "anew")}), desk.told.of(4));
    CHECK(desk.scribe.flush(patience));
    CHECK(desk.told.said(4) == std::vector{Outcome::written});
    CHECK(value_of(desk.store, "bakery\nbad", "k") == "anew");
  }

  TEST_CASE("a Redis that is killed and started again gets every write, in order") {
    RedisDesk desk(Desk::patient());
    std::map<std::string, std::uint64_t> revisions;
    for (int i = 0; i < 2'000; ++i) {
      if (i == 500) desk.server.kill();
      if (i == 1'000) desk.server.start();
      const std::string name = "c" + std::to_string(i % 20);
      RecordChange change = set("k", std::to_string(i), revisions[name]);
      revisions[name] = change.revision;
      desk.scribe.post(write_of(name, {std::move(change)}), desk.told.of(i));
    }
    CHECK(desk.scribe.flush(patience));
    for (int i = 0; i < 2'000; ++i)
      CHECK(desk.told.said(i).back() == Outcome::written);  // some of them late before
    for (int i = 1'980; i < 2'000; ++i) {
      CHECK(value_of(desk.store, "c" + std::to_string(i % 20), "k") == std::to_string(i));
    }
  }
}

}  // namespace
}  // namespace patchbay
