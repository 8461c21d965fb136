// SPDX-License-Identifier: MIT
// What only a store in a file can promise or suffer; what every store promises: store_test.cc.
#include "machine/sqlite_store.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/file_bytes.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "support/writes.h"

namespace patchbay {
namespace {

using namespace test;

SqliteStore::Options at(const std::string& path) {
  SqliteStore::Options options;
  options.path = path;
  options.patience = patience;
  return options;
}

std::unique_ptr<SqliteStore> open(const SqliteStore::Options& options) {
  auto store = SqliteStore::open(options);
  REQUIRE_MESSAGE(store, (store ? "" : store.error().text()));
  return *std::move(store);
}

// Why it cannot be opened; the Error must name the path and what to do.
Error refusal(const std::string& path) {
  auto store = SqliteStore::open(at(path));
  REQUIRE(!store);
  CHECK(store.error().message.find(path) != std::string::npos);
  CHECK(!store.error().hint.empty());
  return store.error();
}

void run(const std::string& path, const std::string& sql) {
  auto file = SqliteFile::open(path, patience);
  REQUIRE(file);
  const Problem wrong = (*file)->run(sql);
  REQUIRE_MESSAGE(!wrong, (wrong ? wrong->text() : ""));
}

// A conversation "c" with two records, "k" and, of that value, "n".
void make_format_1(const std::string& path, const std::string& value) {
  run(path, R"(
    CREATE TABLE conversation (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,
                               last_write INTEGER NOT NULL, forget_at INTEGER NOT NULL);
    CREATE INDEX conversation_by_last_write ON conversation (last_write);
    CREATE INDEX conversation_by_forget_at ON conversation (forget_at);
    CREATE TABLE record (conversation INTEGER NOT NULL, key BLOB NOT NULL,
                         revision INTEGER NOT NULL, value BLOB NOT NULL,
                         PRIMARY KEY (conversation, key)) WITHOUT ROWID;
    INSERT INTO conversation VALUES (7, CAST('c' AS BLOB), 1, 99999999999999);
    INSERT INTO record VALUES (7, CAST('k' AS BLOB), 12, CAST('old' AS BLOB));
    INSERT INTO record VALUES (7, CAST('n' AS BLOB), 13, CAST(')" +
                value + R"(' AS BLOB));
    PRAGMA application_id = 1349796473; PRAGMA user_version = 1)");
}

// In no file of the directory, whatever its name.
void check_gone(const TempDir& dir, const std::string& secret) {
  for (const auto& entry : std::filesystem::directory_iterator(dir.path))
    CHECK_MESSAGE(file_bytes(entry.path()).find(secret) == std::string::npos,
                  entry.path().string());
}

// Writes one number after the other, and says each over the pipe when the store has acknowledged
// it, until it is killed.
[[noreturn]] void write_until_killed(const std::string& path, std::uint32_t number, int pipe) {
  auto store = SqliteStore::open(at(path));
  for (; store; ++number) {
    const Write write = write_of("c", {set("last", std::to_string(number)),
                                       set(std::to_string(number % 50), std::string(900, 'x'))});
    const auto written = (*store)->write({&write, 1});
    if (!written || ::write(pipe, &number, sizeof number) != sizeof number) break;
  }
  ::_exit(1);
}

// Forks such a writer, kills it after so many acknowledgements; the last of them.
std::uint32_t killed_after(const std::string& path, std::uint32_t from, std::uint32_t many) {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = ::fork();
  if (child == 0) write_until_killed(path, from, pipe[1]);
  ::close(pipe[1]);
  std::uint32_t acknowledged = 0;
  bool alive = true;
  for (std::uint32_t i = 0; i < many && alive; ++i) {
    alive = ::read(pipe[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged;
  }
  CHECK(alive);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  // What it acknowledged before it died.
  while (::read(pipe[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) continue;
  ::close(pipe[0]);
  return acknowledged;
}

// No file of this process may grow beyond that, as long as it lives.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit before_{};
};

// A disk of its own in memory, where this process may make one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& at) : at_(at) {
    std::filesystem::create_directory(at);
    mounted_ = ::mount("none", at.c_str(), "tmpfs", 0, "size=600k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  const std::string at_;
  bool mounted_ = false;
};

// Writes large values until there is no room; how many were acknowledged. Each must be there.
int fill(Store& store, const std::string& path) {
  const std::string large(20'000, 'x');
  int acknowledged = 0;
  Problem full;
  while (!full && acknowledged < 1'000) {
    const Write write = write_of("c", {set(std::to_string(acknowledged), large)});
    const auto written = store.write({&write, 1});
    if (written) ++acknowledged;
    if (!written) full = written.error();
  }
  REQUIRE(full);
  CHECK(full->message.find(path) != std::string::npos);
  CHECK(full->hint.find("room") != std::string::npos);
  CHECK(acknowledged > 5);
  CHECK(all_of(store, "c").size() == static_cast<std::size_t>(acknowledged));
  return acknowledged;
}

TEST_SUITE("sqlite_store") {
  TEST_CASE("of 200 processes killed while they write none loses what it has acknowledged") {
    const TempDir dir;
    const std::string path = dir.of("patchbay.db");
    std::uint32_t number = 0;
    for (std::uint32_t round = 0; round < 200; ++round) {
      number = killed_after(path, number + 1, 1 + round % 7);
      const auto store = open(at(path));
      const std::string last = value_of(*store, "c", "last");
      // One more may have been written, whose acknowledgement died with the process.
      CHECK_MESSAGE((last == std::to_string(number) || last == std::to_string(number + 1)),
                    "acknowledged ", number, ", found ", last);
    }
    auto file = SqliteFile::open(path, patience);
    REQUIRE(file);
    const auto verdict = (*file)->text("PRAGMA integrity_check");
    REQUIRE(verdict);
    CHECK(*verdict == "ok");
  }

  TEST_CASE("a file that it makes is its owner's alone") {
    const TempDir dir;
    const auto store = open(at(dir.of("patchbay.db")));
    put(*store, write_of("c", {set("k", "x")}));
    for (const char* name : {"patchbay.db", "patchbay.db-wal", "patchbay.db-shm"}) {
      struct stat file {};
      REQUIRE(::stat(dir.of(name).c_str(), &file) == 0);
      CHECK((file.st_mode & 0777U) == 0600U);
    }
  }

  TEST_CASE("a file of format 1 is taken over with all that is in it") {
    const TempDir dir;
    const std::string path = dir.of("patchbay.db");
    make_format_1(path, "kept");
    const auto store = open(at(path));
    CHECK(put(*store, write_of("c", {set("k", "new", 12)})) == Written::done);
    CHECK(value_of(*store, "c", "k") == "new");
    CHECK(value_of(*store, "c", "n") == "kept");
    CHECK(value_of(*open(at(path)), "c", "n") == "kept");
  }

  TEST_CASE("a conversation that another host has taken away is begun anew") {
    const TempDir dir;
    const auto ours = open(at(dir.of("patchbay.db")));
    const auto theirs = open(at(dir.of("patchbay.db")));
    put(*ours, write_of("c", {set("k", "one")}));
    CHECK(*theirs->forget("c"));
    put(*theirs, write_of("d", {set("k", "other")}));  // where c was
    put(*ours, write_of("c", {set("n", "two")}));
    CHECK(all_of(*ours, "c").size() == 1);
    CHECK(value_of(*theirs, "c", "n") == "two");
    CHECK(all_of(*theirs, "d").size() == 1);
  }

  TEST_CASE("a conversation that is emptied, or has had its time, is begun anew") {
    const TempDir dir;
    const auto store = open(at(dir.of("patchbay.db")));
    put(*store, write_of("c", {set("k", "one")}));
    put(*store, write_of("c", {removal("k")}));
    put(*store, write_of("d", {set("k", "other")}, Milliseconds{1}));
    put(*store, write_of("c", {set("n", "two")}));
    CHECK(all_of(*store, "c").size() == 1);
    REQUIRE(eventually([&] { return all_of(*store, "d").empty(); }));
    put(*store, write_of("d", {set("n", "three")}));
    CHECK(all_of(*store, "d").size() == 1);
  }

  TEST_CASE("a file of a newer format is left alone") {
    const TempDir dir;
    const std::string path = dir.of("patchbay.db");
    open(at(path));
    run(path, "PRAGMA user_version = 9");
    const Error error = refusal(path);
    CHECK(error.code == "store_newer");
    CHECK(error.message.find("format 9") != std::string::npos);
  }

  TEST_CASE("another program's database is left alone") {
    const TempDir dir;
    const std::string path = dir.of("other.db");
    run(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    CHECK(refusal(path).code == "store_foreign");
    run(path, "DELETE FROM theirs");  // it is still there, and not in WAL mode
    CHECK(!std::filesystem::exists(path + "-wal"));
  }

  TEST_CASE("a file that is no database is left alone") {
    const TempDir dir;
    const std::string path = dir.of("notes.txt");
    const std::string text(5'000, 'x');
    std::ofstream(path) << text;
    CHECK(refusal(path).code == "store_foreign");
    CHECK(std::filesystem::file_size(path) == text.size());
  }

  TEST_CASE("a directory that is missing is named") {
    const TempDir dir;
    const Error error = refusal(dir.of("missing/patchbay.db"));
    CHECK(error.code == "store_unopened");
    CHECK(error.hint == "make the directory " + dir.of("missing"));
  }

  TEST_CASE("a place where nobody may write is named, and so is a directory") {
    const TempDir dir;
    CHECK(refusal("/sys/patchbay.db").code == "store_unopened");
    CHECK(refusal(dir.path).code == "store_unopened");
  }

  TEST_CASE("a file that may not grow is an Error, loses nothing, and goes on when it may") {
    const TempDir dir;
    const auto store = open(at(dir.of("patchbay.db")));
    std::size_t acknowledged = 0;
    {
      const SmallFiles small(400'000);
      acknowledged = static_cast<std::size_t>(fill(*store, dir.of("patchbay.db")));
    }
    CHECK(put(*store, write_of("c", {set("room", "again")})) == Written::done);
    CHECK(all_of(*store, "c").size() == acknowledged + 1);
  }

  TEST_CASE("a full disk is an Error, loses nothing, and is over when there is room") {
    const TempDir dir;
    const SmallDisk disk(dir.of("disk"));
    if (!disk.mounted()) {
      MESSAGE("left out: this process may not mount a small disk");
      return;
    }
    const std::string path = dir.of("disk/patchbay.db");
    const std::string ballast = dir.of("disk/ballast");
    std::ofstream(ballast) << std::string(100'000, 'b');
    const auto store = open(at(path));
    const auto acknowledged = static_cast<std::size_t>(fill(*store, path));
    std::filesystem::remove(ballast);
    CHECK(put(*store, write_of("c", {set("room", "again")})) == Written::done);
    CHECK(all_of(*store, "c").size() == acknowledged + 1);
  }

  TEST_CASE("a lock that another program holds is waited for, but not for ever") {
    const TempDir dir;
    SqliteStore::Options options = at(dir.of("patchbay.db"));
    options.patience = Milliseconds{20};
    const auto store = open(options);
    put(*store, write_of("c", {set("k", "one")}));
    auto other = SqliteFile::open(options.path, patience);
    REQUIRE(other);
    REQUIRE(!(*other)->run("BEGIN IMMEDIATE"));
    const Write write = write_of("c", {set("k", "two")});
    const auto written = store->write({&write, 1});
    REQUIRE(!written);
    CHECK(written.error().code == "store_busy");
    CHECK(value_of(*store, "c", "k") == "one");  // who only reads is not held up
    REQUIRE(!(*other)->run("COMMIT"));
    CHECK(put(*store, write) == Written::done);
  }

  TEST_CASE("another program may read while the host writes") {
    const TempDir dir;
    const auto store = open(at(dir.of("patchbay.db")));
    put(*store, write_of("c", {set("k", "one")}));
    auto other = SqliteFile::open(dir.of("patchbay.db"), patience);
    REQUIRE(other);
    REQUIRE(!(*other)->run("BEGIN"));
    const auto before = (*other)->text("SELECT value FROM record");
    CHECK(put(*store, write_of("c", {set("k", "two")})) == Written::done);
    const auto during = (*other)->text("SELECT value FROM record");
    REQUIRE(!(*other)->run("COMMIT"));
    const auto after = (*other)->text("SELECT value FROM record");
    REQUIRE(before);
    REQUIRE(during);
    REQUIRE(after);
    CHECK(*before == "one");
    CHECK(*during == "one");
    CHECK(*after == "two");
  }

  TEST_CASE("a file that is damaged in its middle opens, and a look at it says so") {
    const TempDir dir;
    const std::string path = dir.of("patchbay.db");
    {
      const auto store = open(at(path));
      for (int i = 0; i < 100; ++i)
        put(*store, write_of("c" + std::to_string(i), {set("k", std::string(2'000, 'x'))}));
      CHECK(!store->look());
    }
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(100'000);
      const std::string noise(50'000, '#');
      file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
    }
    const auto store = open(at(path));
    const Problem wrong = store->look();
    REQUIRE(wrong);
    CHECK(wrong->code == "store_damaged");
    CHECK(wrong->message.find(path) != std::string::npos);
    CHECK(wrong->message.find('\n') == std::string::npos);
    CHECK(wrong->hint.find(".recover") != std::string::npos);
  }

  TEST_CASE("one conversation that the file does not take is a refusal, and the rest goes on") {
    const TempDir dir;
    const std::string path = dir.of("patchbay.db");
    const auto store = open(at(path));
    run(path,
        "CREATE TRIGGER no BEFORE INSERT ON conversation WHEN NEW.name = CAST('bad' AS BLOB)"
        " BEGIN SELECT RAISE(ABORT, 'not that one'); END");
    const Write bad = write_of("bad", {set("k", "x")});
    const auto written = store->write({&bad, 1});
    REQUIRE(!written);
    CHECK(is_refusal(written.error()));
    CHECK(written.error().message.find("not that one") != std::string::npos);
    CHECK(put(*store, write_of("good", {set("k", "x")})) == Written::done);
  }

  TEST_CASE("a file that is taken away is begun anew, so that nothing goes where nobody looks") {
    const TempDir dir;
    const std::string path = dir.of("patchbay.db");
    const auto store = open(at(path));
    put(*store, write_of("c", {set("k", "one")}));
    std::filesystem::rename(path, dir.of("old.db"));
    std::filesystem::rename(path + "-wal", dir.of("old.db-wal"));
    CHECK(put(*store, write_of("c", {set("k", "two")})) == Written::done);
    CHECK(value_of(*store, "c", "k") == "two");
    CHECK(value_of(*open(at(path)), "c", "k") == "two");
    CHECK(value_of(*open(at(dir.of("old.db"))), "c", "k") == "one");
  }

  TEST_CASE("what was forgotten at somebody's wish is not in the files any more") {
    const TempDir dir;
    const std::string secret = "4111 1111 1111 1111";
    const auto store = open(at(dir.of("patchbay.db")));
    put(*store,
        write_of("c", {set("card", secret), set("more", std::string(9'000, 'y') + secret)}));
    REQUIRE(store->forget("c"));
    check_gone(dir, secret);
  }

  TEST_CASE("what was forgotten is not in the files of an old format either") {
    const TempDir dir;
    const std::string secret = "4111 1111 1111 1111";
    make_format_1(dir.of("patchbay.db"), std::string(9'000, 'y') + secret);
    const auto store = open(at(dir.of("patchbay.db")));
    REQUIRE(*store->forget("c"));
    check_gone(dir, secret);
  }

  TEST_CASE("what is written can be made to wait for the disk") {
    const TempDir dir;
    SqliteStore::Options options = at(dir.of("patchbay.db"));
    options.survives_power_cut = true;
    const auto store = open(options);
    CHECK(put(*store, write_of("c", {set("k", "one")})) == Written::done);
    CHECK(value_of(*store, "c", "k") == "one");
  }

  TEST_CASE(
      "a conversation that is written again at once keeps its time, and a shorter one counts") {
    const TempDir dir;
    const auto store = *SqliteStore::open({dir.of("c.db")});
    const auto forget_at = [&] {
      const auto file = SqliteFile::open(dir.of("c.db"), Seconds{5});
      return *(*file)->number("SELECT forget_at FROM conversation");
    };
    put(*store, write_of("c", {set("k", "one")}));
    const auto first = forget_at();
    CHECK(eventually([&] {
      put(*store, write_of("c", {set("k", "two")}));
      return wall_now().time_since_epoch().count() > first - an_hour.count() + 20;
    }));
    CHECK(forget_at() == first);
    put(*store, write_of("c", {set("k", "three")}, an_hour / 2));
    CHECK(forget_at() < first - an_hour.count() / 3);
    put(*store, write_of("c", {set("k", "four")}));
    CHECK(forget_at() > first);
    CHECK(value_of(*store, "c", "k") == "four");
  }

  TEST_CASE("many conversations that are over are swept away in small steps") {
    const TempDir dir;
    const auto store = open(at(dir.of("patchbay.db")));
    std::vector<Write> batch;
    for (int i = 0; i < 120; ++i) {
      batch.push_back(write_of("c" + std::to_string(i), {set("k", "x")}, Milliseconds{0}));
    }
    REQUIRE(store->write(batch));
    put(*store, write_of("stays", {set("k", "x")}));
    std::size_t swept = 0;
    int steps = 0;
    for (auto went = store->sweep(); went && *went > 0; went = store->sweep()) {
      swept += *went;
      ++steps;
    }
    CHECK(swept == 120);
    CHECK(steps > 1);
    CHECK(names_of(*store, "", 10) == std::vector<std::string>{"stays"});
  }
}

}  // namespace
}  // namespace patchbay
