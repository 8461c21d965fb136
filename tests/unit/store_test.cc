// SPDX-License-Identifier: MIT
// What every store promises, asked of each.
#include "machine/store.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <thread>

#include "machine/memory_store.h"
#include "machine/redis_store.h"
#include "machine/sqlite_store.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "support/writes.h"

namespace patchbay {
namespace {

using namespace test;

struct InMemory {
  MemoryStore store;
};

struct InSqlite {
  TempDir dir;
  std::unique_ptr<Store> made = open();
  Store& store = *made;

  [[nodiscard]] std::unique_ptr<Store> open() const {
    SqliteStore::Options options;
    options.path = dir.of("patchbay.db");
    options.patience = patience;  // machines that run tests are slow
    auto opened = SqliteStore::open(options);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text()));
    return *std::move(opened);
  }
};

// One server for all cases; each has a prefix of its own.
struct InRedis {
  std::string prefix = next_prefix();
  std::unique_ptr<Store> made = open();
  Store& store = *made;

  static std::string next_prefix() {
    static int count = 0;
    return "test" + std::to_string(++count) + ":";
  }
  [[nodiscard]] std::unique_ptr<Store> open() const {
    static const RedisServer server;
    RedisStore::Options options;
    options.address = server.address();
    options.prefix = prefix;
    options.limits.patience = patience;
    return std::make_unique<RedisStore>(options);
  }
};

#define EVERY_STORE InMemory, InSqlite, InRedis

TEST_SUITE("store") {
  TEST_CASE_TEMPLATE("what was written is loaded, by key, with its revision", Kind, EVERY_STORE) {
    Kind kind;
    const RecordChange second = set("b", "two");
    const RecordChange first = set("a", "one");
    CHECK(put(kind.store, write_of("bakery\nc1", {second, first})) == Written::done);
    const std::vector<Record> records = all_of(kind.store, "bakery\nc1");
    REQUIRE(records.size() == 2);
    CHECK(records[0].key == "a");
    CHECK(records[0].value == "one");
    CHECK(records[0].revision == first.revision);
    CHECK(records[1].key == "b");
    CHECK(records[1].revision == second.revision);
    CHECK(all_of(kind.store, "bakery\nc2").empty());
    CHECK(all_of(kind.store, "bakery\nc").empty());
  }

  TEST_CASE_TEMPLATE("a record that has another revision by now is a conflict", Kind, EVERY_STORE) {
    Kind kind;
    const RecordChange first = set("k", "one", 0);
    CHECK(put(kind.store, write_of("c", {first})) == Written::done);
    CHECK(put(kind.store, write_of("c", {set("k", "late", 0)})) == Written::conflict);
    CHECK(put(kind.store, write_of("c", {set("k", "two", first.revision)})) == Written::done);
    CHECK(put(kind.store, write_of("c", {set("k", "late", first.revision)})) == Written::conflict);
    CHECK(put(kind.store, write_of("c", {set("absent", "late", first.revision)})) ==
          Written::conflict);
    CHECK(value_of(kind.store, "c", "k") == "two");
    CHECK(put(kind.store, write_of("c", {set("k", "three")})) == Written::done);
    CHECK(value_of(kind.store, "c", "k") == "three");
  }

  TEST_CASE_TEMPLATE("a conflict undoes the whole of its own write, and nothing of the others",
                     Kind, EVERY_STORE) {
    Kind kind;
    CHECK(put(kind.store, write_of("c", {set("k", "one"), set("gone", "soon")})) == Written::done);
    const std::vector<Write> batch{
        write_of("before", {set("x", "1")}),
        write_of("c", {set("new", "never"), removal("gone"), set("k", "never", 0)}),
        write_of("c", {set("k", "two")}),
        write_of("after", {set("x", "1")}),
    };
    const auto written = kind.store.write(batch);
    REQUIRE(written);
    CHECK(*written == std::vector{Written::done, Written::conflict, Written::done, Written::done});
    CHECK(value_of(kind.store, "c", "new") == "(absent)");
    CHECK(value_of(kind.store, "c", "gone") == "soon");
    CHECK(value_of(kind.store, "c", "k") == "two");
    CHECK(value_of(kind.store, "before", "x") == "1");
    CHECK(value_of(kind.store, "after", "x") == "1");
  }

  TEST_CASE_TEMPLATE("the writes of a batch see those before them", Kind, EVERY_STORE) {
    Kind kind;
    const RecordChange one = set("k", "one", 0);
    const RecordChange two = set("k", "two", one.revision);
    const std::vector<Write> batch{write_of("c", {one}), write_of("c", {two}),
                                   write_of("c", {set("k", "late", one.revision)})};
    const auto written = kind.store.write(batch);
    REQUIRE(written);
    CHECK(*written == std::vector{Written::done, Written::done, Written::conflict});
    CHECK(value_of(kind.store, "c", "k") == "two");
  }

  TEST_CASE_TEMPLATE("what was removed is gone, and can be made again", Kind, EVERY_STORE) {
    Kind kind;
    const RecordChange one = set("k", "one");
    put(kind.store, write_of("c", {one, set("other", "stays")}));
    CHECK(put(kind.store, write_of("c", {removal("k", one.revision + 1)})) == Written::conflict);
    CHECK(put(kind.store, write_of("c", {removal("k", one.revision)})) == Written::done);
    CHECK(value_of(kind.store, "c", "k") == "(absent)");
    CHECK(value_of(kind.store, "c", "other") == "stays");
    CHECK(put(kind.store, write_of("c", {removal("k", one.revision)})) == Written::done);
    CHECK(put(kind.store, write_of("c", {set("k", "again", 0)})) == Written::done);
    CHECK(value_of(kind.store, "c", "k") == "again");
  }

  TEST_CASE_TEMPLATE("a conversation without its last record is not known any more", Kind,
                     EVERY_STORE) {
    Kind kind;
    put(kind.store, write_of("c", {set("k", "one")}));
    put(kind.store, write_of("c", {removal("k")}));
    put(kind.store, write_of("never there", {removal("k")}));
    CHECK(names_of(kind.store, "", 10).empty());
    const auto knew = kind.store.forget("c");
    REQUIRE(knew);
    CHECK(!*knew);
  }

  TEST_CASE_TEMPLATE("a write given again because its answer was lost counts as done", Kind,
                     EVERY_STORE) {
    Kind kind;
    const RecordChange old = set("old", "x");
    put(kind.store, write_of("c", {old}));
    const Write write = write_of("c", {set("k", "one", 0), removal("old", old.revision)});
    CHECK(put(kind.store, write) == Written::done);
    CHECK(put(kind.store, write_of("c", {set("next", "2", 0)})) == Written::done);
    CHECK(put(kind.store, write) == Written::done);
    CHECK(value_of(kind.store, "c", "k") == "one");
    CHECK(value_of(kind.store, "c", "next") == "2");
  }

  TEST_CASE_TEMPLATE("a conversation is forgotten when it has had its time", Kind, EVERY_STORE) {
    Kind kind;
    put(kind.store, write_of("short", {set("k", "one")}, Milliseconds{20}));
    put(kind.store, write_of("prolonged", {set("k", "one")}, Milliseconds{20}));
    put(kind.store, write_of("prolonged", {set("k", "two")}, an_hour));
    CHECK(eventually([&] { return all_of(kind.store, "short").empty(); }));
    CHECK(names_of(kind.store, "", 10) == std::vector<std::string>{"prolonged"});
    CHECK(value_of(kind.store, "prolonged", "k") == "two");
    CHECK(eventually([&] {
      const auto went = kind.store.sweep();
      return went && *went == 1;
    }));
    const auto went = kind.store.sweep();
    REQUIRE(went);
    CHECK(*went == 0);
    CHECK(value_of(kind.store, "prolonged", "k") == "two");
  }

  TEST_CASE_TEMPLATE("a write without changes only says how long to keep what is there", Kind,
                     EVERY_STORE) {
    Kind kind;
    put(kind.store, write_of("c", {set("k", "one")}));
    CHECK(put(kind.store, write_of("c", {})) == Written::done);
    CHECK(value_of(kind.store, "c", "k") == "one");
    CHECK(put(kind.store, write_of("c", {}, Milliseconds{20})) == Written::done);
    CHECK(eventually([&] { return all_of(kind.store, "c").empty(); }));
    CHECK(put(kind.store, write_of("unknown", {})) == Written::done);
    CHECK(names_of(kind.store, "", 10).empty());
  }

  TEST_CASE_TEMPLATE("a conversation that begins again after its time finds nothing of it", Kind,
                     EVERY_STORE) {
    Kind kind;
    put(kind.store, write_of("c", {set("k", "one"), set("old", "one")}, Milliseconds{20}));
    CHECK(eventually([&] { return all_of(kind.store, "c").empty(); }));
    CHECK(put(kind.store, write_of("c", {set("k", "two", 0)})) == Written::done);
    CHECK(all_of(kind.store, "c").size() == 1);
    CHECK(value_of(kind.store, "c", "k") == "two");
  }

  TEST_CASE_TEMPLATE("a conversation is forgotten at once where somebody wishes it", Kind,
                     EVERY_STORE) {
    Kind kind;
    put(kind.store, write_of("c", {set("k", "one"), set("l", "two")}));
    put(kind.store, write_of("d", {set("k", "one")}));
    const auto knew = kind.store.forget("c");
    REQUIRE(knew);
    CHECK(*knew);
    CHECK(all_of(kind.store, "c").empty());
    CHECK(names_of(kind.store, "", 10) == std::vector<std::string>{"d"});
    const auto again = kind.store.forget("c");
    REQUIRE(again);
    CHECK(!*again);
  }

  TEST_CASE_TEMPLATE("conversations are listed page by page, the one written last first", Kind,
                     EVERY_STORE) {
    Kind kind;
    std::vector<std::string> expected;
    for (int i = 0; i < 25; ++i) {
      const std::string name = "bakery\nc" + std::to_string(i);
      put(kind.store, write_of(name, {set("k", "one")}));
      put(kind.store, write_of("greeter\nc" + std::to_string(i), {set("k", "one")}));
      expected.insert(expected.begin(), name);
    }
    put(kind.store, write_of(expected.back(), {set("k", "two")}));
    std::rotate(expected.begin(), expected.end() - 1, expected.end());
    // Where several were written in one millisecond, any of them may come first.
    for (const std::size_t most : {1U, 7U, 25U, 100U}) {
      std::vector<std::string> names = names_of(kind.store, "bakery\n", most);
      REQUIRE(names.size() == expected.size());
      CHECK(std::set(names.begin(), names.end()) == std::set(expected.begin(), expected.end()));
    }
    CHECK(names_of(kind.store, "", 7).size() == 50);
    CHECK(names_of(kind.store, "nobody", 7).empty());
    const auto page = kind.store.list("", "", 50);
    REQUIRE(page);
    CHECK(std::is_sorted(
        page->conversations.begin(), page->conversations.end(),
        [](const Listed& a, const Listed& b) { return a.last_write > b.last_write; }));
    const auto age = std::chrono::system_clock::now() - page->conversations.front().last_write;
    CHECK(age < patience);
    CHECK(age > -patience);
  }

  TEST_CASE_TEMPLATE("names, keys and values are any bytes", Kind, EVERY_STORE) {
    Kind kind;
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const std::string name = "agent\n" + bytes;
    put(kind.store, write_of(name, {set(bytes, bytes), set("empty", ""), set("", "no key")}));
    CHECK(value_of(kind.store, name, bytes) == bytes);
    CHECK(value_of(kind.store, name, "empty").empty());
    CHECK(value_of(kind.store, name, "") == "no key");
    CHECK(names_of(kind.store, name.substr(0, 20), 10) == std::vector<std::string>{name});
    CHECK(all_of(kind.store, name.substr(0, 6)).empty());
  }

  TEST_CASE_TEMPLATE("every revision is kept to the bit", Kind, EVERY_STORE) {
    Kind kind;
    for (const std::uint64_t revision :
         {std::uint64_t{1}, std::uint64_t{1} << 53U, (std::uint64_t{1} << 63U) + 1, UINT64_MAX}) {
      CHECK(put(kind.store, write_of("c", {{"k", "x", revision, {}}})) == Written::done);
      CHECK(all_of(kind.store, "c").front().revision == revision);
      CHECK(put(kind.store, write_of("c", {set("l", "x", revision)})) != Written::done);
      CHECK(put(kind.store, write_of("c", {removal("k", revision - 1)})) == Written::conflict);
      CHECK(put(kind.store, write_of("c", {removal("k", revision)})) == Written::done);
    }
  }

  TEST_CASE_TEMPLATE("values of 64 KiB are nothing special", Kind, EVERY_STORE) {
    Kind kind;
    std::vector<RecordChange> changes;
    for (int i = 0; i < 20; ++i) {
      changes.push_back(set(std::to_string(i), std::string(64 * 1024, static_cast<char>(i))));
    }
    CHECK(put(kind.store, write_of("c", changes)) == Written::done);
    for (int i = 0; i < 20; ++i) {
      CHECK(value_of(kind.store, "c", std::to_string(i)) ==
            std::string(64 * 1024, static_cast<char>(i)));
    }
  }

  TEST_CASE_TEMPLATE("ten thousand records stand in one conversation", Kind, EVERY_STORE) {
    Kind kind;
    for (int i = 0; i < 10'000; i += 500) {
      std::vector<RecordChange> changes;
      for (int j = i; j < i + 500; ++j) changes.push_back(set(std::to_string(j), "x", 0));
      CHECK(put(kind.store, write_of("c", changes)) == Written::done);
    }
    CHECK(all_of(kind.store, "c").size() == 10'000);
  }

  TEST_CASE_TEMPLATE("of threads that change one record at once, none loses a change", Kind,
                     EVERY_STORE) {
    Kind kind;
    Store& store = kind.store;
    put(store, write_of("c", {set("sum", "0")}));
    std::atomic<int> failures = 0;
    const auto count_up = [&] {
      for (int done = 0; done < 50;) {
        const auto records = store.load("c");
        if (!records || records->empty()) {
          ++failures;
          return;
        }
        const Record& sum = records->front();
        const Write write =
            write_of("c", {set("sum", std::to_string(std::stoi(sum.value) + 1), sum.revision)});
        const auto written = store.write({&write, 1});
        if (!written) {
          ++failures;
          return;
        }
        if (written->front() == Written::done) ++done;
      }
    };
    std::thread other(count_up);
    count_up();
    other.join();
    CHECK(failures == 0);
    CHECK(value_of(store, "c", "sum") == "100");
  }

  TEST_CASE_TEMPLATE("two stores on one file or server see each other's writes", Kind, InSqlite,
                     InRedis) {
    Kind kind;
    const std::unique_ptr<Store> other = kind.open();
    const RecordChange one = set("k", "one", 0);
    CHECK(put(kind.store, write_of("c", {one})) == Written::done);
    CHECK(value_of(*other, "c", "k") == "one");
    CHECK(put(*other, write_of("c", {set("k", "two", one.revision)})) == Written::done);
    CHECK(put(kind.store, write_of("c", {set("k", "late", one.revision)})) == Written::conflict);
    CHECK(value_of(kind.store, "c", "k") == "two");
  }

  TEST_CASE_TEMPLATE("what was written is there for the next process", Kind, InSqlite, InRedis) {
    Kind kind;
    put(kind.store, write_of("c", {set("k", "one")}));
    kind.made.reset();
    const std::unique_ptr<Store> next = kind.open();
    CHECK(value_of(*next, "c", "k") == "one");
  }
}

}  // namespace
}  // namespace patchbay
